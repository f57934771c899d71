import type { Mismatch } from '../../transcript/verdict.ts';
import { formatMismatch } from '../../transcript/verdict.ts';

/**
 * Exit codes of a stand-in that no provider uses. With any other code the process ended as recorded. They are part of the
 * interface: scripts test for them.
 */
export const EXIT = {
  /** The client did what was not recorded. */
  mismatch: 90,
  /** The client left out what was recorded. */
  unused: 91,
  /** A fault of the overlay never struck. */
  unfired: 92,
  /** There is nothing to play: no recording, an unreadable one, or all of its processes have been played. */
  nothing: 93,
} as const;

export type Status = 'pass' | keyof typeof EXIT;

/** What came of one stand-in process, as it is written to its result file. */
export interface StandInResult {
  readonly format: 1;
  readonly status: Status;
  /** For people: what went wrong, at most 40 lines. Null for a pass. */
  readonly message: string | null;
  readonly tool: string;
  readonly pid: number;
  /** File that was played, and the lane in it; null when there was none. */
  readonly transcript: string | null;
  readonly lane: string | null;
  readonly mismatch: Mismatch | null;
  /** `file:line: what` of the records that never happened. */
  readonly unused: readonly string[];
  /** Faults that struck and that never did, as `faults[N] kind at file:line: frame`. */
  readonly fired: readonly string[];
  readonly unfired: readonly string[];
  /** After a fault that the recording cannot follow: what the client did then, not compared with anything. */
  readonly afterFault: readonly string[];
}

/** What happened, before it is judged. */
export interface Happened extends Pick<StandInResult, 'tool' | 'pid' | 'transcript' | 'lane'> {
  readonly mismatch?: Mismatch | null;
  /** Another complaint of the kind `mismatch`, or why there is nothing to play. */
  readonly complaint?: { readonly status: 'mismatch' | 'nothing'; readonly message: string } | null;
  readonly unused?: readonly string[];
  readonly fired?: readonly string[];
  readonly unfired?: readonly string[];
  readonly afterFault?: readonly string[];
}

const MAX_LINES = 40;

/** The first complaint counts: what comes later may follow from it. */
export function judge(happened: Happened): StandInResult {
  const { tool, pid, transcript, lane, mismatch = null, complaint = null } = happened;
  const { unused = [], fired = [], unfired = [], afterFault = [] } = happened;
  const facts = { tool, pid, transcript, lane, mismatch, unused, fired, unfired, afterFault };
  const as = (status: Status, message: string | null): StandInResult => ({ format: 1, status, message, ...facts });
  if (mismatch !== null) return as('mismatch', formatMismatch(mismatch));
  if (complaint !== null) return as(complaint.status, bounded(complaint.message.split('\n')));
  if (unused.length > 0) {
    return as('unused', bounded(['the client ended before it did, or let happen, all that was recorded:', ...unused]));
  }
  if (unfired.length > 0) return as('unfired', bounded(['these faults never struck:', ...unfired]));
  return as('pass', null);
}

function bounded(lines: readonly string[]): string {
  if (lines.length <= MAX_LINES) return lines.join('\n  ');
  const left = lines.length - MAX_LINES + 1;
  return [...lines.slice(0, MAX_LINES - 1), `… ${left} more`].join('\n  ');
}
