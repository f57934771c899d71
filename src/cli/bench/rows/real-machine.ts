import { inMacrotask } from '../../../kernel/drain.ts';
import { runScenario } from '../../../scenario/run.ts';
import { findRequirements } from '../../live/requirements.ts';
import { LIVE_SCENARIO, runLiveScenario } from '../../live/scenario.ts';
import type { Row, Sample } from '../row.ts';

const RUNS = 1_000;

async function real(): Promise<Sample> {
  const found = await findRequirements();
  if (found.kind === 'missing') throw new Error(`needs ${found.reasons.join('; ')}`);
  const { wallMs } = await runLiveScenario(found.tools);
  return { amount: 1, ms: wallMs };
}

async function simulated(): Promise<Sample> {
  const ms = await inMacrotask(() => {
    const start = performance.now();
    for (let run = 0; run < RUNS; run++) {
      const { violation } = runScenario(LIVE_SCENARIO);
      if (violation) throw new Error(`the scenario breaks ${violation.rule.id}`);
    }
    return performance.now() - start;
  });
  return { amount: RUNS, ms };
}

export const row: Row = {
  title:
    'one scenario on the real machine (tmux, codex, claude; its pauses left out) and simulated: 2 pairs, 3 chats, 10 steps',
  unit: ['scenario', 'scenarios'],
  mechanisms: { 'real machine': real, simulated },
  goals: [{ kind: 'faster', mechanism: 'simulated', factor: 1_000, than: 'real machine' }],
  rounds: 3,
  needs: async () => {
    const found = await findRequirements();
    return found.kind === 'missing' ? found.reasons.join('; ') : null;
  },
};
