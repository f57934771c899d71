/**
 * What a benchmark is. Each file in `rows/` exports one {@link Row} named `row`; adding a benchmark is adding a file there.
 */

/** One measurement, made in a process of its own. */
export interface Sample {
  /** How many units of work were done. */
  readonly amount: number;
  /** In this many ms. */
  readonly ms: number;
  /** A digest of what was done, where it must be the same for all mechanisms of the row. */
  readonly proof?: string;
  /** What a reader of the result must know. */
  readonly note?: string;
}

/** One way of doing the work of a row. Called in a fresh process, once; it warms up by itself. */
export type Mechanism = () => Sample | Promise<Sample>;

/** What design.md 10 asks for. */
export type Goal =
  /** `mechanism` is at least `factor` times as fast as `than`. */
  | { readonly kind: 'faster'; readonly mechanism: string; readonly factor: number; readonly than: string }
  /** One unit takes at most so long. */
  | { readonly kind: 'within'; readonly mechanism: string; readonly msPerUnit: number }
  /** At least so many units a second. */
  | { readonly kind: 'rate'; readonly mechanism: string; readonly perSecond: number };

/** Name of one unit of work, and of several. */
export type Unit = readonly [one: string, many: string];

export interface Row {
  readonly title: string;
  readonly unit: Unit;
  /** By name; the first one is the baseline against which the others are compared. */
  readonly mechanisms: Readonly<Record<string, Mechanism>>;
  readonly goals: readonly Goal[];
  /** Rounds unless the command line says otherwise. Default 5. */
  readonly rounds?: number;
  /** What is missing to measure it at all, or null; without it, nothing is. */
  readonly needs?: () => Promise<string | null>;
}
