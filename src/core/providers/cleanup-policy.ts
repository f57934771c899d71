import type { FailureClass } from './types.ts';

/**
 * What becomes of a shared client when one of its users fails.
 * - `release`: that user gives up its lease, nothing else changes.
 * - `retire`: besides, nobody new gets this client; it is closed when its last user is done.
 * - `fail-all`: besides, unless it answers a question now, it is closed under all of its users.
 */
export type Cleanup = 'release' | 'retire' | 'fail-all';

/** How far a user had got: waiting for its client, asking for a thread or a turn, or with a turn that runs. */
export type UsePhase = 'acquire' | 'start' | 'turn';

/** `silent`: besides the failed request, the whole connection has said nothing for as long as a turn may be silent. */
export type CleanupCause = FailureClass | 'silent';

type Row = Readonly<Record<UsePhase, Cleanup>>;

const KEEP: Row = { acquire: 'release', start: 'release', turn: 'release' };
const SUSPECT: Row = { acquire: 'release', start: 'retire', turn: 'retire' };

/**
 * A shared client is given up only when the process or its pipes are suspect; what a provider *answers*, a 401 above
 * all, concerns the one who asked (facts/pairs-and-shared-client.md B1, incident O01: a helper's 401 closed its
 * parent's client). Whoever only waited has nothing to give back: the registry ends a start that nobody waits for.
 *
 * The table differs from the latest rules that facts B1 has (era 3) in these points:
 * - A logical error (401, -32000, …) of a top-level run (no `spawnedBy`) retires there, and releases here, as for a
 *   helper. Nothing about the answer depends on who asked, and a replacement that starts beside the draining process
 *   means two writers on one CODEX_HOME (O02, O16).
 * - `aborted` in a turn is the end of that turn or thread only (`thread/closed`), so the client is kept.
 * - A client that has ended needs no retiring, the registry dropped it when it ended; `transport` retires all the same,
 *   for pipes that break before the registry hears of it.
 */
const CLEANUP: Readonly<Record<CleanupCause, Row>> = {
  unauthorized: KEEP,
  'rate-limited': KEEP,
  // Never queued by the server, so nothing is left behind.
  overloaded: KEEP,
  rejected: KEEP,
  // Nothing runs that could be retired.
  unavailable: KEEP,
  other: KEEP,
  // A request that was given up may still complete on the other side: the client's state is not known any more.
  'timed-out': SUSPECT,
  aborted: { acquire: 'release', start: 'retire', turn: 'release' },
  transport: SUSPECT,
  silent: { acquire: 'release', start: 'fail-all', turn: 'fail-all' },
};

/** What to do with a client whose user failed for `cause` while in `phase`. */
export function cleanupAfter(cause: CleanupCause, phase: UsePhase): Cleanup {
  return CLEANUP[cause][phase];
}
