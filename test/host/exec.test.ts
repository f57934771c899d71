import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { ExecResult } from '../../src/core/ports.ts';
import { createClock } from '../../src/host/clock.ts';
import { createExec } from '../../src/host/exec.ts';
import { manualClock } from './manual-clock.ts';

const exec = createExec(createClock());
const folder = mkdtempSync(join(tmpdir(), 'reprise-exec-'));
afterAll(() => rmSync(folder, { recursive: true }));

const node = (
  script: string,
  timeoutMs = 30_000,
  more: { env?: Record<string, string>; cwd?: string } = {},
): Promise<ExecResult> => exec.run({ file: process.execPath, args: ['-e', script], timeoutMs, ...more });

it('passes argv, folder and environment as given, and reads both outputs', async () => {
  const script = `process.stdout.write(JSON.stringify([process.argv.slice(1), process.cwd(), process.env.A, process.env.HOME ?? null]));
    process.stderr.write('grün'); process.exitCode = 3`;
  const result = await exec.run({
    file: process.execPath,
    args: ['-e', script, '--', 'a b', '$HOME', ''],
    cwd: folder,
    env: { A: '1' },
    timeoutMs: 30_000,
  });
  expect(result).toEqual({
    kind: 'exited',
    code: 3,
    signal: null,
    timedOut: false,
    stdout: JSON.stringify([['a b', '$HOME', ''], folder, '1', null]),
    stderr: 'grün',
  });
});

it('has an empty stdin', async () => {
  expect(await exec.run({ file: 'cat', args: [], timeoutMs: 30_000 })).toMatchObject({ code: 0, stdout: '' });
});

it('names the signal that ended the child', async () => {
  expect(await node(`process.kill(process.pid, 'SIGINT'); setInterval(() => {}, 1000)`)).toMatchObject({
    code: null,
    signal: 'SIGINT',
    timedOut: false,
  });
});

/** Runs a script whose time-out comes when the test says so; `ready` resolves once the script has written a line to `$READY`. */
function underManualClock(script: string, interpreter: readonly [string, string] = ['sh', '-c']) {
  const clock = manualClock();
  const marker = join(folder, `ready-${count++}`);
  const env = { READY: marker, PATH: process.env.PATH ?? '' };
  const result = createExec(clock).run({ file: interpreter[0], args: [interpreter[1], script], env, timeoutMs: 1_000 });
  const ready = async (): Promise<string> => {
    await expect.poll(() => existsSync(marker) && readFileSync(marker, 'utf8').endsWith('\n')).toBe(true);
    return readFileSync(marker, 'utf8').trim();
  };
  return { clock, ready, result };
}
let count = 0;

/** False once the child was reaped, which Node does when it reports the exit. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it('ends a child at the time-out with SIGTERM', async () => {
  const { clock, ready, result } = underManualClock('echo early; echo > $READY; exec sleep 600');
  await ready();
  expect(clock.waiting).toEqual(['time out sh']);
  clock.fireNext();
  expect(await result).toEqual({
    kind: 'exited',
    code: null,
    signal: 'SIGTERM',
    timedOut: true,
    stdout: 'early\n',
    stderr: '',
  });
  expect(clock.waiting).toEqual([]);
});

it('says timed out when the child traps SIGTERM and exits 0', async () => {
  // Not a shell: between the marker and `wait` a shell can miss the signal.
  const script = `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000);
    require('node:fs').writeFileSync(process.env.READY, '\\n')`;
  const { clock, ready, result } = underManualClock(script, [process.execPath, '-e']);
  await ready();
  clock.fireNext();
  expect(await result).toMatchObject({ kind: 'exited', code: 0, signal: null, timedOut: true });
});

it('kills a child that ignores SIGTERM', async () => {
  const { clock, ready, result } = underManualClock(`trap '' TERM; echo > $READY; exec sleep 600`);
  await ready();
  clock.fireNext();
  expect(clock.waiting).toEqual(['kill sh']);
  clock.fireNext();
  expect(await result).toMatchObject({ code: null, signal: 'SIGKILL', timedOut: true });
});

it('gives up at the time-out on output that an orphan keeps open', async () => {
  const { clock, ready, result } = underManualClock('sleep 600 & echo out; echo "$$ $!" > $READY; exit 0');
  const [child, orphan] = (await ready()).split(' ').map(Number);
  await expect.poll(() => exists(child ?? 0)).toBe(false);
  clock.fireNext();
  try {
    expect(await result).toMatchObject({ kind: 'exited', code: 0, signal: null, timedOut: true, stdout: 'out\n' });
  } finally {
    process.kill(orphan ?? 0, 'SIGKILL');
  }
});

it('kills a child that writes without end, and does not pass the cut output off as a success', async () => {
  const result = await createExec(createClock(), { maxOutputBytes: 1_000 }).run({
    file: process.execPath,
    args: ['-e', `process.stdout.write('x'.repeat(5000))`],
    timeoutMs: 30_000,
  });
  expect(result).toMatchObject({ kind: 'exited', code: null, signal: 'SIGKILL', timedOut: false });
  expect(result.kind === 'exited' && result.stdout).toBe('x'.repeat(1_000));
});

it('tells the ways a start fails apart', async () => {
  const plain = join(folder, 'plain');
  writeFileSync(plain, '#!/bin/sh\n');
  chmodSync(plain, 0o600);
  const start = (file: string, args: string[] = [], cwd = folder) => exec.run({ file, args, cwd, timeoutMs: 30_000 });
  expect(await start('no-such-program-anywhere')).toMatchObject({ kind: 'not-started', errno: 'ENOENT' });
  expect(await start('sh', [], join(folder, 'gone'))).toMatchObject({ kind: 'not-started', errno: 'ENOENT' });
  expect(await start(plain)).toMatchObject({ kind: 'not-started', errno: 'EACCES' });
  expect(await start('true', ['x'.repeat(200_000)])).toMatchObject({ kind: 'not-started', errno: 'E2BIG' });
  expect(await start(join(plain, 'below'))).toMatchObject({ kind: 'not-started', errno: 'ENOENT' });
});

it('runs a script without interpreter line through the shell, as execvp does', async () => {
  const bare = join(folder, 'bare');
  writeFileSync(bare, 'exit 7\n');
  chmodSync(bare, 0o700);
  expect(await exec.run({ file: bare, args: [], timeoutMs: 30_000 })).toMatchObject({ kind: 'exited', code: 7 });
});
