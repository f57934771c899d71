import { type ScenarioLimits, scenarioOfRun } from '../../explore/arbitrary.ts';
import { inMacrotask } from '../../kernel/drain.ts';
import { runScenario } from '../../scenario/run.ts';
import type { Scenario } from '../../scenario/scenario.ts';

/** What design.md 10 calls a small and a big scenario. */
export const SMALL: ScenarioLimits = { pairs: 2, chats: 3, steps: 10, faults: 3, choices: 6 };
export const BIG: ScenarioLimits = { pairs: 4, chats: 8, steps: 40, faults: 10, choices: 6 };

const SEED = 20_240;

/**
 * Scenarios of exactly this size, out of what the generator makes: its own are of any size up to the limits, so several
 * are put together. The same for the same arguments.
 */
export function sizedScenarios(size: ScenarioLimits, count: number): Scenario[] {
  let run = 0;
  const gather = <T>(wanted: number, part: (scenario: Scenario) => readonly T[]): T[] => {
    const parts: T[] = [];
    while (parts.length < wanted) parts.push(...part(scenarioOfRun(SEED, run++, size)));
    return parts.slice(0, wanted);
  };
  const byTime = (left: { readonly at: number }, right: { readonly at: number }) => left.at - right.at;
  return Array.from({ length: count }, () => ({
    format: 1 as const,
    pairs: size.pairs,
    chats: gather(size.chats, ({ chats }) => chats),
    coTenant: run % 2 === 0,
    steps: gather(size.steps, ({ steps }) => steps).sort(byTime),
    faults: gather(size.faults, ({ faults }) => faults).sort(byTime),
    choices: scenarioOfRun(SEED, run++, size).choices,
  }));
}

/** What running scenarios came to; `note` says how many were left out, if any. */
export interface Measured {
  readonly scenarios: number;
  readonly events: number;
  readonly ms: number;
  readonly note?: string;
}

/**
 * Runs them one after another, each in a fresh world. One that breaks a rule ends too early to be compared: it is left
 * out of the sums. Throws when none is left.
 */
export async function runAll(scenarios: readonly Scenario[]): Promise<Measured> {
  let [passed, events, ms] = [0, 0, 0];
  const broken = new Set<string>();
  for (const scenario of scenarios) {
    const start = performance.now();
    const result = await inMacrotask(() => runScenario(scenario));
    const took = performance.now() - start;
    if (result.violation) {
      broken.add(result.violation.rule.id);
      continue;
    }
    passed++;
    events += result.events;
    ms += took;
  }
  if (passed === 0) throw new Error(`all ${scenarios.length} scenarios broke a rule: ${[...broken].join(', ')}`);
  const sums = { scenarios: passed, events, ms };
  const out = scenarios.length - passed;
  return out === 0
    ? sums
    : { ...sums, note: `${out} of ${scenarios.length} left out: they broke ${[...broken].join(', ')}` };
}

/** As in a campaign: one warm process, many different scenarios. */
export async function measureScenarios(size: ScenarioLimits, count: number): Promise<Measured> {
  const scenarios = sizedScenarios(size, count * 2);
  await runAll(scenarios.slice(count));
  return runAll(scenarios.slice(0, count));
}
