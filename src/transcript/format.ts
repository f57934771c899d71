/**
 * Transcript format 1: NDJSON, one record a line, meant to be read and edited by hand.
 *
 * ```
 * {"type":"header","format":1,"provider":"codex","protocol":"codex.app-server","providerVersion":"0.169.0","scenario":"simple",…}
 * {"type":"spawn","lane":"codex:1","t":0,"file":"codex","args":["app-server"],"env":{"CODEX_HOME":"<path:codexHome>"}}
 * {"type":"frame","lane":"codex:1","dir":"send","t":3,"body":{"id":"<rpc:1>","method":"initialize","params":{…}}}
 * {"type":"frame","lane":"codex:1","dir":"recv","t":240,"body":{"id":"<rpc:1>","result":{…}}}
 * {"type":"frame","lane":"codex:1","dir":"recv","t":903,"id":"r1","body":{"method":"turn/completed",…,"emittedAtMs":"<ms>"}}
 * {"type":"eof","lane":"codex:1","t":910,"after":["r1"]}
 * {"type":"exit","lane":"codex:1","t":950,"after":["s1"],"code":0,"signal":null}
 * ```
 *
 * ## Order
 * The position of a line in the file is a *canonical* order, not the order in which things happened. What binds:
 * 1. Within a lane: the client's acts (`spawn`, `send` frames, `eof`, `signal`) are ordered among themselves, the provider's `recv`
 *    frames among themselves, its `err` lines among themselves. `exit` comes after everything that the provider wrote.
 * 2. A stdio record that mentions an identity symbol (`<rpc:1>`, `<thread:1>`) can only happen once the symbol is bound, when the
 *    file names it first on the other side or in another lane: a response needs its request, a `turn/start` an answer naming the thread.
 * 3. `after` adds the edges that data does not show: the notification that made the client act, the act that woke the provider.
 * 4. `unordered`, `strand` and `floats` take order away where the real provider has none (facts/codex-wire 6.3, facts/claude-wire 7).
 * An `after` names earlier lines only, so the file itself is always one possible history, top to bottom. Nothing else binds, least of all the position of a send between two receives (facts/codex-wire 6.2).
 *
 * ## Values
 * A body is the JSON of the wire, except that strings (and object keys) are templates with symbols (see `symbols.ts`), and that an
 * object with one `$…` key is a matcher (see {@link Matcher}). A real object of that shape is written `{"$literal": …}`; a real
 * string that looks like a symbol has its `<` written `<lt>`.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** The only format version that exists; readers refuse others by name. */
export const FORMAT = 1;

export type Provider = 'codex' | 'claude';

/** Who speaks on stdio: a provider whose protocol is known, or any other program that writes a line at a time. */
export type Speaker = Provider | 'ndjson';

/** Short-lived programs whose runs are recorded one record each; see {@link ExecRecord}. */
export type Tool = 'tmux' | 'zellij' | 'herdr';

/** First record of every file. */
export interface HeaderRecord {
  readonly type: 'header';
  readonly format: typeof FORMAT;
  readonly provider: Speaker | Tool;
  /** Wire protocol, e.g. `codex.app-server` or `claude.stream-json`; `ndjson` for any other; `exec` for a file of {@link ExecRecord}s. */
  readonly protocol: string;
  readonly providerVersion: string;
  readonly scenario: string;
  /** SHA-256 of the provider's own JSON Schema of the protocol, when it can print one. */
  readonly schemaDigest: string | null;
  /** `process.platform-process.arch` of the recording machine, e.g. `linux-x64`. */
  readonly platform: string;
  /** Program and version that wrote the file. */
  readonly recorder: string;
  /** Day (UTC) of the recording, `2026-11-21`, for fixtures that expire. Two recordings that differ only here are the same. */
  readonly recorded?: string;
  /** How many values of each kind were replaced, e.g. `{"secret":2,"home":1}`. */
  readonly redactions: Readonly<Record<string, number>>;
}

