import { describe, expect, it } from 'vitest';
import { scenarioOfRun } from '../../src/explore/arbitrary.ts';
import { shrink } from '../../src/explore/shrink.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';

/** A large scenario that holds what `wanted` looks for. */
function large(wanted: (scenario: Scenario) => boolean): Scenario {
  for (let run = 0; run < 5_000; run++) {
    const scenario = scenarioOfRun(3, run);
    if (scenario.steps.length > 8 && scenario.choices.length > 1 && wanted(scenario)) return scenario;
  }
  throw new Error('no generated scenario holds it: the generator has become too narrow');
}

describe('shrinking', () => {
  it('leaves what the failure needs and nothing else', () => {
    const needs = ({ steps, faults }: Scenario) => {
      const message = steps.find((step) => step.do === 'message');
      return message !== undefined && faults.some(({ kind, at }) => kind === 'tmux-stall' && at >= message.at);
    };
    const { scenario } = shrink(large(needs), needs);
    expect(scenario).toMatchObject({ pairs: 1, choices: [] });
    expect([scenario.chats.length, scenario.steps.length, scenario.faults.length]).toEqual([1, 1, 1]);
    expect(scenario.steps[0]).toMatchObject({ do: 'message', at: 0, prompt: 'hello' });
    expect(scenario.faults[0]).toMatchObject({ kind: 'tmux-stall', forMs: 200 });
  });

  it('leaves out choices and lowers those that matter', () => {
    const needs = ({ choices }: Scenario) => choices.some(([kind, , value]) => kind === 'delay' && value >= 1);
    const { scenario } = shrink(large(needs), needs);
    expect(scenario.choices).toHaveLength(1);
    expect(scenario.choices[0]![2]).toBe(1);
  });

  it('keeps the chat and the pair that matter when it leaves out others', () => {
    const needs = ({ chats, pairs, steps }: Scenario) =>
      steps.some((step) => {
        if (step.do !== 'close') return false;
        const chat = chats[step.chat % chats.length]!;
        return chat.provider === 'claude' && chat.pair % pairs === 1;
      });
    const { scenario } = shrink(large(needs), needs);
    expect(scenario.chats).toHaveLength(1);
    expect(scenario.pairs).toBe(2);
    expect(scenario.steps).toHaveLength(1);
  });

  it('spends no more runs than it is given, and is deterministic', () => {
    const needs = ({ steps }: Scenario) => steps.length > 0;
    const start = large(needs);
    expect(shrink(start, needs, 5).runs).toBe(5);
    expect(shrink(start, needs)).toEqual(shrink(start, needs));
  });
});
