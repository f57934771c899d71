import type { Processes, ProcessIdentity } from '../ports.ts';
import { isAlive } from '../process-identity.ts';

/** Environment variable of every process in a terminal of ours: the label of the making of that terminal. */
export const LAUNCH_MARK = 'REPRISE_LAUNCH';

/** Does this process run? `unknown` when it cannot be inspected. A zombie does not run. */
export async function state(processes: Processes, identity: ProcessIdentity): Promise<'alive' | 'gone' | 'unknown'> {
  const seen = await processes.inspect(identity.pid);
  if (seen.kind === 'unknown') return 'unknown';
  return isAlive(identity, seen) ? 'alive' : 'gone';
}

export type Launched =
  | { readonly kind: 'found'; readonly identity: ProcessIdentity; readonly parentPid: number }
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Finds the first process of the terminal that was made under this label: the one whose parent does not carry it. */
export async function findLaunched(processes: Processes, launch: string): Promise<Launched> {
  const table = await processes.table(LAUNCH_MARK);
  if (table.kind === 'unknown') return table;
  const marked = table.processes.filter(({ mark }) => mark === launch);
  const pids = new Set(marked.map(({ identity }) => identity.pid));
  const first = marked.find(({ parentPid }) => !pids.has(parentPid));
  return first ? { kind: 'found', identity: first.identity, parentPid: first.parentPid } : { kind: 'none' };
}
