import { describe, expect, it } from 'vitest';
import { explore } from '../../src/explore/campaign.ts';
import { loadCanaries, runCanary, withCanaryCore } from '../../src/explore/canaries.ts';
import { scenarioSize } from '../../src/scenario/scenario.ts';
import '../../src/vitest/index.ts';

const BUDGET = { runs: 1_000, seed: 1 };
const canaries = await loadCanaries();

/** A check that cannot find the bugs it was made for is none. */
describe('exploration', () => {
  it.each(canaries.map((canary) => [canary.id, canary] as const))('finds %s', async (_id, canary) => {
    const { found, byItsRule, finding } = await runCanary(canary, BUDGET.runs, BUDGET.seed);
    expect({ found, byItsRule, rule: finding?.violation.rule.id }).toMatchObject({ found: true, byItsRule: true });
    expect(finding!.replays).toBe(3);
    expect(scenarioSize(finding!.shrunk)).toBeLessThanOrEqual(5);
    await withCanaryCore(canary, (core) => expect(finding!.shrunk).toBreakRule(finding!.violation.rule.id, { core }));
    // What is left is to blame the bug, not the core.
    await expect(finding!.shrunk).toKeepEveryRule();
  });

  it('finds nothing in the core as it is, within the same budget', async () => {
    const { finding, runs, faults } = await explore(BUDGET);
    expect(finding?.violation ?? null).toBeNull();
    expect(runs).toBe(BUDGET.runs);
    expect(Object.values(faults).every((count) => count > 0)).toBe(true);
    expect(Object.keys(faults)).toHaveLength(9);
  });
});
