import type { Scenario } from '../scenario/scenario.ts';
import type { RunResult, Violation } from '../scenario/verdict.ts';

/** A failing run and what became of it. */
export interface Finding {
  readonly violation: Violation;
  /** As generated. */
  readonly scenario: Scenario;
  /** As small as it got while breaking the same rule. */
  readonly shrunk: Scenario;
  /** Result of the shrunk scenario, with its trace. */
  readonly result: RunResult;
  /** Runs until the first failure, this one included. */
  readonly runs: number;
  /** Runs spent on shrinking. */
  readonly shrinkRuns: number;
  /** The shrunk scenario was run again and gave the same hash and the same violation, this many times out of as many. */
  readonly replays: number;
}

export interface CampaignReport {
  readonly seed: number;
  readonly runs: number;
  readonly events: number;
  readonly virtualMs: number;
  /** Scenarios in which each kind of fault acted. */
  readonly faults: Readonly<Record<string, number>>;
  readonly finding: Finding | null;
}

/** A known bug: an edit of the real core that exploration must find. */
export interface Canary {
  readonly id: string;
  readonly title: string;
  /** Fact sheet and row, or incident. */
  readonly source: string;
  /** Rules any of which may catch it; the first is the one meant for it. */
  readonly rules: readonly string[];
  readonly edits: readonly CanaryEdit[];
}

export interface CanaryEdit {
  /** Relative to `src/core`. */
  readonly file: string;
  /** Must occur exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

export interface CanaryReport {
  readonly canary: Canary;
  readonly found: boolean;
  /** Found, and by a rule that is meant to. */
  readonly byItsRule: boolean;
  /** Runs until found, or the whole budget. */
  readonly runs: number;
  readonly finding: Finding | null;
}

/** A file that replays one finding: `reprise repro FILE`. */
export interface ReproFile {
  readonly format: 1;
  readonly reprise: string;
  /** Rule expected to break, or null for a scenario that is expected to pass. */
  readonly rule: string | null;
  /** Canary whose edit is applied, or null for the core as it is. */
  readonly canary: string | null;
  /** Trace hash when the file was written; null when it is not to be compared. */
  readonly hash: string | null;
  readonly scenario: Scenario;
}
