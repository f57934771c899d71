import type { TraceEntry } from '../kernel/trace.ts';
import type { Destroyed, Sight } from './observer.ts';

/**
 * `relational`: compares runs that differ in one thing. `harness`: the simulation itself could not go on (a fake was asked
 * what it cannot answer, code escaped). Never a pass.
 */
export type RuleKind = 'safety' | 'liveness' | 'relational' | 'harness';

/** A rule over a run. */
export interface Rule {
  /** Stable short name, e.g. `live-session-kept`. */
  readonly id: string;
  readonly kind: RuleKind;
  /** One sentence in domain words. */
  readonly sentence: string;
  /** Where it comes from: fact sheet and row. */
  readonly source: string;
}

/** A broken rule, with its evidence. */
export interface Violation {
  readonly rule: Rule;
  /** Virtual ms since the start of the run. */
  readonly time: number;
  /** `seq` of the last trace entry before the rule was found broken. */
  readonly step: number;
  /** Whom it concerns, e.g. `chat c2`. */
  readonly subject: string;
  readonly expected: string;
  readonly seen: string;
}

/** What came of running one scenario. */
export interface RunResult {
  readonly violation: Violation | null;
  /** Hash over the whole trace: equal for equal scenarios, always. */
  readonly hash: string;
  /** Kernel events run; each is one delivery to the core or to a simulated process. */
  readonly events: number;
  readonly virtualMs: number;
  /** Kinds of faults that acted, sorted. */
  readonly faults: readonly string[];
  /** Faults that were asked for and had nothing to act upon, e.g. `tmux-kill at 300: no server is running`. */
  readonly unfired: readonly string[];
  /** Kept only when asked for. */
  readonly trace: readonly TraceEntry[];
  /** By pair, what its users saw. Kept only when asked for. */
  readonly sights: ReadonlyMap<string, readonly Sight[]>;
  /** What the daemon ended without an answer to its questions, in order. Kept only when asked for. */
  readonly destroyed: readonly Destroyed[];
  /** Chats that the daemon ended, in order. Kept only when asked for. */
  readonly givenUp: readonly Destroyed[];
  /**
   * How far each daemon got, in order: when it had `restored` and when each pair was live first; virtual ms. Kept only
   * when asked for.
   */
  readonly daemons: readonly ReadonlyMap<string, number>[];
}
