import { scenarioOfRun } from '../../../explore/arbitrary.ts';
import { makeFinding } from '../../../explore/campaign.ts';
import { loadCanaries, withCanaryCore } from '../../../explore/canaries.ts';
import { inMacrotask } from '../../../kernel/drain.ts';
import type { CoreModule } from '../../../scenario/core-module.ts';
import { runScenario } from '../../../scenario/run.ts';
import { scenarioSize } from '../../../scenario/scenario.ts';
import type { Row, Sample } from '../row.ts';

/** Known bugs that are not found within so many runs are left out: finding is not what is measured. */
const RUNS = 200;
const SEED = 1;
/** "Minimal" in design.md 10: at most so many decisions that matter. */
const MINIMAL = 5;

interface Shrunk {
  readonly ms: number;
  readonly size: number;
}

function shrinkFirstFailure(core: CoreModule): Shrunk | null {
  for (let run = 0; run < RUNS; run++) {
    const scenario = scenarioOfRun(SEED, run);
    const result = runScenario(scenario, { core });
    if (!result.violation) continue;
    const start = performance.now();
    const { shrunk } = makeFinding(scenario, result, core, run + 1);
    return { ms: performance.now() - start, size: scenarioSize(shrunk) };
  }
  return null;
}

async function failures(): Promise<Sample> {
  const all: Shrunk[] = [];
  for (const canary of await loadCanaries()) {
    const shrunk = await withCanaryCore(canary, (core) => inMacrotask(() => shrinkFirstFailure(core)));
    if (shrunk) all.push(shrunk);
  }
  const minimal = all.filter(({ size }) => size <= MINIMAL).length;
  const slowest = Math.max(...all.map(({ ms }) => ms));
  const note = `${minimal} of ${all.length} at most ${MINIMAL} decisions; the slowest took ${slowest.toFixed(0)} ms`;
  return { amount: all.length, ms: all.reduce((sum, { ms }) => sum + ms, 0), note };
}

async function scenarios(): Promise<Sample> {
  const ms = await inMacrotask(() => {
    const start = performance.now();
    for (let run = 0; run < RUNS; run++) runScenario(scenarioOfRun(SEED, run));
    return performance.now() - start;
  });
  return { amount: RUNS, ms };
}

export const row: Row = {
  title: 'shrinking the failures of known bugs, replays included; against running one scenario',
  unit: ['piece', 'pieces'],
  mechanisms: { 'running a scenario': scenarios, 'shrinking a failure': failures },
  goals: [{ kind: 'within', mechanism: 'shrinking a failure', msPerUnit: 1_000 }],
  rounds: 2,
};
