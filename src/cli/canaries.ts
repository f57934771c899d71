import type { Canary, CanaryReport } from '../explore/types.ts';
import type { Jobs } from './jobs.ts';

/** Looks for known bugs, each within a budget of runs, shared among the processes of a pool. Reports keep the order. */
export async function findCanaries(
  pool: Jobs,
  canaries: readonly Canary[],
  options: { readonly runs: number; readonly seed: number },
  onProgress: (done: number, last: string) => void,
): Promise<CanaryReport[]> {
  let done = 0;
  return Promise.all(
    canaries.map(async (canary) => {
      const report = await pool.run({ kind: 'canary', canary, ...options });
      onProgress(++done, canary.id);
      return report;
    }),
  );
}
