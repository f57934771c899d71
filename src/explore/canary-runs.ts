import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../transcript/package-root.ts';
import type { CanaryReport } from './types.ts';

/** In which run of the usual seed each known bug was found when somebody last looked, by its id. */
export type CanaryRuns = ReadonlyMap<string, number>;

/** The seed of the remembered runs. */
export const CANARY_SEED = 1;

const FILE = join(packageRoot(), 'scenarios', 'canary-runs.json');

/**
 * Reads what `reprise canaries --remember` wrote. It saves time, no more: a change of core or generator makes a number
 * stale, and whoever finds nothing in that run looks through all of them.
 */
export function rememberedRuns(): CanaryRuns {
  return new Map(Object.entries(JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, number>));
}

/** Keeps the runs of bugs that were found by a rule that is meant to; forgets those that were not. */
export function rememberRuns(reports: readonly CanaryReport[], known: CanaryRuns): void {
  const runs = new Map(known);
  for (const { canary, byItsRule, runs: found } of reports) {
    if (byItsRule) runs.set(canary.id, found);
    else runs.delete(canary.id);
  }
  const sorted = [...runs].sort(([one], [other]) => (one < other ? -1 : 1));
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}
