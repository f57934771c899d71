import type { CampaignReport } from '../explore/types.ts';
import type { Jobs } from './jobs.ts';

/** Runs that one job takes: long enough to be worth a message, short enough for a bar that moves. */
const RUNS_A_JOB = 50;

/**
 * A campaign, shared among the processes of a pool. The report is the one that a single process would make: runs count
 * up to the first failure in order of their numbers, whichever process found one first.
 */
export async function exploreWith(
  pool: Jobs,
  options: { readonly runs: number; readonly seed: number },
  onProgress: (runsDone: number) => void,
): Promise<CampaignReport> {
  const { runs, seed } = options;
  const parts: CampaignReport[] = [];
  let next = 0;
  let end = Math.ceil(runs / RUNS_A_JOB);
  let done = 0;
  const work = async () => {
    while (next < end) {
      const index = next++;
      const from = index * RUNS_A_JOB;
      const part = await pool.run({ kind: 'explore', seed, from, to: Math.min(runs, from + RUNS_A_JOB) });
      parts[index] = part;
      done += part.runs;
      // What comes after a failure does not count; what comes before it may still fail earlier.
      if (part.finding) end = Math.min(end, index + 1);
      onProgress(done);
    }
  };
  await Promise.all(Array.from({ length: pool.size }, work));
  return merge(seed, parts.slice(0, end));
}

function merge(seed: number, parts: readonly CampaignReport[]): CampaignReport {
  const faults: Record<string, number> = {};
  const total = { runs: 0, events: 0, virtualMs: 0 };
  for (const part of parts) {
    total.runs += part.runs;
    total.events += part.events;
    total.virtualMs += part.virtualMs;
    for (const [kind, count] of Object.entries(part.faults)) faults[kind] = (faults[kind] ?? 0) + count;
  }
  return { seed, ...total, faults, finding: parts.at(-1)?.finding ?? null };
}
