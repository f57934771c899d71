import { describe, expect, it } from 'vitest';
import type { ChildEvents } from '../../src/core/ports.ts';
import { inMacrotask, runKernel } from '../../src/kernel/drain.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { WorldDatabase } from '../../src/world/database.ts';
import { WorldIds } from '../../src/world/ids.ts';
import { Incarnation } from '../../src/world/incarnation.ts';
import { Machine } from '../../src/world/machine.ts';
import type { Program } from '../../src/world/proc.ts';

function setUp() {
  const kernel = new Kernel();
  const machine = new Machine(kernel);
  const database = new WorldDatabase();
  const hungUp: string[] = [];
  let number = 0;
  const boot = (onCommit: () => void = () => {}) =>
    new Incarnation({
      machine,
      database,
      ids: new WorldIds(),
      uid: 1000,
      number: ++number,
      cwd: '/home',
      onPublish: () => {},
      onLog: () => {},
      onCommit,
      onHangUp: ({ lane }) => hungUp.push(lane),
    });
  const install = (name: string, program: Program) => machine.executables.set(name, { kind: 'program', program });
  const run = (untilMs?: number) => inMacrotask(() => runKernel(kernel, untilMs));
  return { kernel, machine, database, boot, install, run, hungUp };
}

/** A child that repeats its input in capitals and ends with its input. */
const shouter: Program = (proc) => {
  proc.onStdin = (chunk) => proc.stdout(chunk.toUpperCase());
  proc.onStdinEnd = () => void proc.after(5, () => proc.exit(0));
};

function listener(): { events: ChildEvents; seen: string[] } {
  const seen: string[] = [];
  const events: ChildEvents = {
    stdout: (chunk) => seen.push(`out ${chunk}`),
    stderr: (chunk) => seen.push(`err ${chunk}`),
    stdinError: (errno) => seen.push(`stdin ${errno}`),
    stdoutError: (errno) => seen.push(`stdout ${errno}`),
    stdoutEnd: () => seen.push('out end'),
    exit: (code, signal) => seen.push(`exit ${signal ?? code}`),
  };
  return { events, seen };
}

async function spawned(world: ReturnType<typeof setUp>, program: Program = shouter) {
  const daemon = world.boot();
  world.install('shout', program);
  const { events, seen } = listener();
  const spawning = daemon.ports.processes.spawn({ file: 'shout', args: [], lane: 'shout#1' }, events);
  await world.run(10);
  const result = await spawning;
  if (result.kind !== 'spawned') throw new Error('not spawned');
  const proc = world.machine.processes.get(result.child.identity.pid)!;
  return { daemon, child: result.child, proc, seen };
}

describe('a command', () => {
  it('gives its output and exit code', async () => {
    const { boot, install, run } = setUp();
    install('greet', (proc) => {
      proc.stdout('hello ');
      proc.stdout(proc.argv.slice(1).join(' '));
      proc.stderr('careful\n');
      proc.after(3, () => proc.exit(7));
    });
    const running = boot().ports.exec.run({ file: 'greet', args: ['you', '*'], timeoutMs: 100 });
    await run();
    const told = { code: 7, signal: null, timedOut: false, stdout: 'hello you *', stderr: 'careful\n' };
    expect(await running).toEqual({ kind: 'exited', ...told });
  });

  it('that cannot be started is an answer, not an exception', async () => {
    const { boot, machine, run } = setUp();
    machine.executables.set('plain', { kind: 'not-executable' });
    const { exec } = boot().ports;
    const all = ['none', 'plain'].map((file) => exec.run({ file, args: [], timeoutMs: 100 }));
    await run();
    expect((await Promise.all(all)).map((result) => result.kind === 'not-started' && result.errno)).toEqual([
      'ENOENT',
      'EACCES',
    ]);
  });

  it.each<[string, (() => void) | undefined, { code: number | null; signal: string | null }, number]>([
    ['dies of SIGTERM', undefined, { code: null, signal: 'SIGTERM' }, 100],
    ['traps SIGTERM and exits 0', () => {}, { code: 0, signal: null }, 100],
  ])('that takes too long gets SIGTERM, and may say anything then: %s', async (_case, trap, status, after) => {
    const { boot, install, run, kernel } = setUp();
    install('slow', (proc) => {
      if (trap) {
        proc.onSignal = () => {
          proc.exit(0);
          return true;
        };
      }
    });
    const running = boot().ports.exec.run({ file: 'slow', args: [], timeoutMs: 100 });
    await run();
    expect(await running).toEqual({ kind: 'exited', ...status, timedOut: true, stdout: '', stderr: '' });
    expect(kernel.now).toBeGreaterThanOrEqual(after);
  });

  it('that ignores SIGTERM gets SIGKILL a second later', async () => {
    const { boot, install, run, kernel } = setUp();
    install('deaf', (proc) => {
      proc.onSignal = () => true;
    });
    const running = boot().ports.exec.run({ file: 'deaf', args: [], timeoutMs: 100 });
    await run();
    expect(await running).toMatchObject({ code: null, signal: 'SIGKILL', timedOut: true });
    expect(kernel.now).toBe(1_100);
  });
});

