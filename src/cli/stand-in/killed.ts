import { readStat } from '../../host/proc-stat.ts';
import type { Transcript } from '../../transcript/format.ts';
import { openReplay } from './shared-replay.ts';
import { type Claim, StandInState } from './state.ts';

/** A run of a tool is claimed as `tmux:1.12`. */
export const isProcess = ({ lane }: Claim): boolean => !lane.includes('.');

/** Where there is no /proc, whoever has the pid now is taken for the process. */
export function isGone({ pid, startTicks }: Claim): boolean {
  const stat = readStat(pid);
  if (stat.kind === 'unreadable') return !exists(pid);
  return stat.kind === 'absent' || (stat.kind === 'found' && (stat.state === 'Z' || stat.startTicks !== startTicks));
}

/**
 * A process that was killed by SIGKILL could not write that down. Where it should have been killed, the others learn now that it was, and
 * with it all that follows: the process that is started in its place, say.
 */
export function noteKilled(position: number, transcript: Transcript, state: StandInState): void {
  for (const claim of state.claims()) {
    if (claim.transcript !== position || !isProcess(claim) || state.result(claim) !== null || !isGone(claim)) continue;
    const { replay } = openReplay(position, new StandInState(state.folder), transcript);
    const lane = replay.lane(claim.lane);
    if (lane.finished().length === 0) continue;
    const verdict = lane.signal('SIGKILL', null);
    if (!verdict.ok) continue;
    const done = [verdict.index];
    for (let next = lane.nextDue(); next !== null; next = lane.nextDue()) {
      lane.deliver(next.index);
      done.push(next.index);
    }
    // As if it had said so itself: its readers do not listen to themselves.
    state.append({ pid: claim.pid, transcript: position, done, bound: [] });
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
