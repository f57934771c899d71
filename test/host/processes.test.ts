import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import type { Child, Signal } from '../../src/core/ports.ts';
import { parseStat, readBootId } from '../../src/host/proc-stat.ts';
import { createProcesses } from '../../src/host/processes.ts';
import { manualClock } from './manual-clock.ts';

const clock = manualClock();
const processes = createProcesses(clock);
const started: number[] = [];
afterEach(() => {
  for (const pid of started.splice(0)) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Already gone.
    }
  }
});

/** A child whose events are kept; `until` resolves once the events satisfy a condition. */
async function start(file: string, args: string[], cwd = tmpdir()) {
  const log: string[] = [];
  let out = '';
  let wake = (): void => {};
  const note = (entry: string): void => {
    log.push(entry);
    wake();
  };
  const result = await processes.spawn(
    { file, args, cwd, lane: 'test' },
    {
      stdout: (chunk) => {
        out += chunk;
        note('stdout');
      },
      stderr: (chunk) => note(`stderr ${chunk}`),
      stdinError: (errno) => note(`stdin ${errno}`),
      stdoutError: (errno) => note(`stdout error ${errno}`),
      stdoutEnd: () => note('stdout end'),
      exit: (code, signal) => note(`exit ${code} ${signal}`),
    },
  );
  if (result.kind !== 'spawned') throw new Error(result.message);
  started.push(result.child.identity.pid);
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return {
    child: result.child,
    log,
    until,
    out: () => out,
    exited: () => until(() => log.some((e) => e.startsWith('exit'))),
  };
}

const node = (script: string) => start(process.execPath, ['-e', script]);
const kill = (child: Child, signal: Signal = 'SIGKILL') => processes.signal(child.identity, signal, 'process');

describe('spawn', () => {
  it('talks over three pipes and ends in order', async () => {
    const { child, log, until, out, exited } = await start('cat', []);
    expect(child.write('grüße ')).toBe(true);
    expect(child.write('€')).toBe(true);
    await until(() => out() === 'grüße €');
    child.end();
    child.end();
    expect(child.write('late')).toBe(false);
    await exited();
    expect(log.at(-1)).toBe('exit 0 null');
  });

  it('decodes a character that arrives in two pieces', async () => {
    const { out, exited } = await node(`
      process.stdout.write(Buffer.from([0xe2, 0x82]));
      process.stdin.once('end', () => process.stdout.write(Buffer.from([0xac]))).resume();
    `).then(async (started) => {
      started.child.end();
      return started;
    });
    await exited();
    expect(out()).toBe('€');
  });

  it('reports a broken stdin as an event', async () => {
    const { child, log, until } = await start('sh', ['-c', 'exec 0<&-; echo closed; exec sleep 600']);
    await until(() => log.includes('stdout'));
    child.write('nobody reads this');
    await until(() => log.includes('stdin EPIPE'));
    expect(child.write('more')).toBe(false);
  });

  it('says nothing after the exit, even when a process left behind keeps the output open', async () => {
    const { log, until, out, exited } = await start('sh', ['-c', 'sleep 600 & echo $!; exit 5']);
    await until(() => out().endsWith('\n'));
    await expect.poll(() => clock.waiting).toHaveLength(1);
    clock.fireNext();
    await exited();
    expect(log).toEqual(['stdout', 'exit 5 null']);
  });

  it('names the signal that ended the child', async () => {
    const { child, log, exited } = await start('sleep', ['600']);
    expect(await kill(child, 'SIGTERM')).toBe('ok');
    await exited();
    expect(log).toEqual(['stdout end', 'exit null SIGTERM']);
  });

  it('does not start what is not there', async () => {
    const events = { stdout() {}, stderr() {}, stdinError() {}, stdoutError() {}, stdoutEnd() {}, exit() {} };
    const result = await processes.spawn({ file: 'no-such-program-anywhere', args: [], lane: 'x' }, events);
    expect(result).toMatchObject({ kind: 'not-started', errno: 'ENOENT' });
  });
});

