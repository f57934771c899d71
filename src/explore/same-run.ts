import { describeDivergence, firstDivergence } from '../kernel/divergence.ts';
import type { CoreModule } from '../scenario/core-module.ts';
import { runScenario } from '../scenario/run.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Rule, RunResult } from '../scenario/verdict.ts';
import type { Finding } from './types.ts';

/** One run in so many is made twice, by its number: enough to notice a leak, cheap enough to do always. */
export const TWICE_EVERY = 20;

export const SAME_SCENARIO_SAME_RUN: Rule = {
  id: 'same-scenario-same-run',
  kind: 'harness',
  sentence: 'The same scenario gives the same run, whatever was run before it in the process.',
  source: 'design.md 3 (a run is a function of scenario and choices)',
};

/**
 * Runs a scenario that gave `result` again. Null when the hashes are equal; otherwise the finding, which cannot be shrunk:
 * nothing about it can be relied upon but the first entry in which two runs differ. Call it from a macrotask.
 */
export function checkSameRun(scenario: Scenario, result: RunResult, core: CoreModule, runs: number): Finding | null {
  const again = runScenario(scenario, { core });
  if (again.hash === result.hash) return null;
  const [first, second] = [0, 1].map(() => runScenario(scenario, { core, keepTrace: true })) as [RunResult, RunResult];
  const divergence = firstDivergence(first.trace, second.trace);
  const violation = {
    rule: SAME_SCENARIO_SAME_RUN,
    time: divergence?.before?.time ?? 0,
    step: divergence?.before?.seq ?? 0,
    subject: divergence?.first?.actor ?? 'the run',
    expected: `trace hash ${result.hash} again`,
    seen: divergence
      ? describeDivergence(divergence)
      : `trace hash ${again.hash}, and the same run when tried once more`,
  };
  return {
    violation,
    scenario,
    shrunk: scenario,
    result: { ...first, violation },
    runs,
    shrinkRuns: 0,
    replays: 0,
  };
}
