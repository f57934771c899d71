import type { ExecResult, ProcessIdentity } from '../ports.ts';
import type { Probe } from '../probe/probe.ts';

/** The programs that can keep a chat's terminal. */
export const BACKEND_KINDS = ['tmux', 'zellij', 'herdr'] as const;
export type BackendKind = (typeof BACKEND_KINDS)[number];

/** How the program in a terminal ended. Both null: it ended, and nobody knows how. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: number | null;
  /** Its backend tells how programs end, and does not of this one. */
  readonly lost?: boolean;
}

/** A terminal session as its backend shows it. */
export interface Terminal {
  /** What it is called now: its user may have renamed it. */
  readonly name: string;
  /** pid of the process in its pane. */
  readonly panePid: number;
  /** The pane in the backend's own words; changes with every terminal that is made. */
  readonly paneId: string;
  /** pid of the server that keeps it; null when the backend has none. */
  readonly serverPid: number | null;
  /** The label that this or another program put on it; null when it has none. */
  readonly owner: string | null;
  /** The label of this one making of it; null when it has none. A terminal that is made again gets another. */
  readonly launch: string | null;
  /** Set when its program has ended and the backend keeps the pane to say so. */
  readonly end: WorkerEnd | null;
}

export interface TerminalSpec {
  /** Exact name; made of letters, digits and `-` only, so that no backend rewrites it. */
  readonly name: string;
  /** Label of this making, as in {@link Terminal.launch}; letters, digits, `-` and `_`. */
  readonly launch: string;
  /** What runs in it, as argv of at least two words: a lone one would be for a shell (facts/tmux.md 1). */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Added to its environment, and so to that of everything it starts. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What is remembered of a terminal from before: it turns some unanswerable questions into answers. */
export interface LastSeen {
  /** The process in its pane; null when it was never seen. */
  readonly pane: ProcessIdentity | null;
  /** The server that kept it. */
  readonly server: ProcessIdentity | null;
  /** Label of the last making that was begun; null when none ever was. */
  readonly launch: string | null;
}

export const NEVER_SEEN: LastSeen = { pane: null, server: null, launch: null };

/**
 * What asking for a change came to. `refused`: it was not done and will not be. `uncertain`: no answer in time, and it
 * may still happen later: a server that was stalled carries out what clients asked before they gave up (facts D1b).
 */
export type Change<Value> =
  | { readonly outcome: 'done'; readonly value: Value }
  /** `nameTaken`: there is a session of this name, which is not the one that was to be made. */
  | { readonly outcome: 'refused'; readonly reason: string; readonly nameTaken?: true }
  | { readonly outcome: 'uncertain'; readonly reason: string };

/** A program that keeps terminal sessions alive while the daemon comes and goes. */
export interface TerminalBackend {
  readonly kind: BackendKind;
  /** Is there a session with exactly this name? `missing` only on evidence that nothing of it can be reached any more. */
  probe(name: string, lastSeen: LastSeen): Promise<Probe<Terminal>>;
  /** Creates the session, labelled as ours. Making one that exists is refused by every backend. */
  create(spec: TerminalSpec): Promise<Change<Terminal>>;
  /** Types `text` into the terminal's pane as it is, once or not at all. Nothing is typed into any other pane. */
  send(terminal: Terminal, text: string): Promise<Change<null>>;
  /** The text on the pane's screen, without trailing blank lines; null when it could not be read. */
  capture(terminal: Terminal): Promise<string | null>;
  /**
   * Ends this very terminal if it still is the one that was seen and is labelled as ours, and nothing else: what its user
   * runs beside it in the same session goes on. `done` says that the backend did as told, not that the terminal is gone:
   * only the next probe can say that.
   */
  kill(terminal: Terminal): Promise<Change<null>>;
}

/** Longest text that {@link TerminalBackend.send} takes, in UTF-16 units: tmux takes 16 kB with all that goes with it. */
export const MAX_INPUT = 2_000;

/** What a command that was meant to change something came to; null when it was carried out. */
export function readFailure(tool: string, result: ExecResult): Change<never> | null {
  if (result.kind === 'not-started') return { outcome: 'refused', reason: `${tool} did not start: ${result.message}` };
  if (result.timedOut) return { outcome: 'uncertain', reason: `${tool} did not answer in time; it may still do it` };
  if (result.signal !== null) return { outcome: 'uncertain', reason: `${tool} was killed by ${result.signal}` };
  if (result.code !== 0) return { outcome: 'refused', reason: `${tool} exit ${result.code}: ${result.stderr.trim()}` };
  return null;
}
