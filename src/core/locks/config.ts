/** Where locks are kept. Daemons that share `folder` exclude each other from directories. */
export interface LocksConfig {
  /** Absolute path; made when missing. One file for each lock. */
  readonly folder: string;
  /** Pause between two looks at all locks while there are any, in ms. */
  readonly sweepMs: number;
}

/** Source: facts/sessions-and-locks.md B1.2 (agentctl looks every 30 s). */
export const LOCK_SWEEP_MS = 30_000;
