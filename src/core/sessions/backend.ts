import type { ProcessIdentity } from '../ports.ts';
import type { Probe } from '../probe/probe.ts';

/** A terminal session as its backend shows it. */
export interface Terminal {
  /** pid of the process in its pane. */
  readonly panePid: number;
  /** The label that this or another program put on it; null when it has none. */
  readonly owner: string | null;
}

export interface TerminalSpec {
  /** Exact name; made of letters, digits and `-` only, so that no backend rewrites it. */
  readonly name: string;
  /** What runs in it, as argv; no shell is involved. */
  readonly argv: readonly string[];
  readonly cwd: string;
}

/** What asking for a change came to. `uncertain`: no answer in time, and it may still happen later. */
export type Change<Value> =
  | { readonly outcome: 'done'; readonly value: Value }
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'uncertain'; readonly reason: string };

/** A program that keeps terminal sessions alive while the daemon comes and goes: tmux, zellij, herdr. */
export interface TerminalBackend {
  readonly kind: string;
  /**
   * Is there a session with exactly this name? `lastSeen` is the pane's process when the session was last seen, if ever:
   * it turns some unanswerable cases into answers, because a terminal whose process is alive is not gone.
   */
  probe(name: string, lastSeen: ProcessIdentity | null): Promise<Probe<Terminal>>;
  /** Creates the session, labelled as ours. */
  create(spec: TerminalSpec): Promise<Change<Terminal>>;
  /** Ends exactly this session. The caller has made sure that it is ours. */
  kill(name: string): Promise<Change<null>>;
}
