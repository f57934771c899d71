import { describe, expect, it } from 'vitest';
import { Bench, codex } from './bench.ts';

const ok = { ok: true };

describe('ensure', () => {
  it.each(['', 'a b', '../x', 'a/b', '-a', 'ü', 'x'.repeat(33), 'a\n'])('refuses %j as a name', (name) =>
    Bench.run(1, [codex(0)], (bench) => {
      expect(bench.get(bench.daemon.ensurePair(name))).toMatchObject({ ok: false, code: 'INVALID_PAIR_NAME' });
      expect(bench.status.pairs).toHaveLength(1);
    }),
  );

  it('gives one pair to all who ask at the same time, with one app-server', () =>
    Bench.run(1, [codex(0)], (bench) => {
      const asked = [1, 2, 3].map(() => bench.daemon.ensurePair('work'));
      const answers = asked.map((each) => bench.get(each));
      expect(answers).toEqual(Array(3).fill({ ok: true, pairId: 'work', port: 4_510 }));
      expect(bench.seen('spawn').filter((lane) => lane.startsWith('codex work#'))).toHaveLength(1);
      expect(bench.get(bench.daemon.ensurePair('work'))).toEqual(answers[0]);
    }));

  it('keeps to the limit', () =>
    Bench.run(1, [codex(0)], (bench) => {
      const { max } = bench.simulation.config.pairs;
      for (let index = 1; index < max; index++)
        expect(bench.get(bench.daemon.ensurePair(`x${index}`))).toMatchObject(ok);
      expect(bench.get(bench.daemon.ensurePair('more'))).toMatchObject({ ok: false, code: 'MAX_PAIRS' });
      expect(bench.get(bench.daemon.destroyPair('x7', { forget: true }))).toEqual(ok);
      expect(bench.get(bench.daemon.ensurePair('more'))).toMatchObject({ ok: true, port: 4_570 });
    }));

  it('gives a pair the same port for ever, and the port of a forgotten one to the next', () =>
    Bench.run(3, [codex(0)], (bench) => {
      const { daemon } = bench;
      expect(bench.status.pairs.map(({ port }) => port)).toEqual([4_500, 4_510, 4_520]);
      expect(bench.get(daemon.destroyPair('p2'))).toEqual(ok);
      expect(bench.get(daemon.ensurePair('new'))).toMatchObject({ port: 4_530 });
      expect(bench.get(daemon.ensurePair('p2'))).toMatchObject({ port: 4_510 });
      expect(bench.get(daemon.destroyPair('p2', { forget: true }))).toEqual(ok);
      expect(bench.get(daemon.ensurePair('other'))).toMatchObject({ port: 4_510 });
      bench.simulation.restart();
      bench.pass(10_000);
      const ports = bench.status.pairs.map(({ pairId, port, health }) => [pairId, port, health]);
      expect(ports).toEqual([
        ['p1', 4_500, 'healthy'],
        ['p3', 4_520, 'healthy'],
        ['new', 4_530, 'healthy'],
        ['other', 4_510, 'healthy'],
      ]);
    }));

  it('does not run a destroyed pair again by itself, and knows its port after a restart', () =>
    Bench.run(2, [codex(0)], (bench) => {
      bench.get(bench.daemon.destroyPair('p2'));
      bench.simulation.restart();
      bench.pass(10_000);
      expect(bench.status.pairs.map(({ pairId }) => pairId)).toEqual(['p1']);
      expect(bench.get(bench.daemon.ensurePair('p2'))).toEqual({ ok: true, pairId: 'p2', port: 4_510 });
    }));

  it('passes over a port that another program holds, for a new pair only', () =>
    Bench.run(2, [codex(0)], (bench) => {
      const { machine, faults } = { machine: bench.simulation.machine, faults: bench.simulation.tuis };
      expect(faults.all()).toEqual([]);
      const holder = hold(bench, 4_520);
      expect(bench.get(bench.daemon.ensurePair('new'))).toMatchObject({ ok: true, port: 4_530 });
      bench.get(bench.daemon.destroyPair('p2'));
      const second = hold(bench, 4_510);
      expect(bench.get(bench.daemon.ensurePair('p2'))).toMatchObject({
        ok: false,
        code: 'PAIR_PORTS_BUSY',
        conflictPort: 4_510,
        conflictPid: second,
      });
      expect(bench.pair('p2')).toBeUndefined();
      machine.kill(0, second, 'SIGKILL');
      expect(bench.get(bench.daemon.ensurePair('p2'))).toMatchObject({ ok: true, port: 4_510 });
      machine.kill(0, holder, 'SIGKILL');
    }));

  it('gives up when other programs hold every port that it tries', () =>
    Bench.run(1, [codex(0)], (bench) => {
      for (let port = 4_510; port <= 4_670; port += 10) hold(bench, port);
      expect(bench.get(bench.daemon.ensurePair('new'))).toMatchObject({ ok: false, code: 'ALLOCATION_FAILED' });
    }));

  it('starts the app-server of a crashed pair at once, on the port that it has (facts R1)', () =>
    Bench.run(2, [codex(0)], (bench) => {
      const before = bench.appServer('p2');
      bench.kill(before);
      bench.pass(5);
      expect(bench.pair('p2')).toMatchObject({ health: 'down', listening: true, appServerPid: null });
      expect(bench.pair('p1')).toMatchObject({ health: 'healthy' });
      expect(bench.get(bench.daemon.ensurePair('p2'))).toEqual({ ok: true, pairId: 'p2', port: 4_510 });
      expect(bench.appServer('p2')).not.toBe(before);
    }));

  it('leaves nothing of a pair that could not be started, and makes it at the next attempt (facts S12)', () =>
    Bench.run(1, [codex(0)], (bench) => {
      const { machine } = bench.simulation;
      const codexProgram = machine.executables.get('codex')!;
      machine.executables.set('codex', { kind: 'not-executable' });
      const failed = bench.get(bench.daemon.ensurePair('new'));
      expect(failed).toMatchObject({ ok: false, code: 'APP_SERVER_FAILED' });
      expect(failed.ok || failed.message).toContain('EACCES');
      expect(machine.network.holderOf(4_510)).toBeNull();
      expect(bench.pair('new')).toBeUndefined();
      bench.pass(60_000);
      expect(bench.seen('spawn').filter((lane) => lane.startsWith('codex new#')).length).toBeLessThanOrEqual(3);
      machine.executables.set('codex', codexProgram);
      expect(bench.get(bench.daemon.ensurePair('new'))).toMatchObject({ ok: true, port: 4_510 });
    }));

  it('is refused while the daemon shuts down, and leaves nothing', () =>
    Bench.run(1, [codex(0)], (bench) => {
      const asked = bench.daemon.ensurePair('new');
      const { daemon } = bench;
      void daemon.shutdown();
      expect(bench.get(asked)).toMatchObject({ ok: false, code: 'DAEMON_SHUTTING_DOWN' });
      expect(bench.get(daemon.ensurePair('new'))).toMatchObject({ ok: false, code: 'DAEMON_SHUTTING_DOWN' });
      expect(bench.get(daemon.destroyPair('p1'))).toMatchObject({ ok: false, code: 'DAEMON_SHUTTING_DOWN' });
      bench.pass(5_000);
      expect(bench.simulation.machine.network.holderOf(4_510)).toBeNull();
      expect(bench.simulation.providers.live()).toEqual([]);
    }));
});

