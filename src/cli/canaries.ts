import type { CanarySearch } from '../explore/canaries.ts';
import type { CanaryRuns } from '../explore/canary-runs.ts';
import type { Canary, CanaryReport } from '../explore/types.ts';
import type { Jobs } from './jobs.ts';

/**
 * Looks for known bugs, each within a budget of runs, shared among the processes of a pool. Reports keep the order. `known`
 * runs are tried first.
 */
export async function findCanaries(
  pool: Jobs,
  canaries: readonly Canary[],
  options: Omit<CanarySearch, 'tryFirst'>,
  onProgress: (done: number, last: string) => void,
  known: CanaryRuns = new Map(),
): Promise<CanaryReport[]> {
  let done = 0;
  return Promise.all(
    canaries.map(async (canary) => {
      const tryFirst = known.get(canary.id);
      const report = await pool.run({ kind: 'canary', canary, ...options, ...(tryFirst && { tryFirst }) });
      onProgress(++done, canary.id);
      return report;
    }),
  );
}
