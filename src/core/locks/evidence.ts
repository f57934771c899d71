import type { ProcessEntry, Processes, ProcessIdentity } from '../ports.ts';
import { exists, missing, type Probe, unknown } from '../probe/probe.ts';
import { isAlive, isGone, sameProcess } from '../process-identity.ts';
import { isWithin, type Lock } from './lock.ts';

/** Environment variable that holds the id of the lock under which a process was started; its children inherit it. */
export const LOCK_MARK = 'REPRISE_LOCK';

/**
 * Does a process still have this lock? One that has it by name, or a descendant that works in the directory: wrappers
 * die before their agents, and agents leave their wrapper's group and session (facts/sessions-and-locks.md D50).
 * `missing` proves that there is none.
 */
export async function whoHas(lock: Lock, processes: Processes): Promise<Probe<ProcessIdentity>> {
  for (const holder of lock.holders) {
    const answer = await processes.inspect(holder.pid);
    if (isAlive(holder, answer)) return exists(holder, `process ${holder.pid} is alive`);
    if (!isGone(holder, answer)) return unknown(`process ${holder.pid} cannot be inspected`);
  }
  // Read after they were gone: whatever they started is in it.
  const table = await processes.table(LOCK_MARK);
  if (table.kind === 'unknown') return unknown(table.reason);
  return survivor(lock, table.processes);
}

function survivor(lock: Lock, table: readonly ProcessEntry[]): Probe<ProcessIdentity> {
  const descends = descent(lock.holders, table);
  let unclear: ProcessEntry | null = null;
  for (const process of table) {
    if (process.mark !== lock.id && !descends(process)) continue;
    if (process.cwd === null) unclear = process;
    else if (worksIn(lock.directory, process.cwd)) {
      return exists(process.identity, `its descendant ${process.identity.pid} works in ${process.cwd}`);
    }
  }
  if (unclear) return unknown(`the working directory of its descendant ${unclear.identity.pid} may not be read`);
  return missing('none of its processes is left');
}

/** Descendants of `holders`, dead or alive, that work in the directory. An unreadable one counts. */
export function descendantsIn(
  directory: string,
  holders: readonly ProcessIdentity[],
  table: readonly ProcessEntry[],
): ProcessIdentity[] {
  const descends = descent(holders, table);
  return table
    .filter((process) => descends(process) && (process.cwd === null || worksIn(directory, process.cwd)))
    .map(({ identity }) => identity);
}

/** The kernel says `… (deleted)` of a directory that is gone; one may also be called that. */
function worksIn(directory: string, cwd: string): boolean {
  return isWithin(cwd, directory) || isWithin(cwd.replace(/ \(deleted\)$/, ''), directory);
}

function descent(
  holders: readonly ProcessIdentity[],
  table: readonly ProcessEntry[],
): (process: ProcessEntry) => boolean {
  const byPid = new Map(table.map((process) => [process.identity.pid, process]));
  // A group or session keeps its number as long as it has members. Where another process has the pid, they are gone.
  const groups = holders.filter((holder) => {
    const now = byPid.get(holder.pid);
    return !now || sameProcess(now.identity, holder);
  });
  return (process) => {
    const { identity, groupId, sessionId } = process;
    const inGroup = groups.some(
      ({ pid, startTicks, bootId }) =>
        (groupId === pid || sessionId === pid) && identity.bootId === bootId && identity.startTicks >= startTicks,
    );
    if (inGroup) return true;
    let up = byPid.get(process.parentPid);
    for (let steps = 0; up && steps < table.length; steps++) {
      const { identity: ancestor, parentPid } = up;
      if (holders.some((holder) => sameProcess(holder, ancestor))) return true;
      up = byPid.get(parentPid);
    }
    return false;
  };
}
