/**
 * Recordings and scenarios in a vitest suite. `withTranscripts` gives tests in which a program talks to the recorded codex and claude.
 * Importing this module also adds two matchers:
 *
 *     await expect(scenario).toKeepEveryRule();
 *     await expect(scenario).toBreakRule('live-sessions-are-kept', { core });
 *
 * A failed assertion says what the command line says: the rule, the run in words, its timeline, expected and seen.
 */
import { expect } from 'vitest';
import { inMacrotask } from '../kernel/drain.ts';
import { failureText } from '../report/text.ts';
import { judgeScenario } from '../scenario/relations/judge.ts';
import { type RunOptions, SET_UP_MS } from '../scenario/run.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { RunResult } from '../scenario/verdict.ts';
import { EXTRA_MS } from '../world/latency.ts';

export { type Shims, type TranscriptOptions, withTranscripts } from './transcripts.ts';

/** How a scenario is run; the trace is always kept. */
export type MatcherOptions = Omit<RunOptions, 'keepTrace'>;

interface ScenarioMatchers<R> {
  /** Runs the scenario twice: both runs must break no rule and have the same trace hash. */
  toKeepEveryRule(options?: MatcherOptions): Promise<R>;
  /** Runs the scenario: the first rule that it breaks must be this one. */
  toBreakRule(ruleId: string, options?: MatcherOptions): Promise<R>;
}

declare module 'vitest' {
  // The parameter must be spelled as vitest spells it.
  interface Matchers<T> extends ScenarioMatchers<T> {}
}

expect.extend({
  async toKeepEveryRule(scenario: Scenario, options: MatcherOptions = {}) {
    const [first, second] = await inMacrotask(() => [run(scenario, options), run(scenario, options)] as const);
    const same = first.hash === second.hash;
    return {
      pass: first.violation === null && same,
      message: () => {
        if (!same) return `the same scenario gave two different runs: trace hashes ${first.hash} and ${second.hash}`;
        return first.violation === null ? 'the scenario breaks no rule, but was expected to' : report(scenario, first);
      },
    };
  },

  async toBreakRule(scenario: Scenario, ruleId: string, options: MatcherOptions = {}) {
    const result = await inMacrotask(() => run(scenario, options));
    const broken = result.violation?.rule.id ?? null;
    return {
      pass: broken === ruleId,
      message: () => {
        if (broken === ruleId) return report(scenario, result);
        if (broken === null) return `the scenario was expected to break ${ruleId}, but breaks no rule`;
        return `the scenario was expected to break ${ruleId}:\n${report(scenario, result)}`;
      },
    };
  },
});

function run(scenario: Scenario, options: MatcherOptions): RunResult {
  return judgeScenario(scenario, { ...options, keepTrace: true });
}

function report(scenario: Scenario, result: RunResult): string {
  return failureText({
    scenario,
    result,
    violation: result.violation!,
    originMs: SET_UP_MS,
    delaysMs: EXTRA_MS,
    command: 'npx vitest run (this test), or save the scenario and: reprise repro FILE',
    replays: 0,
    found: null,
    canary: null,
  });
}
