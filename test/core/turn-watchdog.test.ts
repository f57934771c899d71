import { describe, expect, it } from 'vitest';
import { TurnWatchdog } from '../../src/core/chats/turn-watchdog.ts';
import { PROVIDER_TIMERS } from '../../src/core/providers/config.ts';
import type { Failure, Outcome, Turn, TurnEvent } from '../../src/core/providers/types.ts';
import { SteppedClock } from './stepped-clock.ts';

const TIMERS = {
  ...PROVIDER_TIMERS,
  turnStalledMs: 1_000,
  turnSilentMs: 5_000,
  toolSilentMs: 20_000,
  turnInterruptMs: 100,
};

/** A turn that was last heard of when the test says so, and its watchdog. */
function watched({ heedsInterrupts = false, silentForMs = 0 } = {}) {
  const clock = new SteppedClock();
  let heardAt = -silentForMs;
  const told: string[] = [];
  const stalls: number[] = [];
  let waitsForUser = false;
  const turn: Turn = {
    turnId: 't',
    get silentMs() {
      return clock.monotonic() - heardAt;
    },
    answer: () => false,
    interrupt: async (): Promise<Outcome<null>> => {
      told.push(`interrupt at ${clock.monotonic()}`);
      if (heedsInterrupts) watchdog.stop();
      return { ok: true, value: null };
    },
    giveUp: (failure: Failure) => {
      told.push(`give up at ${clock.monotonic()}: ${failure.class}`);
    },
  };
  const logged: string[] = [];
  const watchdog = new TurnWatchdog({
    clock,
    log: { event: (type) => logged.push(type) },
    timers: TIMERS,
    name: 'c1',
    turn,
    waitsForUser: () => waitsForUser,
    onStalled: () => stalls.push(clock.monotonic()),
  });
  const tool = (status: 'started' | 'completed'): TurnEvent => ({ type: 'tool', itemId: 'i', title: 'ls', status });
  return {
    clock,
    watchdog,
    told,
    stalls,
    logged,
    heard: () => {
      heardAt = clock.monotonic();
    },
    ask: (asks: boolean) => {
      waitsForUser = asks;
    },
    toolStarts: () => watchdog.saw(tool('started')),
    toolEnds: () => watchdog.saw(tool('completed')),
  };
}

describe('the watchdog of a turn', () => {
  it('leaves a turn alone that is heard of, however long it takes', async () => {
    const { clock, heard, told, stalls } = watched();
    for (let second = 0; second < 100; second++) {
      await clock.advance(900);
      heard();
    }
    expect([...told, ...stalls]).toEqual([]);
  });

  it('reports a silence before it ends the turn, also when it looks so late that both are due', async () => {
    const { clock, told, stalls } = watched({ silentForMs: 60_000 });
    await clock.advance(1_999);
    expect([stalls, told]).toEqual([[1_000], []]);
    await clock.advance(1);
    expect([stalls, told]).toEqual([[1_000], ['interrupt at 2000']]);
  });

  it('reports a silence once, and ends the turn when it lasts', async () => {
    const { clock, told, stalls, watchdog, logged } = watched();
    await clock.advance(4_999);
    expect(stalls).toEqual([1_000]);
    expect(told).toEqual([]);
    expect(watchdog.verdict).toBeNull();
    await clock.advance(1);
    expect(told).toEqual(['interrupt at 5000']);
    expect(logged).toEqual(['turn.silent']);
    expect(watchdog.verdict).toMatchObject({ class: 'timed-out', mayHaveRun: true });
    // It does not heed that: then it is over for its owner.
    await clock.advance(100);
    expect(told).toEqual(['interrupt at 5000', 'give up at 5100: timed-out']);
    await clock.advance(100_000);
    expect(told).toHaveLength(2);
    expect(clock.waiting).toEqual([]);
  });

  it('reports each silence', async () => {
    const { clock, heard, stalls } = watched();
    await clock.advance(2_000);
    heard();
    await clock.advance(4_500);
    expect(stalls).toEqual([1_000, 3_000]);
  });

  it('does not give up a turn that ends when it is interrupted', async () => {
    const { clock, told } = watched({ heedsInterrupts: true });
    await clock.advance(10_000);
    expect(told).toEqual(['interrupt at 5000']);
  });

  it('gives a silent tool more time, and a model after it no more than usual', async () => {
    const { clock, toolStarts, toolEnds, heard, told } = watched();
    toolStarts();
    await clock.advance(19_000);
    expect(told).toEqual([]);
    toolEnds();
    heard();
    await clock.advance(5_000);
    expect(told).toEqual(['interrupt at 24000']);
  });

  it('ends a tool that never says anything again', async () => {
    const { clock, toolStarts, told } = watched();
    toolStarts();
    await clock.advance(20_000);
    expect(told).toEqual(['interrupt at 20000']);
  });

  it('waits for a user as long as it takes, and no longer when they have answered', async () => {
    const { clock, ask, told, stalls } = watched();
    ask(true);
    await clock.advance(1_000_000);
    expect(told).toEqual([]);
    expect(stalls).toEqual([1_000]);
    ask(false);
    // The silence was the user's, but nothing has come since: it looks again within the shorter limit.
    await clock.advance(1_000);
    expect(told).toEqual(['interrupt at 1001000']);
  });

  it('does nothing more once it is stopped', async () => {
    const { clock, watchdog, told, stalls } = watched();
    watchdog.stop();
    await clock.advance(100_000);
    watchdog.endTurn('its user wants it so');
    await clock.advance(100_000);
    expect([...told, ...stalls]).toEqual([]);
    expect(clock.waiting).toEqual([]);
  });

  it('ends a turn for its owner once, whoever asks for it', async () => {
    const { clock, watchdog, told } = watched();
    watchdog.endTurn('it has taken too long');
    watchdog.endTurn('again');
    expect(watchdog.verdict).toMatchObject({ message: 'it has taken too long' });
    await clock.advance(10_000);
    expect(told).toEqual(['interrupt at 0', 'give up at 100: timed-out']);
  });
});
