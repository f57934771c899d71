/** How long users of providers wait, in ms. */
export interface ProviderTimers {
  readonly initializeTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How long a user of a shared client waits for its handshake, and then for its login. */
  readonly acquireInitializedMs: number;
  readonly acquireReadyMs: number;
  /** Pauses before an app-server that broke off while it started is started again; their number bounds the attempts. */
  readonly startPausesMs: readonly number[];
  /** A shared client that nobody has leased for so long is retired. */
  readonly idleClientMs: number;
  /** A turn whose provider says nothing for so long is reported as stalled. That alone ends nothing. */
  readonly turnStalledMs: number;
  /**
   * After so long it is interrupted, and given up when that does not end it; longer while a tool of it runs. Both must be
   * longer than `requestTimeoutMs`: see `silence.ts`.
   */
  readonly turnSilentMs: number;
  readonly toolSilentMs: number;
  /** How long the interrupt of a silent turn may take. */
  readonly turnInterruptMs: number;
  /** How long anything else may keep a chat's queue to itself. */
  readonly taskCapMs: number;
}

/**
 * Sources: facts/pairs-and-shared-client.md A1c (turn inactivity 300 s), B1 (starts, idle 30 s, interrupt 5 s, terminal
 * watch 30 min). An attempt waits longer than the client's own deadlines, so that those report first (C1 S10).
 */
export const PROVIDER_TIMERS: ProviderTimers = {
  initializeTimeoutMs: 30_000,
  requestTimeoutMs: 30_000,
  acquireInitializedMs: 40_000,
  acquireReadyMs: 40_000,
  startPausesMs: [1_000, 2_000],
  idleClientMs: 30_000,
  turnStalledMs: 300_000,
  turnSilentMs: 1_800_000,
  toolSilentMs: 14_400_000,
  turnInterruptMs: 5_000,
  taskCapMs: 300_000,
};
