import { describe, expect, it } from 'vitest';
import { loadCanaries, withCanaryCore } from '../../src/explore/canaries.ts';
import { inMacrotask } from '../../src/kernel/drain.ts';
import { judgeScenario, RELATIONS } from '../../src/scenario/relations/judge.ts';
import { runScenario } from '../../src/scenario/run.ts';
import type { Fault, Scenario } from '../../src/scenario/scenario.ts';

const LOST: Fault = { at: 500, kind: 'app-server-exit', how: 'SIGKILL', pair: 1 };

const TWO_PAIRS: Scenario = {
  format: 1,
  pairs: 2,
  chats: [
    { provider: 'codex', pair: 0 },
    { provider: 'codex', pair: 1 },
  ],
  coTenant: false,
  steps: [
    { at: 0, do: 'attach', chat: 0 },
    { at: 0, do: 'message', chat: 0, prompt: 'story' },
    { at: 0, do: 'message', chat: 1, prompt: 'story' },
  ],
  faults: [LOST],
  choices: [],
};

describe('relational rules', () => {
  it('hold for the core as it is', async () => {
    const { violation } = await inMacrotask(() => judgeScenario(TWO_PAIRS));
    expect(violation).toBeNull();
  });

  it('see what no rule over one run sees, and say whom it reached', async () => {
    const canary = (await loadCanaries()).find(({ id }) => id === 'loss-is-told-to-everyone')!;
    await withCanaryCore(canary, async (core) => {
      const [alone, compared] = await inMacrotask(() => [
        runScenario(TWO_PAIRS, { core }).violation,
        judgeScenario(TWO_PAIRS, { core }).violation,
      ]);
      expect(alone).toBeNull();
      expect(compared).toMatchObject({
        rule: { id: 'trouble-stays-at-home', kind: 'relational' },
        subject: 'pair p1, beside the trouble of p2',
        seen: expect.stringContaining('c1 notice app-server-lost'),
      });
    });
  });

  it('are left out when they are not asked', async () => {
    expect(RELATIONS.map(({ rule }) => rule.kind)).toEqual(['relational', 'relational']);
    const { violation } = await inMacrotask(() => judgeScenario(TWO_PAIRS, { relations: [] }));
    expect(violation).toBeNull();
  });
});

describe('a blind run', () => {
  it('answers no question about terminals until the faults cease, and makes the terminal then', async () => {
    const scenario = { ...TWO_PAIRS, faults: [] };
    const result = await inMacrotask(() => runScenario(scenario, { blind: true, keepTrace: true }));
    expect(result.violation).toBeNull();
    const probes = result.trace.filter(({ type }) => type === 'log terminal.probe').map(({ detail }) => detail);
    expect(probes[0]).toMatch(/^c1 unknown /);
  });
});
