/**
 * What a step, a fault or a chat of a scenario consists of, as data. Each kind is declared once, in a file of this folder
 * named after its topic; its TypeScript type, the check of edited files, generation, shrinking and its words for people
 * all come from that declaration. What a kind *does* is in `../steps` and `../faults`.
 */
export type Field =
  /** One of a few values, simplest first. */
  | { readonly type: 'choice'; readonly values: readonly (string | number | boolean)[] }
  /** Any number of virtual ms; generated from `usual`, smallest first. */
  | { readonly type: 'ms'; readonly usual: readonly number[] }
  /** A whole number. */
  | { readonly type: 'count'; readonly min: number; readonly max: number }
  /** Index of a chat or pair, modulo their number. The field must be called `chat` or `pair`. */
  | { readonly type: 'index'; readonly of: 'chat' | 'pair' };

export type Fields = Readonly<Record<string, Field>>;

type ValueOf<F extends Field> = F extends { readonly type: 'choice'; readonly values: readonly (infer T)[] }
  ? T
  : number;

/** The values of these fields, e.g. `{ forMs: number }`. */
export type ValuesOf<F extends Fields> = { readonly [Name in keyof F]: ValueOf<F[Name]> };

/** The names and phrases that sentences are made of. */
export interface Phrases {
  /** `1.2 s` */
  ms(value: number): string;
  /** `3rd` */
  ordinal(value: number): string;
  /** `c1` */
  chat(index: number): string;
  /** `p1` */
  pair(index: number): string;
}

export interface Kind<F extends Fields = Fields> {
  readonly fields: F;
  /** What happens, without the time, e.g. `the tmux server stops answering for 4 s`. */
  // A method, so that kinds with different fields can stand in one list.
  words(values: ValuesOf<F>, say: Phrases): string;
  /** How often it is generated, compared with others. Default 1. */
  readonly weight?: number;
  /** It waits for something else than a time: its `at` is always 0. */
  readonly armed?: true;
  /** It happens to everybody, although it names a chat or a pair. */
  readonly everybody?: true;
}

export type Kinds = Readonly<Record<string, Kind>>;

/** A step or a fault: one of `Kinds`, named by `Tag`. */
export type ItemOf<Tag extends string, Of extends Record<string, { readonly fields: Fields }>> = {
  readonly [Name in keyof Of & string]: { readonly at: number } & { readonly [T in Tag]: Name } & ValuesOf<
      Of[Name]['fields']
    >;
}[keyof Of & string];

/** Declares a kind; infers the types of its values. */
export function kind<const F extends Fields>(
  fields: F,
  words: (values: ValuesOf<F>, say: Phrases) => string,
  more: { readonly weight?: number; readonly armed?: true; readonly everybody?: true } = {},
): Kind<F> {
  return { fields, words, ...more };
}

/** One of these values, simplest first. */
export function oneOf<const T extends string | number | boolean>(...values: readonly T[]) {
  return { type: 'choice', values } as const;
}

/** Virtual ms; `usual` are those that are generated, smallest first. */
export function ms(...usual: readonly number[]) {
  return { type: 'ms', usual } as const;
}

export function count(min: number, max: number) {
  return { type: 'count', min, max } as const;
}

export const CHAT = { type: 'index', of: 'chat' } as const;
export const PAIR = { type: 'index', of: 'pair' } as const;

/** How long a trouble lasts: shorter and longer than the time-outs of the core. */
export const LASTING = ms(200, 2_000, 4_000, 12_000, 40_000);
