import { describe, expect, it } from 'vitest';
import type { ChildEvents } from '../../src/core/ports.ts';
import { inMacrotask, runKernel } from '../../src/kernel/drain.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { WorldDatabase } from '../../src/world/database.ts';
import { WorldIds } from '../../src/world/ids.ts';
import { Incarnation } from '../../src/world/incarnation.ts';
import { Machine } from '../../src/world/machine.ts';
import type { Program } from '../../src/world/proc.ts';

const PORT = 4_700;

function setUp() {
  const kernel = new Kernel();
  const machine = new Machine(kernel);
  const nothing = (): void => {};
  const told = { onPublish: nothing, onLog: nothing, onCommit: nothing, onHangUp: nothing };
  const daemon = new Incarnation({
    ...{ machine, database: new WorldDatabase(), ids: new WorldIds(), uid: 1000, number: 1, cwd: '/home' },
    ...told,
  });
  const install = (name: string, program: Program) => machine.executables.set(name, { kind: 'program', program });
  const run = (untilMs?: number) =>
    inMacrotask(() => {
      runKernel(kernel, untilMs);
      if (untilMs !== undefined) kernel.advanceTo(untilMs);
    });
  const seen: string[] = [];
  const see = (what: string) => void seen.push(`${what} @${kernel.now}`);
  const events: ChildEvents = {
    stdout: (chunk) => see(`out ${chunk}`),
    stderr: (chunk) => see(`err ${chunk}`),
    stdinError: see,
    stdoutError: see,
    stdoutEnd: () => see('end of file'),
    exit: (code) => see(`exit ${code}`),
  };
  /** Stopped from `from` to `to`, virtual ms. */
  const pause = (from: number, to: number, first: 'input' | 'timers' = 'timers') => {
    kernel.schedule(from, () => daemon.pauses.freeze());
    kernel.schedule(to, () => daemon.pauses.wake(first));
  };
  return { kernel, machine, daemon, install, run, pause, seen, see, events };
}

const spawned = (world: ReturnType<typeof setUp>, program: Program) => {
  world.install('child', program);
  return world.daemon.ports.processes.spawn({ file: 'child', args: [], lane: 'child' }, world.events);
};