describe('a child', () => {
  it('gets what is written in order, and answers in order', async () => {
    const world = setUp();
    const { child, seen } = await spawned(world);
    expect(child.write('one')).toBe(true);
    expect(child.write('two')).toBe(true);
    child.end();
    expect(child.write('three')).toBe(false);
    await world.run();
    expect(seen).toEqual(['out ONE', 'out TWO', 'out end', 'exit 0']);
    expect(world.hungUp).toEqual(['shout#1']);
  });

  it('leaves no zombie once its end is known', async () => {
    const world = setUp();
    const { proc } = await spawned(world);
    proc.receive('SIGKILL');
    expect(world.machine.processes.get(proc.pid)?.state).toBe('zombie');
    await world.run();
    expect(world.machine.processes.has(proc.pid)).toBe(false);
  });

  it('whose stdin breaks tells so once, and takes nothing any more', async () => {
    const world = setUp();
    const { daemon, child, proc, seen } = await spawned(world);
    daemon.children.get(proc.pid)!.breakStdin();
    expect(child.write('x')).toBe(false);
    await world.run();
    expect([seen, proc.alive]).toEqual([['stdin EPIPE'], true]);
  });

  it('that dies takes what was on its way with it, and after its end nothing more is told', async () => {
    const world = setUp();
    const { child, proc, seen } = await spawned(world);
    child.write('on its way');
    proc.receive('SIGKILL');
    await world.run();
    expect([seen, child.write('late')]).toEqual([['out end', 'exit SIGKILL'], false]);
  });

  it('is signalled only while pid and start time are its own', async () => {
    const world = setUp();
    const { daemon, child, proc } = await spawned(world);
    const { signal, inspect } = daemon.ports.processes;
    const other = { ...child.identity, startTicks: child.identity.startTicks - 1 };
    const answers = [signal(other, 'SIGKILL', 'process'), inspect(proc.pid)];
    await world.run(20);
    expect(await Promise.all(answers)).toEqual(['ESRCH', { kind: 'alive', identity: child.identity, cwd: '/home' }]);
    const killing = [signal(child.identity, 'SIGKILL', 'group'), inspect(proc.pid)];
    await world.run();
    expect(await Promise.all(killing)).toEqual(['ok', { kind: 'gone' }]);
  });
});

describe('a daemon that is killed', () => {
  it('hears and does nothing any more, and its children see the end of their input', async () => {
    const world = setUp();
    const { daemon, child, proc, seen } = await spawned(world);
    let fired = false;
    daemon.ports.clock.timer(50, 'never', () => {
      fired = true;
    });
    child.write('last words');
    daemon.proc.receive('SIGKILL');
    await world.run();
    expect([seen, fired, proc.alive]).toEqual([[], false, false]);
    expect(world.machine.processes.has(proc.pid)).toBe(false);
    // Not of the daemon's own accord.
    expect(world.hungUp).toEqual([]);
  });

  it('leaves what it has committed, and nothing of what it had not', async () => {
    const { boot, database, run } = setUp();
    const first = boot(() => first.proc.receive('SIGKILL'));
    const outcomes: string[] = [];
    const { write } = first.ports.database;
    void write([{ sql: 'CREATE TABLE t (x) STRICT' }]).catch(() => {});
    const make = { sql: 'CREATE TABLE kept (x INTEGER) STRICT' };
    void write([make, { sql: 'INSERT INTO kept VALUES (?)', params: [null] }]).then(() => outcomes.push('told'));
    void write([{ sql: 'INSERT INTO kept VALUES (1)' }]).then(() => outcomes.push('told'));
    await run();
    expect(database.all('SELECT x FROM kept')).toEqual([{ x: null }]);
    expect(outcomes).toEqual([]);
  });
});

describe('the database', () => {
  it('writes all statements or none, and says how many rows changed', async () => {
    const { boot, database, run } = setUp();
    const { ports } = boot();
    const results: unknown[] = [];
    const note = (result: unknown) => void results.push(result);
    void ports.database.write([{ sql: 'CREATE TABLE t (x INTEGER PRIMARY KEY) STRICT' }]).then(note);
    void ports.database
      .write([{ sql: 'INSERT INTO t VALUES (1), (2)' }, { sql: 'UPDATE t SET x = x + 10' }])
      .then(note);
    void ports.database
      .write([{ sql: 'DELETE FROM t' }, { sql: 'INSERT INTO nowhere VALUES (1)' }])
      .catch((error: Error) => note(error.message));
    await run();
    expect(results[1]).toEqual([2, 2]);
    expect(results[2]).toContain('no such table: nowhere');
    expect(ports.database.all('SELECT x FROM t')).toEqual([{ x: 11 }, { x: 12 }]);
    database.reset();
    expect([database.all('SELECT x FROM t'), database.changesOf('t')]).toEqual([[], 0]);
  });
});
