/** Virtual ms between what the CLI reads and what it writes; medians of facts/claude-wire 8 and of the transcripts. */
export const TIMING = {
  /** From the start until signal handlers are installed: a signal before kills (facts 5). */
  handlers: 200,
  /** From the start until stdin is read; `initialize` is answered at once then. */
  ready: 595,
  /** From the start to the exit for an unknown or used session id. */
  badSession: 885,
  badSessionExit: 64,
  running: 8,
  /** From `queued` to `started`. */
  started: 3,
  firstInit: 95,
  init: 10,
  firstStatus: 8,
  status: 2,
  /** From the request to the first byte of an immediate answer. */
  firstRequest: 97,
  request: 14,
  /** From a tool_use block to its `content_block_stop`, and on to the permission question. */
  toolBlock: 4,
  toolReady: 5,
  /** From the end of one tool to the next one's permission question. */
  nextTool: 6,
  /** From an answer to the tool's start. */
  answered: 4,
  denied: 8,
  /** From the end of a tool to its result, and on to the next request. */
  toolResult: 3,
  nextRound: 3,
  result: 11,
  completed: 2,
  idle: 1,
  interrupt: 2,
  aborted: 2,
  killedTool: 8,
  /** From an error to the report that the request will be repeated. */
  retry: 8,
  /** Between requests that are repeated without a word (400, 404). */
  silentRetry: 14,
  apiError: 14,
  malformed: 13,
  malformedExit: 30,
  /**
   * From what happens in a conversation to its being on disk, unless the turn ends before; the first turn of a process
   * takes longer (measured: kill -9 at 50 to 300 ms).
   */
  firstSave: 140,
  save: 100,
  eofExit: 44,
  sigterm: 85,
  sighup: 30,
  sigint: 40,
  /** A running tool makes the exit after a signal this much later. */
  toolExit: 1_400,
  /** A foreground command that runs longer is announced as a task, and from the second on with a heartbeat. */
  task: 3_100,
  heartbeat: 30_000,
} as const;