/** What every record after the header has. */
export interface Placed {
  /**
   * Channel: `<provider>:<n>` is the stdio of the n-th process of the file, `<provider>:<n>/http` are its HTTP exchanges.
   * Lanes with one stem belong to one process.
   */
  readonly lane: string;
  /** Whole ms since the spawn of the lane's process. Two recordings that differ only here are the same recording. */
  readonly t: number;
  /** Name of this record, unique in its file; present when another record's `after` needs it. */
  readonly id?: string;
  /** Ids of records that must have happened before this one, beyond what the lane and the symbols say. */
  readonly after?: readonly string[];
}

/** A process starts. `env` holds only the variables that matter to the scenario. */
export interface SpawnRecord extends Placed {
  readonly type: 'spawn';
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  /** errno when the process could not be started; then the lane has no further records. */
  readonly notStarted?: string;
}

/** `send`: client to provider (stdin); `recv`: provider to client (stdout); `err`: a line of the provider's stderr. */
export type Direction = 'send' | 'recv' | 'err';

/** One line of a stdio channel. Exactly one of `body` (the line is JSON) and `raw` (it is not) is present. */
export interface FrameRecord extends Placed {
  readonly type: 'frame';
  readonly dir: Direction;
  /**
   * Label of a group of neighbouring `recv` (or `err`) frames that the provider writes in any order. The group starts when all
   * before it was written and ends before the frame after it.
   */
  readonly unordered?: string;
  /** Within an unordered group: frames with the same strand keep their order. Without it a frame is its own strand. */
  readonly strand?: string;
  /** The frame is bound by symbols and `after` only; neither the frames before nor those after it in the lane wait for it. */
  readonly floats?: true;
  /** The provider may leave this frame out. */
  readonly optional?: true;
  readonly body?: Json;
  /** Text of a line that is not JSON, without its line end. */
  readonly raw?: string;
  /** The stream ended within this line. */
  readonly cut?: true;
}

export interface HttpRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json;
}

export interface HttpChunk {
  /** Whole ms since the spawn of the lane's process. */
  readonly t: number;
  readonly text: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as it was written, in pieces. */
  readonly chunks: readonly HttpChunk[];
  /** How the body ended: completely, cut by the server, or given up by the provider. */
  readonly end: 'complete' | 'cut' | 'aborted';
}

/** One HTTP exchange of the provider with its model API. `response` is null when none was ever begun. */
export interface HttpRecord extends Placed {
  readonly type: 'http';
  readonly request: HttpRequest;
  readonly response: HttpResponse | null;
}

/** The client closed the provider's stdin. */
export interface EofRecord extends Placed {
  readonly type: 'eof';
}

/** The client signalled the provider. */
export interface SignalRecord extends Placed {
  readonly type: 'signal';
  readonly signal: string;
  readonly scope: 'process' | 'group';
}

/** A pipe broke under the client: stdin (EPIPE on write) or stdout (not an orderly end of file). */
export interface BrokenRecord extends Placed {
  readonly type: 'broken';
  readonly stream: 'stdin' | 'stdout';
  readonly errno: string;
}

/** The process ended. Exactly one of `code` and `signal` is not null. */
export interface ExitRecord extends Placed {
  readonly type: 'exit';
  readonly code: number | null;
  readonly signal: string | null;
}

