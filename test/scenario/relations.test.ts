import { describe, expect, it } from 'vitest';
import { loadCanaries, withCanaryCore } from '../../src/explore/canaries.ts';
import { inMacrotask } from '../../src/kernel/drain.ts';
import { judgeScenario, RELATIONS } from '../../src/scenario/relations/judge.ts';
import { runScenario } from '../../src/scenario/run.ts';
import type { Fault, Scenario } from '../../src/scenario/scenario.ts';

const STORM: Fault = { at: 0, kind: 'app-server-storm', pair: 0, lifeMs: 0, forMs: 200 };
const LONGER_STORM: Fault = { at: 0, kind: 'app-server-storm', pair: 1, lifeMs: 200, forMs: 2_000 };

const TWO_STORMS: Scenario = {
  format: 1,
  pairs: 2,
  chats: [{ provider: 'codex', pair: 1 }],
  coTenant: false,
  steps: [],
  faults: [STORM, LONGER_STORM],
  choices: [],
};

describe('relational rules', () => {
  it('hold for the core as it is', async () => {
    const { violation } = await inMacrotask(() => judgeScenario(TWO_STORMS));
    expect(violation).toBeNull();
  });

  it('see what no rule over one run sees, and say whom it reached', async () => {
    const canary = (await loadCanaries()).find(({ id }) => id === 'pause-shared-by-all-pairs')!;
    await withCanaryCore(canary, async (core) => {
      const [alone, compared] = await inMacrotask(() => [
        runScenario(TWO_STORMS, { core }).violation,
        judgeScenario(TWO_STORMS, { core }).violation,
      ]);
      expect(alone).toBeNull();
      expect(compared).toMatchObject({
        rule: { id: 'trouble-stays-at-home', kind: 'relational' },
        subject: 'pair p2, beside the trouble of p1',
        expected: expect.stringMatching(/^as without it: app-server /),
      });
    });
  });

  it('are left out when they are not asked', async () => {
    expect(RELATIONS.map(({ rule }) => rule.kind)).toEqual(['relational', 'relational', 'relational']);
    const { violation } = await inMacrotask(() => judgeScenario(TWO_STORMS, { relations: [] }));
    expect(violation).toBeNull();
  });
});

describe('a blind run', () => {
  it('answers no question about terminals until the faults cease, and makes the terminal then', async () => {
    const scenario: Scenario = {
      ...TWO_STORMS,
      steps: [
        { at: 0, do: 'attach', chat: 0 },
        { at: 2_000, do: 'message', chat: 0, prompt: 'story' },
      ],
      faults: [],
    };
    const result = await inMacrotask(() => runScenario(scenario, { blind: true, keepTrace: true }));
    expect(result.violation).toBeNull();
    const probes = result.trace.filter(({ type }) => type === 'log terminal.probe').map(({ detail }) => detail);
    expect(probes[0]).toMatch(/^c1 unknown /);
  });
});