describe('a daemon that does not get to run', () => {
  it('hears of everything at the instant in which it wakes, in the order in which it came, and each time in a step', async () => {
    const world = setUp();
    const { kernel, daemon, run, pause, seen, see } = world;
    const steps: number[] = [];
    void spawned(world, (proc) => {
      for (const at of [100, 200, 300]) proc.after(at, () => proc.stdout(`${at}`));
    });
    pause(50, 1_000);
    daemon.ports.clock.timer(400, 'late', () => see('timer'));
    await inMacrotask(() => {
      let before = 0;
      while (kernel.step()) {
        if (seen.length > before) steps.push(seen.length - before);
        before = seen.length;
      }
    });
    expect(seen).toEqual(['timer @1000', 'out 100 @1000', 'out 200 @1000', 'out 300 @1000']);
    expect(steps).toEqual([1, 1, 1, 1]);
    await run();
  });

  it('is the only one: its children read what it wrote before, answer, and end', async () => {
    const world = setUp();
    const { machine, daemon, run, pause, seen } = world;
    const spawning = spawned(world, (proc) => {
      proc.onStdin = (chunk) => {
        proc.stdout(chunk.toUpperCase());
        proc.after(100, () => proc.exit(5));
      };
    });
    await run(10);
    const result = await spawning;
    if (result.kind !== 'spawned') throw new Error('not spawned');
    result.child.write('hello');
    pause(0, 1_000);
    await run(900);
    expect(seen).toEqual([]);
    const child = machine.processes.get(result.child.identity.pid)!;
    expect([child.state, daemon.proc.state, daemon.alive]).toEqual(['zombie', 'stopped', true]);
    await run();
    expect(seen).toEqual(['out HELLO @1010', 'end of file @1010', 'exit 5 @1010']);
    expect(child.state).toBe('dead');
    expect(daemon.proc.state).toBe('running');
  });

  it.each([
    ['timers' as const, { code: 7, timedOut: true }],
    ['input' as const, { code: 7, timedOut: false }],
  ])('takes a command that ended in time for one that did not when timers are first: %s', async (first, told) => {
    const { daemon, install, run, pause } = setUp();
    install('command', (proc) => {
      proc.after(100, () => {
        proc.stdout('all of it');
        proc.exit(7);
      });
    });
    const running = daemon.ports.exec.run({ file: 'command', args: [], timeoutMs: 500 });
    pause(50, 2_000, first);
    await run();
    expect(await running).toMatchObject({ kind: 'exited', signal: null, stdout: 'all of it', ...told });
  });

  it('does not kill what runs too long before it wakes', async () => {
    const { kernel, daemon, install, run, pause } = setUp();
    install('slow', () => {});
    const running = daemon.ports.exec.run({ file: 'slow', args: [], timeoutMs: 500 });
    pause(50, 2_000);
    await run();
    expect(await running).toMatchObject({ signal: 'SIGTERM', timedOut: true });
    expect(kernel.now).toBeGreaterThanOrEqual(2_000);
  });

  it('asks and writes nothing meanwhile: files, the database and the network wait, too', async () => {
    const { kernel, machine, daemon, run, pause, see, seen } = setUp();
    const { ports } = daemon;
    daemon.pauses.freeze();
    void ports.files.create('/home/note', 'text').then(() => see('file'));
    void ports.database.write([{ sql: 'CREATE TABLE t (a)' }]).then(() => see('commit'));
    void ports.network.listen(PORT, () => ({ data: () => {}, closed: () => {} })).then(() => see('listens'));
    pause(0, 500);
    await run(400);
    expect([machine.files.read('/home/note', 1000), machine.network.holderOf(PORT), seen]).toEqual([
      'ENOENT',
      null,
      [],
    ]);
    await run();
    expect(machine.network.holderOf(PORT)).toBe(daemon.proc.pid);
    expect([...seen].sort()).toEqual(['commit @500', 'file @500', 'listens @500']);
    expect(kernel.now).toBe(500);
  });

  it('takes connections and what is sent on them when it wakes', async () => {
    const { machine, daemon, run, pause, see, seen } = setUp();
    const events = { data: (chunk: string) => see(chunk), closed: () => see('closed') };
    void daemon.ports.network.listen(PORT, () => events);
    await run(10);
    const { proc: client } = setUp().daemon;
    pause(0, 1_000);
    await run(100);
    machine.network.connect(client, PORT, { data: () => {}, closed: () => {} })!.send('hello');
    await run(900);
    expect(seen).toEqual([]);
    await run();
    expect(seen).toEqual(['hello @1010']);
  });

  it('does not do what was cancelled by something that it was told of before', async () => {
    const { daemon, run, pause, see, seen } = setUp();
    const { clock } = daemon.ports;
    clock.timer(100, 'first', () => {
      see('first');
      second.cancel();
    });
    const second = clock.timer(200, 'second', () => see('second'));
    pause(50, 1_000);
    await run();
    expect(seen).toEqual(['first @1000']);
  });

  it('can be killed like any other, and hears of nothing then', async () => {
    const world = setUp();
    const { kernel, machine, daemon, run, pause, seen, see } = world;
    void spawned(world, (proc) => void proc.after(100, () => proc.stdout('never read')));
    daemon.reach(() => see('reached'));
    pause(50, 1_000);
    kernel.schedule(60, () => daemon.reach(() => see('never reached')));
    kernel.schedule(500, () => machine.kill(0, daemon.proc.pid, 'SIGKILL'));
    await run();
    expect(seen).toEqual(['reached @0']);
    expect([daemon.alive, daemon.pauses.frozen, daemon.pauses.totalMs]).toEqual([false, false, 450]);
  });

  it('counts how long it did not run', async () => {
    const { daemon, run, pause } = setUp();
    expect([daemon.pauses.totalMs, daemon.pauses.wokeAt]).toEqual([0, Number.NEGATIVE_INFINITY]);
    pause(100, 300);
    pause(1_000, 1_500);
    await run(1_200);
    expect([daemon.pauses.totalMs, daemon.pauses.wokeAt, daemon.pauses.frozen]).toEqual([400, 300, true]);
    await run();
    expect([daemon.pauses.totalMs, daemon.pauses.wokeAt, daemon.pauses.frozen]).toEqual([700, 1_500, false]);
  });
});
