import type { ScenarioLimits } from '../../../explore/arbitrary.ts';
import type { Row, Sample } from '../row.ts';
import { BIG, measureScenarios, SMALL } from '../sized-scenarios.ts';

async function measure(size: ScenarioLimits, count: number): Promise<Sample> {
  const { events, ms, note } = await measureScenarios(size, count);
  return { amount: events, ms, ...(note && { note }) };
}

export const row: Row = {
  title: 'port events of the whole simulation: core, world, SQLite and invariants; small and big scenarios',
  unit: ['event', 'events'],
  mechanisms: { small: () => measure(SMALL, 300), big: () => measure(BIG, 60) },
  goals: [{ kind: 'rate', mechanism: 'big', perSecond: 100_000 }],
};