describe('destroy', () => {
  it('wants force while a chat has its seat, and changes nothing without (probe M11)', () =>
    Bench.run(2, [codex(0)], (bench) => {
      const tui = bench.tui('p1');
      bench.daemon.attach('c1');
      const before = bench.status;
      expect(bench.get(bench.daemon.destroyPair('p1'))).toMatchObject({ ok: false, code: 'PAIR_BUSY_NOT_FORCED' });
      expect({ ...bench.status, chats: [] }).toEqual({ ...before, chats: [] });
      expect(bench.chat('c1')).toMatchObject({ pairId: 'p1', paired: true });
      expect(bench.get(bench.daemon.destroyPair('p1', { force: true }))).toEqual(ok);
      bench.pass(100);
      expect(tui.run).toMatchObject({ attached: false, code: 1_011 });
      expect(bench.chat('c1')).toMatchObject({
        pairId: 'p2',
        paired: false,
        homePairId: 'p2',
        readiness: { ready: true },
      });
      expect(bench.seen('notice')).toEqual(['c1 pair-destroyed']);
    }));

  it('moves chats to a pair that stays, where they go on in their threads', () =>
    Bench.run(2, [codex(0), { provider: 'claude', pair: 0 }], (bench) => {
      bench.daemon.attach('c1');
      bench.daemon.attach('c2');
      expect(bench.say('c1', 'm1')).toBe('c1 m1 completed ');
      const old = bench.appServer('p1');
      const destroyed = bench.daemon.destroyPair('p1', { forget: true });
      const sent = bench.daemon.send('c1', 'm2', 'm2 hello');
      expect(bench.get(destroyed)).toEqual(ok);
      expect(bench.get(sent)).toEqual({ accepted: true });
      bench.pass(5_000);
      expect(bench.seen('turn.ended')).toEqual(['c1 m1 completed ', 'c1 m2 completed ']);
      expect(bench.seen('stdin').filter((frame) => frame.includes('"thread/resume"'))).toHaveLength(1);
      expect(bench.simulation.machine.processes.get(old)).toBeUndefined();
      bench.simulation.restart();
      bench.pass(10_000);
      bench.daemon.attach('c1');
      bench.daemon.attach('c2');
      expect(bench.say('c1', 'm3')).toBe('c1 m3 completed ');
      expect(bench.say('c2', 'm4')).toBe('c2 m4 completed ');
    }));

  it('is refused for the last pair while chats live there, also with force', () =>
    Bench.run(1, [codex(0)], (bench) => {
      const refused = bench.get(bench.daemon.destroyPair('p1', { force: true }));
      expect(refused).toMatchObject({ ok: false, code: 'PAIR_STILL_NEEDED' });
      expect(bench.pair('p1')!.health).toBe('healthy');
      bench.get(bench.daemon.close('c1'));
      bench.pass(10_000);
      expect(bench.get(bench.daemon.destroyPair('p1'))).toEqual(ok);
      expect(bench.chat('c1')).toMatchObject({ status: 'closed', readiness: { ready: false, code: 'closed' } });
    }));

  it('says what there is not', () =>
    Bench.run(2, [codex(0)], (bench) => {
      expect(bench.get(bench.daemon.destroyPair('ghost'))).toMatchObject({ ok: false, code: 'PAIR_NOT_FOUND' });
      expect(bench.get(bench.daemon.destroyPair('p2'))).toEqual(ok);
      expect(bench.get(bench.daemon.destroyPair('p2', { forget: true }))).toEqual(ok);
      expect(bench.get(bench.daemon.destroyPair('p2'))).toMatchObject({ ok: false, code: 'PAIR_NOT_FOUND' });
    }));

  it.each([
    ['destroy first', true],
    ['ensure first', false],
  ])('and ensure of one pair at one instant come one after the other: %s', (_order, destroyFirst) =>
    Bench.run(2, [codex(0)], (bench) => {
      const { daemon } = bench;
      const first = destroyFirst ? daemon.destroyPair('p2') : daemon.ensurePair('p2');
      const second = destroyFirst ? daemon.ensurePair('p2') : daemon.destroyPair('p2');
      expect([bench.get<object>(first), bench.get<object>(second)]).toMatchObject([ok, ok]);
      expect(bench.pair('p2')?.health).toBe(destroyFirst ? 'healthy' : undefined);
    }),
  );
});

/** Another program listens; gives its pid. */
function hold(bench: Bench, port: number): number {
  const { machine } = bench.simulation;
  return machine.start({
    argv: ['http-server'],
    program: (proc) => machine.network.listenWhenFree(proc, port, () => {}),
    parent: null,
    newGroup: true,
    uid: 1000,
    cwd: '/',
    env: {},
    sink: { stdout: () => {}, stderr: () => {}, exited: () => {} },
  }).pid;
}
