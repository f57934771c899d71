/**
 * The one list from which a run draws everything that could have gone otherwise. A choice is a natural number whose
 * neutral value is 0 ("first come, first served", "the usual delay"); a list holds only the others, each addressed by
 * its kind and by how many choices of that kind came before it. An empty list is the calm run; deleting an entry makes
 * a run calmer, which is what shrinking does.
 */

/** `pick` orders events due at the same instant; `delay` stretches or shortens a latency. */
export type ChoiceKind = 'pick' | 'delay';

/** [kind, how many choices of this kind came before, value ≥ 1] */
export type Choice = readonly [kind: ChoiceKind, ordinal: number, value: number];

/** Where a run's choices come from. */
export interface ChoiceSource {
  /** The next choice of this kind: a natural number; the asker reduces it modulo what it can do. */
  next(kind: ChoiceKind): number;
}

/** Replays a recorded list; whatever it does not mention is 0. */
export class ChoiceList implements ChoiceSource {
  readonly #values: Record<ChoiceKind, Map<number, number>> = { pick: new Map(), delay: new Map() };
  readonly #asked: Record<ChoiceKind, number> = { pick: 0, delay: 0 };

  /** Throws RangeError for an entry that cannot be replayed: unknown kind, not a natural number, same place twice. */
  constructor(choices: readonly Choice[]) {
    for (const [index, [kind, ordinal, value]] of choices.entries()) {
      const values = Object.hasOwn(this.#values, kind) ? this.#values[kind] : undefined;
      const complaint = (what: string) => new RangeError(`choice ${index} (${kind} ${ordinal} = ${value}): ${what}`);
      if (!values) throw complaint('unknown kind');
      if (!Number.isSafeInteger(ordinal) || ordinal < 0) throw complaint('the ordinal must be 0 or more');
      if (!Number.isSafeInteger(value) || value < 1) throw complaint('the value must be 1 or more');
      if (values.has(ordinal)) throw complaint('this place is taken by an earlier entry');
      values.set(ordinal, value);
    }
  }

  next(kind: ChoiceKind): number {
    return this.#values[kind].get(this.#asked[kind]++) ?? 0;
  }

  /** How many choices of each kind the run has asked for so far. */
  get asked(): Readonly<Record<ChoiceKind, number>> {
    return this.#asked;
  }
}