/** What a tool read on stdin, without keeping it: SHA-256 and length of the bytes. */
export interface StdinDigest {
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * One whole run of a short-lived program. Its lane (`tmux:1`) holds nothing else and is no lane of a process: the runs of a lane
 * follow each other in the order of their records, in which they ended; those that overlapped may begin in any order.
 */
export interface ExecRecord extends Placed {
  readonly type: 'exec';
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Null when stdin was empty, a terminal, or never read to its end. */
  readonly stdin: StdinDigest | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Exactly one of `code` and `signal` is not null. */
  readonly code: number | null;
  readonly signal: string | null;
  /** How long it ran, in whole ms; `t` is when it began, since the first run of the file. */
  readonly ms: number;
}

export type LaneRecord =
  | SpawnRecord
  | FrameRecord
  | HttpRecord
  | EofRecord
  | SignalRecord
  | BrokenRecord
  | ExitRecord
  | ExecRecord;
export type TranscriptRecord = HeaderRecord | LaneRecord;

/** A whole file that was read without error. */
export interface Transcript {
  readonly fileName: string;
  readonly header: HeaderRecord;
  readonly records: readonly LaneRecord[];
  /** 1-based line of `records[i]` in the file. */
  readonly lines: readonly number[];
  /** The file ended inside a line (a writer was killed); that line is not in `records`. */
  readonly cut: boolean;
}

/**
 * Values that stand for many. As JSON each is an object with exactly one key, which starts with `$`.
 * - `$any`: any value, or any value of one type.
 * - `$pattern`: a string that the regular expression matches as a whole.
 * - `$unordered`: an array with these elements in any order.
 * - `$elided`: a value of the provider's own prose, kept as the SHA-256 and the byte length of its text (UTF-8; of its JSON with sorted
 *   keys if it is no string; both after normalisation). `volatile` replaces both where the text changes from run to run.
 * - `$literal`: exactly this value, in which nothing is special.
 * An object with the key `$more` (value `true`) beside its own keys may have further keys on the wire.
 */
export type Matcher =
  | { readonly $any: true | JsonType }
  | { readonly $pattern: string }
  | { readonly $unordered: readonly Json[] }
  | { readonly $elided: Elision }
  | { readonly $literal: Json };

export type JsonType = 'string' | 'number' | 'boolean' | 'array' | 'object';

export type Elision =
  | { readonly sha256: string; readonly length: number; readonly type?: 'array' | 'object' }
  | { readonly volatile: true; readonly type?: 'array' | 'object' };

/** Keys of each record type in the order in which they are written; a key that is not listed is unknown. */
export const KEY_ORDER = {
  header: [
    'type',
    'format',
    'provider',
    'protocol',
    'providerVersion',
    'scenario',
    'schemaDigest',
    'platform',
    'recorder',
    'recorded',
    'redactions',
  ],
  spawn: ['type', 'lane', 't', 'id', 'after', 'file', 'args', 'cwd', 'env', 'notStarted'],
  frame: ['type', 'lane', 'dir', 't', 'id', 'after', 'unordered', 'strand', 'floats', 'optional', 'body', 'raw', 'cut'],
  http: ['type', 'lane', 't', 'id', 'after', 'request', 'response'],
  eof: ['type', 'lane', 't', 'id', 'after'],
  signal: ['type', 'lane', 't', 'id', 'after', 'signal', 'scope'],
  broken: ['type', 'lane', 't', 'id', 'after', 'stream', 'errno'],
  exit: ['type', 'lane', 't', 'id', 'after', 'code', 'signal'],
  exec: [
    'type',
    'lane',
    't',
    'id',
    'after',
    'file',
    'args',
    'cwd',
    'stdin',
    'stdout',
    'stderr',
    'code',
    'signal',
    'ms',
  ],
} as const satisfies Record<TranscriptRecord['type'], readonly string[]>;

/** The process a lane belongs to: its name up to the first slash (`claude:1/http` gives `claude:1`). */
export function processOf(lane: string): string {
  const slash = lane.indexOf('/');
  return slash < 0 ? lane : lane.slice(0, slash);
}

/** Who made the record happen: the client (`spawn`, `send`, `eof`, `signal`, `exec`) or the provider's side (everything else). */
export function isClientAct(record: LaneRecord): boolean {
  if (record.type === 'frame') return record.dir === 'send';
  return record.type === 'spawn' || record.type === 'eof' || record.type === 'signal' || record.type === 'exec';
}
