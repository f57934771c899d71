import { describe, expect, it } from 'vitest';
import { measureRow, spread } from '../../../src/cli/bench/measure.ts';
import { formatRow } from '../../../src/cli/bench/print.ts';
import type { Goal, Row, Sample } from '../../../src/cli/bench/row.ts';

const never = () => {
  throw new Error('a mechanism runs in a process of its own');
};

function rowOf(goals: readonly Goal[] = []): Row {
  return { title: 'a race', unit: ['lap', 'laps'], mechanisms: { tortoise: never, hare: never }, goals };
}

/** A sampler that gives the prepared samples of each mechanism in turn, and notes the order in which it was asked. */
function prepared(samples: Readonly<Record<string, readonly Sample[]>>) {
  const asked: string[] = [];
  const left = new Map(Object.entries(samples).map(([name, list]) => [name, [...list]]));
  const sampler = async (name: string) => {
    asked.push(name);
    return left.get(name)!.shift()!;
  };
  return { asked, sampler };
}

describe('measureRow', () => {
  const tortoise: Sample[] = [
    { amount: 10, ms: 1_000 },
    { amount: 10, ms: 2_000 },
    { amount: 10, ms: 1_000 },
  ];
  const hare: Sample[] = [
    { amount: 10, ms: 250 },
    { amount: 10, ms: 250, note: 'slept' },
    { amount: 10, ms: 200, note: 'slept' },
  ];

  it('interleaves the mechanisms and rotates who comes first', async () => {
    const { asked, sampler } = prepared({ tortoise, hare });
    await measureRow(rowOf(), 3, sampler);
    expect(asked).toEqual(['tortoise', 'hare', 'hare', 'tortoise', 'tortoise', 'hare']);
  });

  it('compares round by round, so that a disturbed round does not count', async () => {
    const { mechanisms } = await measureRow(rowOf(), 3, prepared({ tortoise, hare }).sampler);
    expect(mechanisms).toEqual([
      {
        mechanism: 'tortoise',
        perSecond: { median: 10, min: 5, max: 10 },
        ratio: { median: 1, min: 1, max: 1 },
        notes: [],
      },
      {
        mechanism: 'hare',
        perSecond: { median: 40, min: 40, max: 50 },
        ratio: { median: 5, min: 4, max: 8 },
        notes: ['slept'],
      },
    ]);
  });

  it('says which goals were reached', async () => {
    const goals: Goal[] = [
      { kind: 'faster', mechanism: 'hare', factor: 5, than: 'tortoise' },
      { kind: 'faster', mechanism: 'hare', factor: 5.1, than: 'tortoise' },
      { kind: 'within', mechanism: 'hare', msPerUnit: 25 },
      { kind: 'within', mechanism: 'hare', msPerUnit: 24 },
      { kind: 'rate', mechanism: 'tortoise', perSecond: 10 },
      { kind: 'rate', mechanism: 'tortoise', perSecond: 11 },
    ];
    const result = await measureRow(rowOf(goals), 3, prepared({ tortoise, hare }).sampler);
    expect(result.goals.map(({ value, reached }) => [value, reached])).toEqual([
      [5, true],
      [5, false],
      [25, true],
      [25, false],
      [10, true],
      [10, false],
    ]);
    expect(formatRow(result)).toBe(
      [
        'a race (3 rounds)',
        '  tortoise     10.0 laps/s     1.00x  (   5.00 to    10.0)',
        '  hare         40.0 laps/s     5.00x  (   40.0 to    50.0)',
        '    slept',
        '  goal: hare at least 5x tortoise; 5.00x: reached',
        '  goal: hare at least 5.1x tortoise; 5.00x: MISSED',
        '  goal: hare: at most 25 ms a lap; 25.0 ms: reached',
        '  goal: hare: at most 24 ms a lap; 25.0 ms: MISSED',
        '  goal: tortoise: at least 10.0 laps/s; 10.0: reached',
        '  goal: tortoise: at least 11.0 laps/s; 10.0: MISSED',
      ].join('\n'),
    );
  });

  it('refuses to compare mechanisms that did different work', async () => {
    const cheating = prepared({
      tortoise: [{ amount: 1, ms: 1, proof: 'abc' }],
      hare: [{ amount: 1, ms: 1, proof: 'abd' }],
    });
    await expect(measureRow(rowOf(), 1, cheating.sampler)).rejects.toThrow(
      'a race: the mechanisms did not do the same work: tortoise gave abc, hare gave abd',
    );
  });
});

describe('spread', () => {
  it('takes the middle of an odd number and between the middles of an even one', () => {
    expect(spread([5, 1, 9])).toEqual({ median: 5, min: 1, max: 9 });
    expect(spread([4, 1, 9, 5])).toEqual({ median: 4.5, min: 1, max: 9 });
    expect(() => spread([])).toThrow(/nothing was measured/);
  });
});
