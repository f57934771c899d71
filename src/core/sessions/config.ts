/** How terminals are kept. All durations are ms. */
export interface SessionsConfig {
  /** From the start of a worker to a look whether it still runs. */
  readonly settleMs: number;
  /** A worker that crashes is started again at most so often in `restartWindowMs`; then its session is parked. */
  readonly maxRestarts: number;
  readonly restartWindowMs: number;
  /** How long waking a terminal may take, until the caller is asked to try again. */
  readonly wakeMs: number;
  /** How long a process that is to end gets after SIGTERM, and again after SIGKILL. */
  readonly killGraceMs: number;
  /** A terminal that cannot be inspected otherwise is given up for gone after so many looks in a row that say so. */
  readonly missesUntilGone: number;
  /** More terminals than this are not kept: those longest unused are suspended, but none that was used `unusedMs` ago. */
  readonly maxTerminals: number;
  readonly unusedMs: number;
}

/** Sources: facts/sessions-and-locks.md A1.3 (restarts, wake, pane exit), A1.4. */
export const DEFAULT_SESSIONS: SessionsConfig = {
  settleMs: 1_000,
  maxRestarts: 3,
  restartWindowMs: 60_000,
  wakeMs: 10_000,
  killGraceMs: 2_000,
  missesUntilGone: 3,
  maxTerminals: 64,
  unusedMs: 60_000,
};
