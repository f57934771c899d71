/**
 * Everything the orchestration core may know of the outside world. The real machine (`src/host`) and the simulated one
 * (`src/world`) implement the same interfaces; the core cannot tell them apart and reaches nothing except through them.
 */

/** Time. Core code never reads an ambient clock. */
export interface Clock {
  /** Wall clock in ms since the epoch. It may step in either direction. */
  now(): number;
  /** Monotonic ms from an arbitrary origin. */
  monotonic(): number;
  /** Calls `fire` once, `delayMs` ms from now. `purpose` names the timer in logs and traces, e.g. `pair-reap work`. */
  timer(delayMs: number, purpose: string, fire: () => void): Timer;
}

export interface Timer {
  /** Idempotent; after it returns, `fire` is not called any more. */
  cancel(): void;
}

/** Fresh identifiers. */
export interface Ids {
  /** A new identifier, unique for ever (also across restarts); `kind` is its readable prefix, e.g. `run` gives `run_…`. */
  next(kind: string): string;
  /** A new lower-case UUID (version 4 syntax), for protocols that insist on one. */
  uuid(): string;
}

export type Signal = 'SIGTERM' | 'SIGKILL' | 'SIGINT' | 'SIGHUP' | 'SIGSTOP' | 'SIGCONT' | 'SIGUSR1';

/** One run of an external command: no shell, argv as given (`execve` semantics). */
export interface ExecRequest {
  /** Bare name looked up on PATH, or an absolute path. */
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Replaces the environment when given. */
  readonly env?: Readonly<Record<string, string>>;
  /** After this many ms the child gets SIGTERM, and SIGKILL 1,000 ms later; the result says `timedOut`. Required: no call may wait for ever. */
  readonly timeoutMs: number;
}

/**
 * What the caller of a command sees. `timedOut` is reported beside the exit status because a child may trap SIGTERM and
 * exit 0: real tmux clients do (facts/sessions-and-locks D1), so a status alone proves nothing after a time-out.
 */
export type ExecResult =
  | {
      readonly kind: 'exited';
      readonly code: number | null;
      readonly signal: Signal | null;
      readonly timedOut: boolean;
      readonly stdout: string;
      readonly stderr: string;
    }
  | { readonly kind: 'not-started'; readonly errno: SpawnErrno; readonly message: string };

export type SpawnErrno = 'ENOENT' | 'EACCES' | 'EAGAIN' | 'EMFILE' | 'ENOMEM' | 'E2BIG';

export interface Exec {
  /** Never rejects: every outcome is a value. */
  run(request: ExecRequest): Promise<ExecResult>;
}

/** A process, named so that a reused pid is not mistaken for it, also when the host has been started again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Kernel start time in clock ticks since boot (`/proc/PID/stat` field 22). */
  readonly startTicks: number;
  /** The boot in which it runs (`/proc/sys/kernel/random/boot_id`): pids and ticks begin again with each. */
  readonly bootId: string;
}

export interface SpawnRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Names the channel in recordings and traces, e.g. `codex work#1`. */
  readonly lane: string;
}

/** Called in order; chunks are not lines. After `exit` nothing more is called. */
export interface ChildEvents {
  stdout(chunk: string): void;
  stderr(chunk: string): void;
  /** stdin broke (EPIPE, ECONNRESET): what was written may or may not have arrived. */
  stdinError(errno: string): void;
  /** stdout broke (not the orderly end of file). */
  stdoutError(errno: string): void;
  /** End of file on stdout: the child has closed it. Normally its exit follows at once, but it may live on, mute. */
  stdoutEnd(): void;
  exit(code: number | null, signal: Signal | null): void;
}

export interface Child {
  readonly identity: ProcessIdentity;
  /** Queues `data` on stdin. False once stdin was ended or broke: then nothing was queued. */
  write(data: string): boolean;
  /** Closes stdin (end of file for the child). Idempotent. */
  end(): void;
}

export type SpawnResult =
  | { readonly kind: 'spawned'; readonly child: Child }
  | { readonly kind: 'not-started'; readonly errno: SpawnErrno; readonly message: string };

