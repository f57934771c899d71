import { describe, expect, it } from 'vitest';
import { inMacrotask, runKernel } from '../../src/kernel/drain.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { Machine, type StartRequest } from '../../src/world/machine.ts';
import type { Proc, Program } from '../../src/world/proc.ts';

function setUp() {
  const kernel = new Kernel();
  const machine = new Machine(kernel);
  const ends: string[] = [];
  const start = (name: string, more: Partial<StartRequest> = {}): Proc =>
    machine.start({
      argv: [name],
      program: () => {},
      parent: null,
      newGroup: false,
      uid: 1000,
      cwd: '/',
      env: {},
      sink: { stdout: () => {}, stderr: () => {}, exited: (code, signal) => ends.push(`${name} ${signal ?? code}`) },
      ...more,
    });
  const run = (untilMs?: number) => inMacrotask(() => runKernel(kernel, untilMs));
  return { kernel, machine, ends, start, run };
}

describe('the process table', () => {
  it('gives pids in order, start times in ticks of 10 ms, and groups to their leaders', async () => {
    const { start, run, kernel } = setUp();
    const leader = start('leader', { newGroup: true });
    const child = start('child', { parent: leader });
    const other = start('other', { parent: leader, newGroup: true });
    expect([child.pid, other.pid]).toEqual([leader.pid + 1, leader.pid + 2]);
    expect([leader.pgid, child.pgid, other.pgid]).toEqual([leader.pid, leader.pid, other.pid]);
    kernel.schedule(257, () => {});
    await run();
    expect(start('later').startTicks - leader.startTicks).toBe(25);
  });

  it('keeps a dead child as a zombie, whose pid is taken, until its parent collects it', () => {
    const { machine, start } = setUp();
    const parent = start('parent');
    const child = start('child', { parent });
    child.exit(3);
    expect([child.state, child.alive, machine.kill(1000, child.pid, 0)]).toEqual(['zombie', false, 'ok']);
    machine.reap(child);
    expect(machine.kill(1000, child.pid, 0)).toBe('ESRCH');
  });

  it('hands orphans to init, which collects them at once', () => {
    const { machine, start, ends } = setUp();
    const parent = start('parent');
    const live = start('live', { parent });
    const dead = start('dead', { parent });
    dead.exit(0);
    parent.receive('SIGKILL');
    expect([live.parent, live.alive]).toEqual([null, true]);
    expect([machine.processes.has(dead.pid), machine.processes.has(parent.pid)]).toEqual([false, false]);
    live.exit(0);
    expect(machine.processes.has(live.pid)).toBe(false);
    expect(ends).toEqual(['dead 0', 'parent SIGKILL', 'live 0']);
  });

  it('reuses a pid after it is free; the start time tells the two apart', async () => {
    const { machine, kernel, start, run } = setUp();
    const first = start('first');
    first.exit(0);
    kernel.schedule(10, () => {});
    await run();
    machine.reusePidNext(first.pid);
    const second = start('second');
    expect(second.pid).toBe(first.pid);
    expect(second.startTicks).not.toBe(first.startTicks);
  });

  it('wraps pids at the limit and skips those in use', () => {
    const { machine, start } = setUp();
    machine.pidMax = 1_003;
    const pids = [start('a'), start('b'), start('c')].map(({ pid }) => pid);
    expect(pids).toEqual([1_001, 1_002, 1_003]);
    expect(start('d').pid).toBe(300);
    machine.reusePidNext(1_002);
    expect(start('e').pid).toBe(301);
  });
});

describe('kill(2)', () => {
  it("answers ok, ESRCH, or EPERM for somebody else's process, which is alive", () => {
    const { machine, start, ends } = setUp();
    const mine = start('mine');
    const theirs = start('theirs', { uid: 1001 });
    expect(machine.kill(1000, mine.pid, 0)).toBe('ok');
    expect(machine.kill(1000, 9_999, 0)).toBe('ESRCH');
    expect(machine.kill(1000, theirs.pid, 'SIGKILL')).toBe('EPERM');
    expect(theirs.alive).toBe(true);
    expect(machine.kill(0, theirs.pid, 'SIGKILL')).toBe('ok');
    expect(ends).toEqual(['theirs SIGKILL']);
  });

  it('reaches a whole group by its negative id', () => {
    const { machine, start, ends } = setUp();
    const leader = start('leader', { newGroup: true });
    start('member', { parent: leader });
    start('other', { parent: leader, newGroup: true });
    expect(machine.kill(1000, -leader.pid, 'SIGTERM')).toBe('ok');
    expect(ends).toEqual(['leader SIGTERM', 'member SIGTERM']);
  });

  it('lets a program trap what can be trapped, and not SIGKILL', () => {
    const { machine, start, ends } = setUp();
    const trapping: Program = (proc) => {
      proc.onSignal = (signal) => {
        if (signal === 'SIGTERM') proc.exit(0);
        return true;
      };
    };
    const polite = start('polite', { program: trapping });
    const stubborn = start('stubborn', { program: trapping });
    machine.kill(1000, polite.pid, 'SIGTERM');
    machine.kill(1000, stubborn.pid, 'SIGHUP');
    expect(stubborn.alive).toBe(true);
    machine.kill(1000, stubborn.pid, 'SIGKILL');
    expect(ends).toEqual(['polite 0', 'stubborn SIGKILL']);
  });

  it('stops and continues: what came due or arrived meanwhile happens then, in order', async () => {
    const { machine, start, run } = setUp();
    const seen: string[] = [];
    const proc = start('program', {
      program: (self) => {
        self.onStdin = (chunk) => seen.push(chunk);
        self.after(10, () => seen.push('due at 10'));
        self.onSignal = (signal) => {
          seen.push(signal);
          return true;
        };
      },
    });
    machine.kill(1000, proc.pid, 'SIGSTOP');
    proc.feed('written');
    machine.kill(1000, proc.pid, 'SIGTERM');
    await run();
    expect(seen).toEqual([]);
    machine.kill(1000, proc.pid, 'SIGCONT');
    expect(seen).toEqual(['written', 'SIGTERM', 'due at 10']);
  });

  it('ends a stopped process by SIGKILL, and nothing of it happens after that', async () => {
    const { machine, start, run, ends } = setUp();
    const seen: string[] = [];
    const proc = start('program', { program: (self) => void self.after(10, () => seen.push('due')) });
    machine.kill(1000, proc.pid, 'SIGSTOP');
    machine.kill(1000, proc.pid, 'SIGKILL');
    machine.kill(1000, proc.pid, 'SIGCONT');
    await run();
    expect([seen, ends]).toEqual([[], ['program SIGKILL']]);
  });
});

describe('execve', () => {
  it('knows what is missing, what may not be run, and hides a missing working directory behind ENOENT', () => {
    const { machine } = setUp();
    machine.executables.set('good', { kind: 'program', program: () => {} });
    machine.executables.set('plain', { kind: 'not-executable' });
    machine.missingDirectories.add('/gone');
    expect(machine.lookUp('good', '/').kind).toBe('found');
    expect(machine.lookUp('plain', '/')).toEqual({ kind: 'failed', errno: 'EACCES' });
    expect(machine.lookUp('none', '/')).toEqual({ kind: 'failed', errno: 'ENOENT' });
    expect(machine.lookUp('good', '/gone')).toEqual({ kind: 'failed', errno: 'ENOENT' });
  });
});
