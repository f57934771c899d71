import type { Simulation } from '../simulation.ts';
import type { Rule } from '../verdict.ts';
import type { CHANGES } from './watch.ts';

/** Evidence against a rule. */
export interface Broken {
  readonly subject: string;
  readonly expected: string;
  readonly seen: string;
}

/** What a verdict may depend on; see `watch.ts`. */
export type Source = keyof typeof CHANGES;

/** Watches one rule during one run. Made anew for each run. */
export interface Checker {
  readonly rule: Rule;
  /**
   * Of a safety rule: asked only after steps that may have changed one of these. Default: after every step, as it must be
   * for a rule that looks at the time.
   */
  readonly watches?: readonly Source[];
  /** Liveness rules: asked after healing, until they hold or time is up. */
  check(simulation: Simulation): Broken | null;
}

/** The first of these rules that is broken, and how. */
export function firstBroken(checkers: readonly Checker[], simulation: Simulation): [Rule, Broken] | null {
  for (const checker of checkers) {
    const broken = checker.check(simulation);
    if (broken) return [checker.rule, broken];
  }
  return null;
}
