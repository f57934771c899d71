import type { Scenario } from '../scenario/scenario.ts';
import type { RunResult, Violation } from '../scenario/verdict.ts';

/** Everything that a report about one run says. */
export interface ReportedRun {
  /** What was run: of a failure, the smallest scenario known that breaks the rule. */
  readonly scenario: Scenario;
  /** Its result, with its whole trace. */
  readonly result: RunResult;
  /** Virtual ms at which the set-up is over and the scenario's own time begins. */
  readonly originMs: number;
  /** What the values of `delay` choices add to a latency. */
  readonly delaysMs: readonly number[];
  /** One command line that runs it again. */
  readonly command: string;
  /** It was run again that often, each time with the same hash and the same outcome. */
  readonly replays: number;
  /** How it was found; null when it was given. */
  readonly found: HowFound | null;
  /** The known bug that was put into the core for this run, or null for the core as it is. */
  readonly canary: { readonly id: string; readonly title: string; readonly source: string } | null;
}

/** A run that broke a rule. */
export interface Failure extends ReportedRun {
  readonly violation: Violation;
}

export interface HowFound {
  readonly seed: number;
  /** Runs until the first failure, that one included. */
  readonly runs: number;
  readonly shrinkRuns: number;
  /** Steps, faults and choices of the scenario as it was generated. */
  readonly generatedSize: number;
}
