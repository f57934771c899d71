import type { ScenarioLimits } from '../../../explore/arbitrary.ts';
import type { Row, Sample } from '../row.ts';
import { BIG, measureScenarios, SMALL } from '../sized-scenarios.ts';

async function measure(size: ScenarioLimits, count: number): Promise<Sample> {
  const { scenarios, ms, note } = await measureScenarios(size, count);
  return { amount: scenarios, ms, ...(note && { note }) };
}

export const row: Row = {
  title:
    'whole scenarios, each in a fresh world: 2 pairs, 3 chats, 10 steps, 3 faults; 4 pairs, 8 chats, 40 steps, 10 faults',
  unit: ['scenario', 'scenarios'],
  mechanisms: { small: () => measure(SMALL, 300), big: () => measure(BIG, 60) },
  goals: [
    { kind: 'within', mechanism: 'small', msPerUnit: 2 },
    { kind: 'within', mechanism: 'big', msPerUnit: 20 },
  ],
};
