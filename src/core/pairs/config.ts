/** How many pairs there may be, and where their terminal user interfaces (TUIs) connect. */
export interface PairsConfig {
  /** How many pairs may be registered at once. */
  readonly max: number;
  /** The pair at place n listens on port `portBase + portStride * n` of 127.0.0.1. */
  readonly portBase: number;
  readonly portStride: number;
}

/** Source: facts/pairs-and-shared-client.md, the port triple of Route A. */
export const DEFAULT_PAIRS: PairsConfig = { max: 16, portBase: 4_500, portStride: 10 };

/** Timers of pairs, in ms. */
export interface PairTimers {
  /** A front end that went away keeps its claim on a TUI this long. */
  readonly pairReapMs: number;
  /** A TUI whose connection was lost keeps its seat this long. */
  readonly tuiGraceMs: number;
  /** A connection must say who it is within this time. */
  readonly tuiHelloMs: number;
  /** How long a TUI may take to answer a ping. */
  readonly tuiProbeMs: number;
  /** Pause between two pings to a TUI. */
  readonly tuiKeepaliveMs: number;
  /** First pause before an app-server that ended is started again; doubles up to the maximum. */
  readonly restartMinMs: number;
  readonly restartMaxMs: number;
  /** An app-server that was live this long worked: after it ends, pauses begin with the first again. */
  readonly stableMs: number;
}

/** Source: facts/pairs-and-shared-client.md A1c. The keep-alive is ours: without it only a contest finds a dead TUI. */
export const DEFAULT_PAIR_TIMERS: PairTimers = {
  pairReapMs: 30_000,
  tuiGraceMs: 2_500,
  tuiHelloMs: 5_000,
  tuiProbeMs: 3_000,
  tuiKeepaliveMs: 30_000,
  restartMinMs: 1_000,
  restartMaxMs: 30_000,
  stableMs: 10_000,
};
