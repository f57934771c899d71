import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { inMacrotask, runKernel } from '../../src/kernel/drain.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { WorldDatabase } from '../../src/world/database.ts';
import type { First } from '../../src/world/event-loop.ts';
import { WorldIds } from '../../src/world/ids.ts';
import { Incarnation } from '../../src/world/incarnation.ts';
import { Machine } from '../../src/world/machine.ts';
import { ALL_DUE_MS, frozenDaemonScript } from './frozen-daemon-script.ts';

const MAIN = fileURLToPath(new URL('./frozen-daemon-main.ts', import.meta.url));
const TIMERS = ['timer of 3,000, due at 3,000', 'timer of 3,000, due at 3,200', 'timer of 3,100, due at 3,100'];
const AGAIN = 'timer that another has set';

const OUTPUT = 'child says one';

const EXPECTED: Readonly<Record<First, readonly string[]>> = {
  timers: [
    ...TIMERS,
    OUTPUT,
    'child ends: 3',
    'command ends: 7 timed out late',
    'silent command ends: 4 timed out ',
    AGAIN,
  ],
  input: [OUTPUT, 'child ends: 3', 'command ends: 7 late', 'silent command ends: 4 ', ...TIMERS, AGAIN],
  output: [OUTPUT, 'silent command ends: 4 ', ...TIMERS, 'child ends: 3', 'command ends: 7 timed out late', AGAIN],
};

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(20);
}

/** State and parent of each process, as `/proc` has them. */
function processes(): { readonly pid: number; readonly state: string; readonly parent: number }[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const [state = '', parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return [{ pid: Number(name), state, parent: Number(parent) }];
    } catch {
      return [];
    }
  });
}

/** The order in which children that ended together are reaped is not the daemon's affair. */
function endsSorted(lines: readonly string[]): string[] {
  const isEnd = (line: string | undefined) => line?.includes(' ends: ') === true;
  const sorted = [...lines];
  for (let from = 0; from < sorted.length; from++) {
    let to = from;
    while (isEnd(sorted[to])) to++;
    sorted.splice(from, to - from, ...sorted.slice(from, to).sort());
    from = Math.max(from, to - 1);
  }
  return sorted;
}

async function really(first: 'input' | 'timers'): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-frozen-'));
  const go = join(folder, 'go');
  const daemon = spawn(process.execPath, ['--import', 'tsx', MAIN, first, go], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    let said = '';
    daemon.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
    const closed = once(daemon, 'close');
    if (first === 'timers') {
      await until(() => said.startsWith('ready\n'));
      // It has nothing to do any more, and waits in the poll.
      await sleep(200);
      daemon.kill('SIGSTOP');
    }
    const isStopped = () => processes().some(({ pid, state }) => pid === daemon.pid && state === 'T');
    await until(isStopped);
    writeFileSync(go, '');
    const ended = () => processes().filter(({ parent, state }) => parent === daemon.pid && state === 'Z');
    await until(() => ended().length === 3);
    await sleep(ALL_DUE_MS);
    daemon.kill('SIGCONT');
    await closed;
    // A timer of 1 ms may be due before or after the poll that finds the ends of pipes.
    const lines = said.split('\n').filter((line) => line !== '' && line !== 'ready' && line !== AGAIN);
    return endsSorted(lines);
  } finally {
    daemon.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

async function simulated(first: First): Promise<string[]> {
  const kernel = new Kernel();
  const machine = new Machine(kernel);
  const nothing = (): void => {};
  const told = { onPublish: nothing, onLog: nothing, onCommit: nothing, onHangUp: nothing };
  const world = { machine, database: new WorldDatabase(), ids: new WorldIds() };
  const { ports, pauses } = new Incarnation({ ...world, ...told, uid: 1000, number: 1, cwd: '/home' });
  const install = (name: string, text: string, code: number) =>
    machine.executables.set(name, {
      kind: 'program',
      program: (proc) =>
        proc.after(1_000, () => {
          if (text) proc.stdout(text);
          proc.exit(code);
        }),
    });
  install('command', 'late\n', 7);
  install('silent', '', 4);
  install('child', 'one\n', 3);
  const said: string[] = [];
  const ready = (): void => {
    if (first === 'timers') kernel.schedule(200, () => pauses.freeze());
    else pauses.freeze();
    kernel.schedule(1_000 + ALL_DUE_MS, () => pauses.wake(first));
  };
  const command = (file: string) => ({ file, args: [] });
  const children = {
    command: command('command'),
    silent: command('silent'),
    child: { file: 'child', args: [], lane: 'child' },
  };
  frozenDaemonScript(ports, children, (line) => said.push(line), ready);
  await inMacrotask(() => runKernel(kernel));
  return endsSorted(said);
}

describe.each<First>(['timers', 'input', 'output'])('a daemon that did not get to run, %s first', (first) => {
  it('handles what has waited as the simulated one does', async () => {
    expect(await simulated(first)).toEqual(EXPECTED[first]);
  });
});

describe.runIf(process.platform === 'linux')('a daemon that was stopped on this machine', () => {
  const expected = (first: First) => EXPECTED[first].filter((line) => line !== AGAIN);

  it('while it waited handles timers first', async () => {
    expect(await really('timers')).toEqual(expected('timers'));
  });

  it('in the callback of a timer handles input first, or output as far as that goes', async () => {
    expect([expected('input'), expected('output')]).toContainEqual(await really('input'));
  });
});
