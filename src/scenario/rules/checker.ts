import type { Simulation } from '../simulation.ts';
import type { Rule } from '../verdict.ts';

/** Evidence against a rule. */
export interface Broken {
  readonly subject: string;
  readonly expected: string;
  readonly seen: string;
}

/** Watches one rule during one run. Made anew for each run. */
export interface Checker {
  readonly rule: Rule;
  /** Safety rules: asked after every step. Liveness rules: asked after healing, until they hold or time is up. */
  check(simulation: Simulation): Broken | null;
}
