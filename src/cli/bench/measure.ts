import type { Goal, Row, Sample, Unit } from './row.ts';

/** Middle, least and greatest of several measurements. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface MechanismResult {
  readonly mechanism: string;
  /** Units of work per second. */
  readonly perSecond: Spread;
  /** How many times as fast as the baseline, compared round by round: disturbances of the machine hit both. */
  readonly ratio: Spread;
  /** What the measurements said about themselves, without repetitions. */
  readonly notes: readonly string[];
}

export interface GoalResult {
  readonly goal: Goal;
  /** What was reached, in the terms of the goal: a factor, ms a unit, units a second. */
  readonly value: number;
  readonly reached: boolean;
}

export interface RowResult {
  readonly title: string;
  readonly unit: Unit;
  readonly rounds: number;
  readonly mechanisms: readonly MechanismResult[];
  readonly goals: readonly GoalResult[];
}

/** Makes one measurement, in a process of its own. */
export type Sampler = (mechanism: string) => Promise<Sample>;

/**
 * Measures the mechanisms of a row side by side: in each round each of them once, in an order that rotates, so that none
 * always comes first. Throws when two of them did not do the same work.
 */
export async function measureRow(row: Row, rounds: number, sampler: Sampler): Promise<RowResult> {
  const names = Object.keys(row.mechanisms);
  const samples = new Map<string, Sample[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let at = 0; at < names.length; at++) {
      const name = names[(at + round) % names.length]!;
      samples.get(name)!.push(await sampler(name));
    }
  }
  requireSameWork(row, samples);
  const rates = new Map([...samples].map(([name, list]) => [name, list.map(({ amount, ms }) => (amount / ms) * 1000)]));
  const ratios = (name: string, than: string) => rates.get(name)!.map((rate, round) => rate / rates.get(than)![round]!);
  return {
    title: row.title,
    unit: row.unit,
    rounds,
    mechanisms: names.map((name) => ({
      mechanism: name,
      perSecond: spread(rates.get(name)!),
      ratio: spread(ratios(name, names[0]!)),
      notes: [...new Set(samples.get(name)!.flatMap(({ note }) => note ?? []))],
    })),
    goals: row.goals.map((goal) => {
      if (goal.kind === 'faster') {
        const value = spread(ratios(goal.mechanism, goal.than)).median;
        return { goal, value, reached: value >= goal.factor };
      }
      const perSecond = spread(rates.get(goal.mechanism)!).median;
      if (goal.kind === 'rate') return { goal, value: perSecond, reached: perSecond >= goal.perSecond };
      return { goal, value: 1000 / perSecond, reached: 1000 / perSecond <= goal.msPerUnit };
    }),
  };
}

/** Throws on an empty list. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('nothing was measured');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

function requireSameWork(row: Row, samples: ReadonlyMap<string, readonly Sample[]>): void {
  let first: { readonly name: string; readonly proof: string } | undefined;
  for (const [name, list] of samples) {
    for (const { proof } of list) {
      if (proof === undefined) continue;
      first ??= { name, proof };
      if (proof !== first.proof) {
        const what = `${first.name} gave ${first.proof}, ${name} gave ${proof}`;
        throw new Error(`${row.title}: the mechanisms did not do the same work: ${what}`);
      }
    }
  }
}
