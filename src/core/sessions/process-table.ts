import type { ProcessEntry, Processes, ProcessIdentity } from '../ports.ts';
import { isAlive, sameProcess } from '../process-identity.ts';

/** Environment variable of every process in a terminal of ours: the label of the making of that terminal. */
export const LAUNCH_MARK = 'REPRISE_LAUNCH';

/** Environment variable of a server that was started for a terminal of ours: the same label. */
export const SERVER_MARK = 'REPRISE_SERVER';

/** Does this process run? `unknown` when it cannot be inspected. A zombie does not run. */
export async function state(processes: Processes, identity: ProcessIdentity): Promise<'alive' | 'gone' | 'unknown'> {
  const seen = await processes.inspect(identity.pid);
  if (seen.kind === 'unknown') return 'unknown';
  return isAlive(identity, seen) ? 'alive' : 'gone';
}

/** A process that was looked for in the table. */
export type Found =
  | { readonly kind: 'found'; readonly identity: ProcessIdentity; readonly parentPid: number }
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Finds the first process that carries `label` in its environment variable `mark`: its parent does not carry it. */
export async function findMarked(
  processes: Processes,
  mark: string,
  label: string,
  isIt: (entry: ProcessEntry) => boolean = () => true,
): Promise<Found> {
  const table = await processes.table(mark);
  if (table.kind === 'unknown') return table;
  const marked = table.processes.filter((process) => process.mark === label);
  const pids = new Set(marked.map(({ identity }) => identity.pid));
  return foundIn(marked.find((entry) => isIt(entry) && !pids.has(entry.parentPid)));
}

/**
 * Finds the process that was started in the terminal made under this label, which leads a session. What that has left
 * behind is not taken for it, unless it leads one, too.
 */
export function findLaunched(processes: Processes, launch: string): Promise<Found> {
  return findMarked(processes, LAUNCH_MARK, launch, ({ identity, sessionId }) => sessionId === identity.pid);
}

/** Finds this very process. */
export async function findProcess(processes: Processes, identity: ProcessIdentity): Promise<Found> {
  const table = await processes.table(LAUNCH_MARK);
  if (table.kind === 'unknown') return table;
  return foundIn(table.processes.find((process) => sameProcess(process.identity, identity)));
}

function foundIn(entry: ProcessEntry | undefined): Found {
  return entry ? { kind: 'found', identity: entry.identity, parentPid: entry.parentPid } : { kind: 'none' };
}

/** Live processes whose parent is `serverPid` and that were not started under our label `launch`; null when unknown. */
export async function othersUnder(processes: Processes, serverPid: number, launch: string): Promise<number[] | null> {
  const table = await processes.table(LAUNCH_MARK);
  if (table.kind === 'unknown') return null;
  const others = table.processes.filter(({ parentPid, mark }) => parentPid === serverPid && mark !== launch);
  return others.map(({ identity }) => identity.pid);
}
