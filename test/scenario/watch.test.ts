import { describe, expect, it } from 'vitest';
import { scenarioOfRun } from '../../src/explore/arbitrary.ts';
import { loadCanaries, withCanaryCore } from '../../src/explore/canaries.ts';
import { CANARY_SEED, rememberedRuns } from '../../src/explore/canary-runs.ts';
import { inMacrotask } from '../../src/kernel/drain.ts';
import type { CoreModule } from '../../src/scenario/core-module.ts';
import { runScenario } from '../../src/scenario/run.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';

/** Verdicts with each rule asked when what it watches has changed, and after every step. */
async function verdicts(scenario: Scenario, core?: CoreModule) {
  const options = core ? { core } : {};
  const run = (always: boolean) => inMacrotask(() => runScenario(scenario, { ...options, always }));
  return [(await run(false)).violation, (await run(true)).violation];
}

describe('rules that are asked only after steps that may have changed what they watch', () => {
  it('find nothing else in the core as it is', async () => {
    for (let run = 0; run < 80; run++) {
      const [watched, always] = await verdicts(scenarioOfRun(CANARY_SEED, run));
      expect(watched).toEqual(always);
    }
  });

  it('find known bugs at the same step', { timeout: 120_000 }, async () => {
    const runs = rememberedRuns();
    const safety = new Set<string>();
    for (const [index, canary] of (await loadCanaries()).entries()) {
      // Making a core for each of them is what takes the time.
      if (index % 4 !== 0) continue;
      const scenario = scenarioOfRun(CANARY_SEED, runs.get(canary.id)! - 1);
      const [watched, always] = await withCanaryCore(canary, (core) => verdicts(scenario, core));
      expect(watched).toEqual(always);
      if (watched?.rule.kind === 'safety') safety.add(watched.rule.id);
    }
    expect(safety.size).toBeGreaterThan(10);
  });
});
