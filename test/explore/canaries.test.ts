import { describe, expect, it } from 'vitest';
import { loadCanaries, runCanary, withCanaryCore } from '../../src/explore/canaries.ts';
import { CANARY_SEED, rememberedRuns } from '../../src/explore/canary-runs.ts';
import { scenarioSize } from '../../src/scenario/scenario.ts';
import '../../src/vitest/index.ts';

/** Steps, faults and choices that may be left of a scenario that finds a known bug. */
const MOST = 6;
const canaries = await loadCanaries();
const remembered = rememberedRuns();

/**
 * A check that cannot find the bugs it was made for is none. Where a bug was last found is tried first; if it is not there
 * any more, all runs of the budget are.
 */
describe('exploration', () => {
  it.each(canaries.map((canary) => [canary.id, canary] as const))('finds %s', async (id, canary) => {
    const tryFirst = remembered.get(id);
    const search = { runs: 5_000, seed: CANARY_SEED, ...(tryFirst !== undefined && { tryFirst }) };
    const { found, byItsRule, finding } = await runCanary(canary, search);
    expect({ found, byItsRule, rule: finding?.violation.rule.id }).toMatchObject({ found: true, byItsRule: true });
    expect(finding!.replays).toBe(3);
    expect(scenarioSize(finding!.shrunk)).toBeLessThanOrEqual(MOST);
    await withCanaryCore(canary, (core) => expect(finding!.shrunk).toBreakRule(finding!.violation.rule.id, { core }));
    // What is left is to blame the bug, not the core.
    await expect(finding!.shrunk).toKeepEveryRule();
  });
});
