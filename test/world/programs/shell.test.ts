import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Kernel } from '../../../src/kernel/kernel.ts';
import { FileTree } from '../../../src/world/files.ts';
import { Machine } from '../../../src/world/machine.ts';
import { installPrograms } from '../../../src/world/programs/index.ts';

/** Runs `sh -c SOURCE` on a simulated machine whose `/gone` is missing. */
function simulated(source: string, ...args: string[]) {
  const kernel = new Kernel();
  const machine = new Machine(kernel);
  machine.missingDirectories.add('/gone');
  machine.executables.set('/etc/passwd', { kind: 'not-executable' });
  const { absent } = installPrograms(machine, new FileTree<never>((path) => path.startsWith('/gone')));
  absent.add('nosuch');
  let stdout = '';
  let stderr = '';
  let end: number | string | undefined;
  const found = machine.lookUp('sh', '/');
  if (found.kind !== 'found') throw new Error('no sh');
  machine.start({
    argv: ['sh', '-c', source, ...args],
    program: found.program,
    parent: null,
    newGroup: true,
    uid: 1000,
    cwd: '/',
    env: { HOME: '/home/u', GREETING: 'hello  world' },
    sink: {
      stdout: (chunk) => {
        stdout += chunk;
      },
      stderr: (chunk) => {
        stderr += chunk;
      },
      exited: (code, signal) => {
        end = signal ?? code!;
      },
    },
  });
  while (kernel.step());
  return { stdout, stderr, end };
}

/** The same by the real shell, if it is dash. */
function real(source: string, ...args: string[]) {
  const { stdout, stderr, status, signal } = spawnSync('dash', ['-c', source, ...args], {
    argv0: 'sh',
    cwd: '/',
    encoding: 'utf8',
    env: { HOME: '/home/u', GREETING: 'hello  world', PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { stdout, stderr, end: signal ?? status! };
}

const CASES: readonly (readonly string[])[] = [
  ['echo a; echo b >&2; exit 3'],
  ['true && echo yes || echo no; false && echo yes || echo no'],
  ['! true; echo $?; ! false; echo $?'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's, not ours
  ['echo $GREETING "$GREETING" ${GREETING} \'$GREETING\' $NOPE.'],
  ['X=1; echo $X; X=2 true; echo $X'],
  ['echo "a\\tb\\\\n" c; echo -n x; echo -e y'],
  ['printf "%s-%d|" a 1 b 2; printf "\\101\\n"; printf "%5s|%-3s|%%\\n" a b'],
  ['printf'],
  ['exit abc'],
  ['exit 300'],
  ['nosuch; echo $?'],
  ['/nonexistent/cmd x; echo $?'],
  ['/etc/passwd; echo $?'],
  ['exec nosuch'],
  ['exec /etc/passwd'],
  ['cd /gone; echo $?'],
  ['echo x > /gone/y; echo $?'],
  ['cat </dev/null; echo $?'],
  ['echo a 2>&1 >/dev/null; echo b >/dev/null 2>&1'],
  ['kill -9 $$'],
  ["sh -c 'kill -9 $$'; echo $?"],
  ["sh -c 'kill $$'; echo $?"],
  ['trap "" TERM; kill -15 $$; echo alive'],
  ['echo $0 $1 $2 $#; shift; echo "$@"; shift; echo $#', 'name', 'one', 'two three'],
  ['sleep 0.01; echo $?'],
  ['echo a\necho b\n\necho c'],
  ['echo a;'],
  [''],
];

const hasDash = existsSync('/usr/bin/dash') || existsSync('/bin/dash');

describe('the simulated shell', () => {
  it.skipIf(!hasDash).each(CASES)('does %j as dash does', (source, ...args) => {
    expect(simulated(source, ...args)).toEqual(real(source, ...args));
  });

  it.each([
    'echo `date`',
    'echo $(date)',
    'a | b',
    'sleep 1 &',
    'if true; then :; fi',
    'ls *',
    'foo()',
    'echo "x',
    'test -f x',
  ])('refuses %j by name', (source) => {
    expect(() => simulated(source)).toThrow(/^sh model: .* is not modelled/);
  });
});
