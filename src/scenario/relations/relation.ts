import type { RunOptions } from '../run.ts';
import type { Scenario } from '../scenario.ts';
import type { Rule, Violation } from '../verdict.ts';

/** A rule over two runs that differ in one thing. */
export interface Relation {
  readonly rule: Rule;
  /** Runs what has to be compared. Null when the rule holds, or says nothing about this scenario. */
  check(scenario: Scenario, options: Pick<RunOptions, 'core' | 'model'>): Violation | null;
}
