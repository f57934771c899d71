import { describe, expect, it } from 'vitest';
import type { Proc } from '../../../src/world/proc.ts';
import { Bench, codex } from './bench.ts';

function appServerProc(bench: Bench, pairId: string): Proc {
  return bench.simulation.machine.processes.get(bench.appServer(pairId))!;
}

/** The pair's app-server closes the thread with this number, in order of loading. */
function closeThread(bench: Bench, pairId: string, which: number): void {
  expect(
    bench.simulation.providers.closeThread(
      appServerProc(bench, pairId),
      which,
      () => true,
      () => {},
    ),
  ).toBe(true);
}

describe('a thread that its server closes', () => {
  it("is the end of the TUI's visit; the chat that sat there goes home", () =>
    Bench.run(2, [codex(0)], (bench) => {
      const tui = bench.tui('p1');
      bench.daemon.attach('c1');
      expect(bench.say('c1', 'm1')).toBe('c1 m1 completed ');
      expect(bench.pair('p1')!.slot!.threadId).not.toBeNull();
      closeThread(bench, 'p1', 0);
      bench.pass(10);
      expect(bench.pair('p1')!.slot).toBeNull();
      expect(tui.run).toMatchObject({ code: 1000, refused: false, connected: false });
      expect(bench.chat('c1')).toMatchObject({ pairId: 'p1', paired: false, readiness: { ready: true } });
      expect(bench.seen('notice').filter((detail) => detail.includes('tui-disconnected'))).toHaveLength(1);
      expect(bench.say('c1', 'm2')).toBe('c1 m2 completed ');
      // The seat is free for the next one, which gets a thread of its own.
      bench.tui('p1', 'another');
      bench.pass(1_000);
      expect(bench.daemon.attach('c1', 'p1')).toEqual({ ok: true, pairId: 'p1', paired: true });
      expect(bench.say('c1', 'm3')).toBe('c1 m3 completed ');
    }));

  it('during the grace period of a TUI that was lost is the end of that, too', () =>
    Bench.run(1, [codex(0)], (bench) => {
      const tui = bench.tui('p1');
      bench.daemon.attach('c1');
      bench.pass(1_000);
      tui.run.drop(1_000);
      bench.pass(500);
      expect(bench.pair('p1')!.slot).toMatchObject({ connected: false, claimedBy: 'c1' });
      closeThread(bench, 'p1', 0);
      bench.pass(10);
      expect(bench.pair('p1')!.slot).toBeNull();
      // When it is back it is a new visit.
      bench.pass(5_000);
      expect(bench.pair('p1')!.slot).toMatchObject({ connected: true, claimedBy: null, readiness: 'ready' });
    }));

  it('and is the own one of a chat is loaded again for its next message', () =>
    Bench.run(1, [codex(0), codex(0)], (bench) => {
      bench.tui('p1');
      expect(bench.daemon.attach('c1')).toMatchObject({ paired: true });
      expect(bench.daemon.attach('c2')).toMatchObject({ paired: false });
      expect(bench.say('c2', 'm1')).toBe('c2 m1 completed ');
      closeThread(bench, 'p1', 1);
      bench.pass(10);
      expect(bench.say('c2', 'm2')).toBe('c2 m2 completed ');
      expect(bench.say('c1', 'm3')).toBe('c1 m3 completed ');
      const asked = bench.seen('stdin').filter((line) => line.includes('"thread/resume"'));
      expect(asked).toHaveLength(1);
      // Nobody else's: the TUI sits on.
      expect(bench.pair('p1')!.slot).toMatchObject({ readiness: 'ready', connected: true });
    }));

  it('while a turn runs on it is closed when that has ended', () =>
    Bench.run(1, [codex(0)], (bench) => {
      bench.tui('p1');
      bench.daemon.attach('c1');
      bench.pass(1_000);
      void bench.daemon.send('c1', 'm1', 'm1 story');
      bench.pass(500);
      expect(bench.chat('c1').busy).toBe(true);
      closeThread(bench, 'p1', 0);
      bench.pass(100);
      expect(bench.pair('p1')!.slot).not.toBeNull();
      bench.pass(5_000);
      expect(bench.seen('turn.ended')).toEqual(['c1 m1 completed ']);
      expect(bench.pair('p1')!.slot).toBeNull();
    }));
});
