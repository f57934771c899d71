import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scenarioArbitrary, scenarioOfRun } from '../../src/explore/arbitrary.ts';
import { inMacrotask } from '../../src/kernel/drain.ts';
import { ownCore } from '../../src/scenario/core-module.ts';
import { runScenario } from '../../src/scenario/run.ts';
import type { Fault, Scenario, Step } from '../../src/scenario/scenario.ts';

const CALM: Scenario = {
  format: 1,
  pairs: 2,
  chats: [
    { provider: 'codex', pair: 0 },
    { provider: 'codex', pair: 1 },
    { provider: 'claude', pair: 0 },
  ],
  coTenant: true,
  steps: [],
  faults: [],
  choices: [],
};

const run = (steps: readonly Step[], faults: readonly Fault[] = [], more: Partial<Scenario> = {}) =>
  inMacrotask(() => runScenario({ ...CALM, steps, faults, ...more }, { keepTrace: true }));

/** Front ends of all chats are there to be shown what happens. */
const FRONT_ENDS: readonly Step[] = CALM.chats.map((_, chat) => ({ at: 0, do: 'attach', chat }));
const watched = (steps: readonly Step[], faults: readonly Fault[] = []) => run([...FRONT_ENDS, ...steps], faults);

const seen = (result: Awaited<ReturnType<typeof run>>, type: string) =>
  result.trace.filter((entry) => entry.type === type).map(({ detail }) => detail);

const message = (at: number, chat: number, prompt: 'hello' | 'story' | 'tool' | 'approve' = 'hello'): Step => ({
  at,
  do: 'message',
  chat,
  prompt,
});

describe('a calm scenario', () => {
  it('takes messages to both providers and their turns to an end', async () => {
    const result = await watched([message(0, 0), message(0, 1, 'tool'), message(0, 2)]);
    expect(result.violation).toBeNull();
    expect(seen(result, 'turn.ended').sort()).toEqual(['c1 m1 completed ', 'c2 m2 completed ', 'c3 m3 completed ']);
    expect(seen(result, 'text.delta').filter((text) => text.startsWith('c1 '))).toEqual(['c1 Hello ', 'c1 there.']);
  });

  it.each(['accept', 'decline'] as const)(
    'puts approvals before the user and carries out the answer: %s',
    async (decision) => {
      const answers: Step[] = [0, 2].map((chat) => ({ at: 9_000, do: 'answer', chat, decision }));
      const result = await watched([message(0, 0, 'approve'), message(0, 2, 'approve'), ...answers]);
      expect(result.violation).toBeNull();
      expect(seen(result, 'approval.requested')).toHaveLength(2);
      const outcome = decision === 'accept' ? 'completed' : 'declined';
      expect(seen(result, 'tool').filter((tool) => tool.endsWith(outcome))).toHaveLength(2);
      expect(seen(result, 'turn.ended').sort()).toEqual(['c1 m1 completed ', 'c3 m2 completed ']);
    },
  );

  it.each([
    ['in its middle', 1_200],
    ['while the message is on its way', 5],
  ])('interrupts a turn %s', async (_when, at) => {
    for (const chat of [0, 2]) {
      const result = await watched([message(0, chat, 'story'), { at, do: 'interrupt', chat }]);
      expect(result.violation).toBeNull();
      expect(seen(result, 'turn.ended')).toEqual([`c${chat + 1} m1 interrupted `]);
    }
  });
});