/** Answer of `kill(2)`. EPERM means: alive, but another user's. */
export type SignalResult = 'ok' | 'ESRCH' | 'EPERM';

export type InspectResult =
  | { readonly kind: 'alive'; readonly identity: ProcessIdentity; readonly cwd: string | null }
  /** No such process, or a zombie: nothing of it runs any more. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'unknown'; readonly reason: string };

/** One live process as the process table shows it. */
export interface ProcessEntry {
  readonly identity: ProcessIdentity;
  readonly parentPid: number;
  readonly groupId: number;
  readonly sessionId: number;
  /** Null when it may not be read: another user's process. */
  readonly cwd: string | null;
  /** Value of the environment variable that was asked for, at its start; null when unset or not readable. */
  readonly mark: string | null;
}

export type ProcessTable =
  | { readonly kind: 'known'; readonly processes: readonly ProcessEntry[] }
  | { readonly kind: 'unknown'; readonly reason: string };

export interface Processes {
  /** The daemon's own process. */
  readonly self: ProcessIdentity;
  /** Starts a child with three pipes, as leader of its own process group. Never rejects. */
  spawn(request: SpawnRequest, events: ChildEvents): Promise<SpawnResult>;
  /** Signals the process only if `identity` still names it (pid, start time and boot): otherwise ESRCH. */
  signal(identity: ProcessIdentity, signal: Signal, scope: 'process' | 'group'): Promise<SignalResult>;
  /** Reads the process table. Never rejects. */
  inspect(pid: number): Promise<InspectResult>;
  /** All live processes, zombies left out, with the value of the environment variable `mark`. Never rejects. */
  table(mark: string): Promise<ProcessTable>;
}

/** `errno` is the system's name of what went wrong: ENOENT, EEXIST, EACCES, ENOSPC, … */
export type FileResult<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly errno: string; readonly message: string };

/** Small text files that several processes share. Paths are absolute. Nothing rejects. */
export interface Files {
  /** The path with every symbolic link resolved; fails when there is nothing. */
  realPath(path: string): Promise<FileResult<string>>;
  /** Makes the folder and those above it, for this user alone. Fine when it is there. */
  makeFolder(path: string): Promise<FileResult<null>>;
  /** Names in a folder, in the order of their code units. */
  list(folder: string): Promise<FileResult<readonly string[]>>;
  read(path: string): Promise<FileResult<string>>;
  /** Makes a file that is there as a whole, on the disk, or not at all. EEXIST when something is there: of two one wins. */
  create(path: string, text: string): Promise<FileResult<null>>;
  /** Exchanges the whole text, or makes the file; fails and leaves it as it was. */
  replace(path: string, text: string): Promise<FileResult<null>>;
  /** Removes the file; fine when there is none. */
  remove(path: string): Promise<FileResult<null>>;
}

export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;
export interface SqlStatement {
  readonly sql: string;
  readonly params?: readonly SqlValue[];
}

/** One SQLite database file, used by one daemon. */
export interface Database {
  /** What people call it, e.g. the path of its file. */
  readonly place: string;
  /** Rows of a query, at once: the file is local and reads do not wait. Throws on bad SQL. */
  all(sql: string, params?: readonly SqlValue[]): SqlRow[];
  /**
   * Runs the statements in one immediate transaction and resolves after the commit with the number of rows each changed.
   * Rejects, with nothing written, when a statement fails; the error's `code` is `SQLITE_FULL` when there was no room. After a crash either all of them are there or none.
   */
  write(statements: readonly SqlStatement[]): Promise<number[]>;
}

/** One connection that a peer made to us, as our end of it. */
export interface Connection {
  /** Queues `data`. False once either side has closed: then nothing was queued. */
  send(data: string): boolean;
  /** Sends what is queued, then closes. Idempotent; no event follows. */
  close(): void;
}

/** Called in order; chunks are not lines. After `closed` nothing more is called. */
export interface ConnectionEvents {
  data(chunk: string): void;
  /** The peer closed the connection, or it broke. A peer that vanishes without a word is not noticed (half-open). */
  closed(): void;
}

