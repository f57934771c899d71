import { CANARIES_DIRECTORY, CanaryError, loadCanaries, withCanaryCore } from '../explore/canaries.ts';
import type { Canary, ReproFile } from '../explore/types.ts';
import { describeDivergence, firstDivergence } from '../kernel/divergence.ts';
import { inMacrotask } from '../kernel/drain.ts';
import { type CoreModule, ownCore } from '../scenario/core-module.ts';
import { judgeScenario } from '../scenario/relations/judge.ts';
import type { RunResult } from '../scenario/verdict.ts';
import { readRepro } from './repro-file.ts';

/** The run of a repro file is compared with so many more. */
const REPLAYS = 3;

/** A repro file, run again. */
export interface Rerun {
  readonly file: ReproFile;
  readonly canary: Canary | null;
  /** With its trace. */
  readonly result: RunResult;
  /** Further runs that gave the same hash; {@link REPLAYS} of them, or fewer when one differed. */
  readonly replays: number;
  /** Where a further run differed from the first, in words; null when all were the same. */
  readonly divergence: string | null;
}

/** Runs what a repro file says, four times. Throws `InputError` and `CanaryError` for a file that cannot be run. */
export async function rerun(path: string, dir: string = CANARIES_DIRECTORY): Promise<Rerun> {
  const file = readRepro(path);
  if (file.canary === null) return { file, canary: null, ...(await runs(file, ownCore)) };
  const known = await loadCanaries(dir);
  const canary = known.find(({ id }) => id === file.canary);
  if (!canary) {
    const ids = known.map(({ id }) => id).join(', ');
    throw new CanaryError(
      `${path}: there is no known bug '${file.canary}' in ${dir}; give its directory with --dir (here are: ${ids})`,
    );
  }
  return withCanaryCore(canary, async (core) => ({ file, canary, ...(await runs(file, core)) }));
}

async function runs(
  { scenario }: ReproFile,
  core: CoreModule,
): Promise<Pick<Rerun, 'result' | 'replays' | 'divergence'>> {
  const run = () => inMacrotask(() => judgeScenario(scenario, { core, keepTrace: true }));
  const result = await run();
  for (let replays = 0; replays < REPLAYS; replays++) {
    const again = await run();
    if (again.hash === result.hash) continue;
    const divergence = firstDivergence(result.trace, again.trace);
    return { result, replays, divergence: divergence ? describeDivergence(divergence) : 'their hashes differ' };
  }
  return { result, replays: REPLAYS, divergence: null };
}
