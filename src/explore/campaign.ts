import { inMacrotask } from '../kernel/drain.ts';
import { guardStall, StallError } from '../kernel/stall.ts';
import { type CoreModule, ownCore } from '../scenario/core-module.ts';
import { judgeScenario, relationsFor } from '../scenario/relations/judge.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { RunResult } from '../scenario/verdict.ts';
import { DEFAULT_LIMITS, type ScenarioLimits, scenarioOfRun } from './arbitrary.ts';
import { checkSameRun, TWICE_EVERY } from './same-run.ts';
import { shrink } from './shrink.ts';
import type { CampaignReport, Finding } from './types.ts';

export interface ExploreOptions {
  readonly runs: number;
  /** Any integer; the same seed makes the same scenarios. */
  readonly seed: number;
  /** The core to run; this package's own unless given. */
  readonly core?: CoreModule;
  readonly limits?: ScenarioLimits;
  /** Number of the first run, so that several workers can share a campaign. Default 0. */
  readonly first?: number;
  readonly onProgress?: (runsDone: number) => void;
}

/** The relational rules are asked in one run out of so many: each takes further runs. */
const RELATE_EVERY = 4;
/** Runs done between two turns of the event loop. */
const RUNS_A_TURN = 20;
/** Real ms for the runs of one turn and the shrinking of a failure among them: a hundred times what they need. */
const STALL_MS = 120_000;
/** A finding is run again so often; each time it must give the same hash. */
const REPLAYS = 3;

/** Runs scenarios until one breaks a rule or `runs` are done; a failure is shrunk and replayed. */
export async function explore(options: ExploreOptions): Promise<CampaignReport> {
  const { runs, seed, core = ownCore, limits = DEFAULT_LIMITS, first = 0 } = options;
  const faults: Record<string, number> = {};
  const total = { runs: 0, events: 0, virtualMs: 0 };
  let finding: Finding | null = null;
  for (let run = first; run < runs && !finding; ) {
    await inMacrotask(() =>
      guarded(
        () => `run ${run} of seed ${seed}`,
        () => {
          for (let turn = 0; turn < RUNS_A_TURN && run < runs && !finding; turn++, run++) {
            const scenario = scenarioOfRun(seed, run, limits);
            const result = judgeScenario(scenario, { core, ...(run % RELATE_EVERY === 0 ? {} : { relations: [] }) });
            total.runs++;
            total.events += result.events;
            total.virtualMs += result.virtualMs;
            for (const kind of result.faults) faults[kind] = (faults[kind] ?? 0) + 1;
            if (result.violation) {
              finding = makeFinding(scenario, result, core, run + 1);
            } else if (run % TWICE_EVERY === 0) {
              finding = checkSameRun(scenario, result, core, run + 1);
            }
          }
        },
      ),
    );
    options.onProgress?.(total.runs);
  }
  return { seed, ...total, faults, finding };
}

/** Breaks off runs that spin between two events, where no rule and no limit on events can see them. */
function guarded(where: () => string, runs: () => void): void {
  try {
    guardStall(STALL_MS, runs);
  } catch (error) {
    if (!(error instanceof StallError)) throw error;
    throw new Error(`${where()} has to be broken off: ${error.message}`, { cause: error });
  }
}

/** Shrinks a failing scenario and replays what is left of it. Call it from a macrotask. */
export function makeFinding(scenario: Scenario, failed: RunResult, core: CoreModule, runs: number): Finding {
  const rule = failed.violation!.rule.id;
  const options = { core, relations: relationsFor(rule) };
  const small = shrink(scenario, (candidate) => judgeScenario(candidate, options).violation?.rule.id === rule);
  const result = judgeScenario(small.scenario, { ...options, keepTrace: true });
  let replays = 0;
  for (let replay = 0; replay < REPLAYS; replay++) {
    const again = judgeScenario(small.scenario, options);
    if (again.hash === result.hash && again.violation?.rule.id === rule) replays++;
  }
  return {
    violation: result.violation ?? failed.violation!,
    scenario,
    shrunk: small.scenario,
    result,
    runs,
    shrinkRuns: small.runs,
    replays,
  };
}
