import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, FAULT_KINDS, scenarioArbitrary, scenarioOfRun } from '../../src/explore/arbitrary.ts';
import { STEPS } from '../../src/scenario/kinds/catalogue.ts';

const many = Array.from({ length: 400 }, (_, run) => scenarioOfRun(7, run));

describe('generated scenarios', () => {
  it('depend on the seed and the number of the run alone', () => {
    expect(many.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, run) => scenarioOfRun(7, run)));
    expect(scenarioOfRun(8, 0)).not.toEqual(many[0]);
    expect(new Set(many.map((scenario) => JSON.stringify(scenario))).size).toBeGreaterThan(390);
  });

  it('are plain JSON within the limits', () => {
    fc.assert(
      fc.property(scenarioArbitrary(), (scenario) => {
        expect(JSON.parse(JSON.stringify(scenario))).toEqual(scenario);
        expect(scenario.pairs).toBeLessThanOrEqual(DEFAULT_LIMITS.pairs);
        expect(scenario.chats.length).toBeGreaterThan(0);
        expect(scenario.chats.length).toBeLessThanOrEqual(DEFAULT_LIMITS.chats);
        expect(scenario.steps.length).toBeLessThanOrEqual(DEFAULT_LIMITS.steps);
        expect(scenario.faults.length).toBeLessThanOrEqual(DEFAULT_LIMITS.faults);
        for (const list of [scenario.steps, scenario.faults]) {
          expect(list.map(({ at }) => at)).toEqual(list.map(({ at }) => at).sort((left, right) => left - right));
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('hold every kind of fault and step, and leave kinds of faults out of a run altogether', () => {
    const kinds = new Set(many.flatMap(({ faults }) => faults.map(({ kind }) => kind)));
    expect([...kinds].sort()).toEqual([...FAULT_KINDS].sort());
    const steps = new Set(many.flatMap(({ steps }) => steps.map((step) => step.do)));
    expect([...steps].sort()).toEqual(Object.keys(STEPS).sort());
    expect(many.filter(({ faults }) => new Set(faults.map(({ kind }) => kind)).size === 1).length).toBeGreaterThan(20);
  });

  it('meet in time: many have two things at one instant', () => {
    const meeting = many.filter(({ steps, faults }) => {
      const times = [...steps, ...faults].map(({ at }) => at);
      return new Set(times).size < times.length;
    });
    expect(meeting.length).toBeGreaterThan(100);
  });
});