describe.skipIf(process.platform !== 'linux')('the process table (needs /proc)', () => {
  it('knows a running child by pid, start time and folder', async () => {
    const { child } = await start('sleep', ['600']);
    const seen = await processes.inspect(child.identity.pid);
    expect(seen).toEqual({ kind: 'alive', identity: child.identity, cwd: realpathSync(tmpdir()) });
  });

  it('makes the child the leader of its own group and signals the whole group', async () => {
    const { child, out, until, exited } = await start('sh', ['-c', 'sleep 600 & echo $!; wait']);
    await until(() => out().endsWith('\n'));
    const grandchild = Number(out());
    expect(await processes.inspect(grandchild)).toMatchObject({ kind: 'alive' });
    expect(await processes.signal(child.identity, 'SIGKILL', 'group')).toBe('ok');
    await exited();
    await expect.poll(() => processes.inspect(grandchild)).toEqual({ kind: 'gone' });
  });

  it('does not signal a process that has only the pid of the one that was meant', async () => {
    const { child, log } = await start('sleep', ['600']);
    const { pid, startTicks } = child.identity;
    const earlier = { ...child.identity, startTicks: startTicks - 1 };
    expect(await processes.signal(earlier, 'SIGKILL', 'process')).toBe('ESRCH');
    const beforeABoot = { ...child.identity, bootId: '3f1c2d5e-0000-4000-8000-000000000000' };
    expect(await processes.signal(beforeABoot, 'SIGKILL', 'group')).toBe('ESRCH');
    expect(await processes.inspect(pid)).toMatchObject({ kind: 'alive' });
    expect(log).toEqual([]);
  });

  it('takes a reaped child for gone', async () => {
    const { child, exited } = await start('true', []);
    await exited();
    expect(await processes.inspect(child.identity.pid)).toEqual({ kind: 'gone' });
    expect(await kill(child)).toBe('ESRCH');
  });

  it('takes a zombie for gone, although kill still answers ok', async () => {
    // The shell starts a child and becomes a `sleep`, which never reaps it; only then does the child end.
    const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec sleep 601'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const zombie = Number(String(line));
      await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n');
      process.kill(zombie, 'SIGKILL');
      await expect.poll(() => processes.inspect(zombie)).toEqual({ kind: 'gone' });
      expect(process.kill(zombie, 0)).toBe(true);
    } finally {
      parent.kill('SIGKILL');
    }
  });

  it('answers EPERM for another user’s process and leaves it alive', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('needs root to start a process of another user');
    const script = `
      const { createProcesses } = await import('./src/host/processes.ts');
      const { createClock } = await import('./src/host/clock.ts');
      process.setgid(65534);
      process.setuid(65534);
      const processes = createProcesses(createClock());
      const seen = await processes.inspect(${process.pid});
      console.log(seen.kind, seen.cwd, await processes.signal(seen.identity, 'SIGTERM', 'process'));`;
    const other = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(other.stdout, 'data')) as [Buffer];
    expect(String(line)).toBe('alive null EPERM\n');
  });

  it.each([0, -1, 1.5, Number.NaN])('does not ask the kernel about pid %d', async (pid) => {
    expect(await processes.inspect(pid)).toEqual({ kind: 'unknown', reason: `not a process id: ${pid}` });
    expect(await processes.signal({ pid, startTicks: 1, bootId: readBootId() }, 'SIGKILL', 'process')).toBe('ESRCH');
  });
});

it('finds the fields after a command name with blanks and brackets', () => {
  const fields = Array.from({ length: 50 }, (_, i) => String(i + 3));
  expect(parseStat(`12 (a) b (c) S ${fields.slice(1).join(' ')}\n`)).toEqual({
    kind: 'found',
    state: 'S',
    startTicks: 22,
    parentPid: 4,
    groupId: 5,
    sessionId: 6,
  });
  expect(parseStat('12 (a)')).toMatchObject({ kind: 'unreadable' });
});
