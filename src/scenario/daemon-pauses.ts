import type { Incarnation } from '../world/incarnation.ts';
import type { Simulation } from './simulation.ts';

/**
 * A daemon that did not get to run reads first what has come meanwhile, and its deadlines wait for that as long again as
 * they are late: for up to 1 s.
 */
const CATCHES_UP_MS = 2_000;

/** False while the daemon does not get to run, and so shortly after that it may still owe what was due meanwhile. */
export function hasCaughtUp({ incarnation, now }: Simulation): boolean {
  return incarnation === null || (!incarnation.pauses.frozen && now - incarnation.pauses.wokeAt > CATCHES_UP_MS);
}

/** For how many ms daemons have not got to run so far, together. */
export function frozenMs({ incarnations }: { readonly incarnations: readonly Incarnation[] }): number {
  let sum = 0;
  for (const incarnation of incarnations) sum += incarnation.pauses.totalMs;
  return sum;
}