describe('faults', () => {
  it("fail a helper with 401 while its parent's turn goes on in the same app-server", async () => {
    const fault: Fault = { at: 0, kind: 'model-error', status: 401, who: 'helpers', when: 'start', forMs: 9_000 };
    const result = await watched([message(0, 0, 'story'), { at: 600, do: 'helper', chat: 0 }], [fault]);
    expect(result.violation).toBeNull();
    expect(result.faults).toEqual(['model-error']);
    expect(seen(result, 'turn.ended')).toEqual(['c1 m1 completed ']);
    expect(seen(result, 'spawn').filter((spawn) => spawn.startsWith('codex p1#'))).toHaveLength(1);
  });

  it('kill the app-server of one pair and leave the chats of the other ready', async () => {
    const fault: Fault = { at: 500, kind: 'app-server-exit', how: 'SIGKILL', pair: 0 };
    const result = await watched([message(0, 0, 'story'), message(510, 1)], [fault]);
    expect(result.violation).toBeNull();
    expect(seen(result, 'turn.ended').sort()[1]).toBe('c2 m2 completed ');
    expect(seen(result, 'turn.ended').sort()[0]).toMatch(/^c1 m1 failed transport: /);
    expect(seen(result, 'notice')).toEqual(['c1 app-server-lost']);
  });

  it('stall tmux while a daemon restarts, and no live session is closed', async () => {
    const steps: Step[] = [{ at: 0, do: 'attach', chat: 0 }, { at: 1_000, do: 'restart' }, message(2_500, 0)];
    const result = await run(steps, [{ at: 900, kind: 'tmux-stall', forMs: 12_000 }]);
    expect(result.violation).toBeNull();
    expect(seen(result, 'exec.result')).toContain('0 timed out ');
    expect(seen(result, 'log chat.ended')).toEqual([]);
    expect(seen(result, 'session.killed')).toEqual([]);
  });

  it('that have nothing to act upon are reported', async () => {
    const result = await run(
      [],
      [
        { at: 0, kind: 'tmux-kill' },
        { at: 1, kind: 'claude-kill', chat: 2 },
      ],
      { coTenant: false },
    );
    expect(result.unfired).toEqual([
      'tmux-kill at 0: no tmux server is running',
      'claude-kill at 1: its chat has no claude process at this time',
    ]);
  });
});

describe('a run', () => {
  it('is a function of its scenario', async () => {
    await inMacrotask(() => {
      for (let number = 0; number < 40; number++) {
        const scenario = scenarioOfRun(21, number);
        const kept = runScenario(scenario, { keepTrace: true });
        expect(runScenario(JSON.parse(JSON.stringify(scenario))).hash).toBe(kept.hash);
        expect(kept.violation).toBeNull();
      }
    });
  });

  it('is the same whether providers look their model up or ask it through the msw handlers', async () => {
    await inMacrotask(() => {
      for (let number = 0; number < 40; number++) {
        const scenario = scenarioOfRun(22, number);
        const asked = runScenario(scenario, { model: 'handlers' });
        expect([number, asked.violation, asked.hash]).toEqual([number, null, runScenario(scenario).hash]);
      }
    });
  });

  it('changes with its choices', async () => {
    const steps = [message(0, 0), message(0, 1)];
    const usual = await run(steps);
    const delayed = await run(steps, [], { choices: [['delay', 3, 4]] });
    const reordered = await run(steps, [], { choices: [['pick', 0, 1]] });
    expect(new Set([usual.hash, delayed.hash, reordered.hash]).size).toBe(3);
  });

  it('catches core code that reaches past its ports, with its place', async () => {
    const leaky = {
      ...ownCore,
      Daemon: {
        start: async () => {
          try {
            Date.now();
          } catch {
            // It cannot hide the escape.
          }
          return null as never;
        },
      },
    } as unknown as typeof ownCore;
    const result = await inMacrotask(() => runScenario(CALM, { core: leaky }));
    expect(result.violation).toMatchObject({ rule: { id: 'nothing-escapes' }, seen: 'Date.now' });
    expect(result.violation!.subject).toMatch(/run\.test\.ts:\d+/);
  });

  it('passes as a fast-check property, whose counterexamples shrink', async () => {
    await inMacrotask(() => {
      fc.assert(
        fc.property(scenarioArbitrary({ pairs: 2, chats: 3, steps: 6, faults: 2, choices: 3 }), (scenario) => {
          expect(runScenario(scenario).violation).toBeNull();
        }),
        { seed: 4, numRuns: 60 },
      );
    });
  });
});
