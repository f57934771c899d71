import { grownScenario } from '../grown-scenarios.ts';
import type { Row, Sample } from '../row.ts';
import { runAll } from '../sized-scenarios.ts';

const WARM_UP = 3;

/** The same number of pairs in all for each mechanism, so that they take about as long. */
async function measure(pairs: number): Promise<Sample> {
  const count = Math.max(2, Math.round(128 / pairs));
  await runAll(Array.from({ length: WARM_UP }, (_, number) => grownScenario(Math.min(pairs, 16), 1_000 + number)));
  const { scenarios, ms, note } = await runAll(
    Array.from({ length: count }, (_, number) => grownScenario(pairs, number)),
  );
  const peakMb = Math.round(process.resourceUsage().maxRSS / 1024 / 10) * 10;
  const memory = `${pairs} pairs: peak memory of the process about ${peakMb} MB`;
  return { amount: scenarios, ms, note: note ? `${memory}; ${note}` : memory };
}

export const row: Row = {
  title: 'cost against the number of pairs: two chats, five steps and one fault for each pair',
  unit: ['scenario', 'scenarios'],
  mechanisms: {
    '4 pairs': () => measure(4),
    '1 pair': () => measure(1),
    '16 pairs': () => measure(16),
    '64 pairs': () => measure(64),
  },
  // 64 pairs cost at most 20 times what 4 pairs do.
  goals: [{ kind: 'faster', mechanism: '64 pairs', factor: 1 / 20, than: '4 pairs' }],
  rounds: 3,
};
