/**
 * Latencies in virtual ms of an app-server on an almost idle machine (medians of facts/codex-wire.md 7, the steps in
 * between from recordings). They are usual values: a run may stretch each of them (see `latency`).
 */
export const TIMING = {
  /** Spawn to being able to answer `initialize`, with a fresh and with a used CODEX_HOME. */
  startFresh: 234,
  startWarm: 128,
  /** Reading a thread from disk, or creating it. */
  threadStart: 20,
  threadResume: 42,
  /** Taking tokens of the client, and from there until it is known how requests are routed. */
  login: 20,
  routing: 25,
  /** How long it waits for new tokens. */
  refreshTimeout: 10_000,
  /** Answers that need no work. */
  quick: 1,
  turnStartResponse: 6,
  /** From the response of `turn/start` to `turn/started`; the first turn of a thread loads more. */
  turnStartedFirst: 36,
  turnStartedLater: 9,
  /** From `turn/started` to the user's message, and until it is stored. */
  userMessage: 15,
  userMessageStored: 3,
  /** Until the request to the model has been sent and its first bytes are back. */
  modelFirst: 38,
  modelLater: 22,
  /** From the last event of an item to its `item/completed`. */
  messageCompleted: 2,
  /** From the end of a model response and its tools to the usage report, and from there to the end of the turn. */
  usage: 4,
  turnEnd: 7,
  /** From the bad news to the failed turn's `turn/completed`. */
  failed: 4,
  steer: 5,
  interrupt: 11,
  interruptUsage: 5,
  /** From a tool call to the running command. */
  toolSpawn: 35,
  /** `item/started` of a command is held back this long: a faster one starts and completes at once (132-148 measured). */
  toolHoldBack: 140,
  /** Until the model gets an answer about a command that still runs. */
  toolYield: 10_000,
  patchApply: 100,
  approvalRequest: 20,
  approvalAnswered: 1,
  /** From end of file on stdin, or SIGTERM, to exit 0. */
  stdinClosed: 30,
  sigterm: 45,
  /** Pauses before stream retries 1 to 5, and between the requests of one try after a 5xx. */
  streamRetry: [240, 450, 900, 1_800, 3_500],
  requestRetry: [200, 400, 800, 1_600],
  /** A stream without a byte for this long has failed; not before the response head has come. */
  streamIdle: 300_000,
} as const;
