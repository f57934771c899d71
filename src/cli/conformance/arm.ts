/** What one command did. Exit 124: it was still running after the limit and was stopped. */
export interface Outcome {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Added to the arm's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Run as this user. */
  readonly uid?: number;
}

/** What the cases need of a machine with tmux on it: the simulated one, or this one. All times in ms. */
export interface Arm {
  readonly name: 'fake' | 'real';
  /** `$TMUX_TMPDIR`: a directory of its own. */
  readonly base: string;
  readonly cwd: string;
  readonly uid: number;
  /** Runs tmux with these arguments, at most 2 s. */
  tmux(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** Runs several at the same time. */
  together(all: readonly (readonly string[])[]): Promise<Outcome[]>;
  wait(ms: number): Promise<void>;
  signal(pid: number, signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL' | 'SIGTERM' | 'SIGUSR1'): void;
  alive(pid: number): boolean;
  /** Tells a server again that a child of it may have ended (SIGCHLD). */
  remindOfChildren(pid: number): void;
  exists(path: string): boolean;
  /** Removes what is there, also a directory with everything in it. */
  remove(path: string): void;
  mkdir(path: string, owner?: number): void;
  chmod(path: string, mode: number): void;
  writeFile(path: string, text: string): void;
  /** Leaves a socket file at which nobody listens any more. */
  staleSocket(path: string): Promise<void>;
  /** Listens at a path and never answers, or closes each connection at once. Resolves with what ends it. */
  listen(path: string, how: 'mute' | 'closing'): Promise<() => Promise<void>>;
  /** Ends everything it started. */
  dispose(): Promise<void>;
}

/** Limit of one command, ms. */
export const LIMIT_MS = 2_000;

/** Between SIGTERM and SIGKILL for a command that goes beyond the limit, ms. */
export const GRACE_MS = 1_000;

/** The environment of the cases, without TMUX_TMPDIR. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  LC_ALL: 'C.UTF-8',
  TERM: 'xterm-256color',
  SHELL: '/bin/sh',
  TZ: 'UTC',
};
