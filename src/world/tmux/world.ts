import type { FileErrno, FileTree } from '../files.ts';
import type { Machine } from '../machine.ts';
import type { Proc } from '../proc.ts';
import type { TmuxClient } from './client.ts';

/** What a client meets at a socket. */
export interface Listener {
  /** Takes the connection. False when the backlog is full: the client blocks until `client.onAccepted` is called. */
  connect(client: TmuxClient): boolean;
}

/** Why a session came, went or changed its name, for those who judge a run. */
export interface SessionEvent {
  /**
   * `killed`: a command or the server's orderly end destroyed it. `ended`: its last pane's program ended, or the server
   * died under it. `panes-killed`: a command destroyed a part of it.
   */
  readonly type: 'created' | 'killed' | 'ended' | 'renamed' | 'panes-killed';
  readonly name: string;
  /** pid of its server. */
  readonly serverPid: number;
  /** In words, e.g. `kill-session of client 1012`. */
  readonly cause: string;
  /** The client whose command did it; null when none did. */
  readonly clientPid: number | null;
  /** pids of the programs that ran in it, or in the part of it that was destroyed. */
  readonly livePids: readonly number[];
}

/** What tmux needs of the simulated machine. */
export interface TmuxWorld {
  readonly machine: Machine;
  readonly files: FileTree<Listener>;
  /** Wall clock at virtual time 0, in ms since the epoch. */
  readonly epochMs: number;
  /** Starts a server for the client that found none; it listens on `path` unless that fails. */
  startServer(client: Proc, path: string, config: string | null): Listener | FileErrno;
  sessionChanged(event: SessionEvent): void;
}
