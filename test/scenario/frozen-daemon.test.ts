import { describe, expect, it } from 'vitest';
import { inMacrotask } from '../../src/kernel/drain.ts';
import { runScenario, SET_UP_MS } from '../../src/scenario/run.ts';
import type { Fault, Scenario, Step } from '../../src/scenario/scenario.ts';

const CALM: Scenario = {
  format: 1,
  pairs: 1,
  chats: [{ provider: 'codex', pair: 0, seat: 'taken' }],
  coTenant: false,
  steps: [],
  faults: [],
  choices: [],
};

type Frozen = Extract<Fault, { kind: 'daemon-frozen' }>;

const frozen = (at: number, forMs: number, more: Partial<Frozen> = {}): Frozen => ({
  ...{ at, kind: 'daemon-frozen', when: 'now', forMs, first: 'timers' },
  ...more,
});
const message = (at: number): Step => ({ at, do: 'message', chat: 0, prompt: 'hello' });

const run = (steps: readonly Step[], faults: readonly Fault[]) =>
  inMacrotask(() => runScenario({ ...CALM, steps, faults }, { keepTrace: true }));

/** When such a thing happened, in ms after the set-up. */
const times = ({ trace }: Awaited<ReturnType<typeof run>>, type: string) =>
  trace.filter((entry) => entry.type === type).map(({ time }) => time - SET_UP_MS);

describe('a daemon that does not get to run', () => {
  it('is asked by its users all the same, and answers when it wakes', async () => {
    const result = await run([message(500)], [frozen(0, 4_000)]);
    expect(result.violation).toBeNull();
    expect(times(result, 'message')).toEqual([500]);
    const [delivered] = times(result, 'message.delivered');
    expect(delivered).toBeGreaterThanOrEqual(4_000);
    expect(times(result, 'turn.ended')).toHaveLength(1);
  });

  it.each(['timers', 'input'] as const)('gives up nobody who answered meanwhile: %s first', async (first) => {
    const result = await run([message(100)], [frozen(0, 70_000, { when: 'asking', first })]);
    expect(result.violation).toBeNull();
    expect(result.faults).toEqual(['daemon-frozen']);
    expect(times(result, 'kill')).toEqual([]);
    expect(result.trace.filter(({ type }) => type === 'turn.ended').map(({ detail }) => detail)).toEqual([
      'c1 m1 completed ',
    ]);
  });

  it('does what it owes when the faults cease, if not before', async () => {
    // The last step is over before the pause is.
    const result = await run([message(0)], [frozen(9_000, 200, { when: 'asking' }), frozen(10, 100)]);
    expect(result.violation).toBeNull();
    expect(result.unfired).toEqual(['daemon-frozen at 9000: the daemon wrote to no provider']);
  });

  it('can be killed and started again', async () => {
    const crash: Fault = { at: 1_000, kind: 'daemon-crash', downMs: 50 };
    const result = await run(
      [message(500), { at: 2_000, do: 'attach', chat: 0 }, message(2_500)],
      [frozen(0, 40_000), crash],
    );
    expect(result.violation).toBeNull();
    expect(result.faults).toEqual(['daemon-crash', 'daemon-frozen']);
    // The first is lost with the connection on which it waited.
    expect(times(result, 'turn.ended')).toHaveLength(1);
    expect(Math.min(...times(result, 'turn.ended'))).toBeLessThan(40_000);
  });

  it('is not stopped twice at the same time', async () => {
    const result = await run([], [frozen(0, 4_000), frozen(100, 4_000)]);
    expect(result.unfired).toEqual(['daemon-frozen at 100: the daemon does not run as it is']);
  });
});