export interface Listener {
  readonly port: number;
  /** Stops listening and closes every connection that it took. Resolves when the port is free. Idempotent. */
  close(): Promise<void>;
}

export type ListenResult =
  | { readonly kind: 'listening'; readonly listener: Listener }
  /** `holderPid`: who listens there, as far as that can be seen (EADDRINUSE). */
  | { readonly kind: 'failed'; readonly errno: string; readonly holderPid: number | null };

/** TCP on 127.0.0.1, and nothing else. */
export interface Network {
  /** Listens on `port`; `accept` is called for each connection and says who hears of it. Never rejects. */
  listen(port: number, accept: (connection: Connection) => ConnectionEvents): Promise<ListenResult>;
}

/** ChatGPT tokens that the orchestrator, not codex, has the keeping of (codex 0.169.0: `chatgptAuthTokens`). */
export interface ChatgptTokens {
  readonly accessToken: string;
  readonly chatgptAccountId: string;
  readonly chatgptPlanType: string | null;
}

/** What a provider process is started with on behalf of an account. */
export interface Credential {
  /** Names the account; not a secret. */
  readonly accountId: string;
  /**
   * A digest that stands for the login: equal as long as the same one is meant (a refreshed access token does not change
   * it), different after another login. It may be logged.
   */
  readonly fingerprint: string;
  /** Added to the environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  /** Null: codex has its own login. */
  readonly tokens: ChatgptTokens | null;
}

export type RefreshResult =
  | { readonly kind: 'fresh'; readonly tokens: ChatgptTokens }
  /** `permanent`: only a person who logs in again can help (the grant expired, was revoked or already used). */
  | { readonly kind: 'refused'; readonly permanent: boolean; readonly reason: string };

/** Accounts of providers. Their secrets live outside of the core and may change at any time. */
export interface Credentials {
  /** What a codex app-server that serves this purpose (a pair) is to be started with, now. */
  current(purpose: string): Credential;
  /** Exchanges the refresh token of this account for a new access token. May take long; never rejects. */
  refresh(accountId: string): Promise<RefreshResult>;
}

/** What the daemon tells the people and programs that use it. */
export interface Frontend {
  /** Fire and forget, in order. */
  publish(event: FrontendEvent): void;
}

/** Progress of the daemon for operators; also what a flight recorder keeps. */
export interface Log {
  /** `type` is a stable dotted name, `fields` are small plain values. */
  event(type: string, fields: Readonly<Record<string, string | number | boolean | null>>): void;
}

/** Events for the users of one chat; `chatId` says whose. */
export type FrontendEvent =
  | { readonly type: 'message.delivered'; readonly chatId: string; readonly messageId: string; readonly turnId: string }
  | { readonly type: 'message.failed'; readonly chatId: string; readonly messageId: string; readonly error: string }
  | { readonly type: 'text.delta'; readonly chatId: string; readonly turnId: string; readonly text: string }
  | {
      readonly type: 'tool';
      readonly chatId: string;
      readonly turnId: string;
      readonly itemId: string;
      readonly title: string;
      readonly status: 'started' | 'completed' | 'failed' | 'declined';
    }
  | {
      readonly type: 'approval.requested';
      readonly chatId: string;
      readonly turnId: string;
      readonly approvalId: string;
      readonly title: string;
    }
  | {
      readonly type: 'approval.withdrawn';
      readonly chatId: string;
      readonly turnId: string;
      readonly approvalId: string;
    }
  | {
      readonly type: 'turn.ended';
      readonly chatId: string;
      readonly turnId: string;
      readonly messageId: string;
      readonly status: 'completed' | 'interrupted' | 'failed';
      readonly error: string | null;
    }
  | { readonly type: 'notice'; readonly chatId: string; readonly code: string; readonly text: string };

export interface Ports {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly exec: Exec;
  readonly processes: Processes;
  readonly network: Network;
  readonly files: Files;
  readonly credentials: Credentials;
  readonly database: Database;
  readonly frontend: Frontend;
  readonly log: Log;
}
