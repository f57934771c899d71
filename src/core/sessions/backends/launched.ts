import type { Processes, ProcessIdentity } from '../../ports.ts';
import { type LastSeen, NEVER_SEEN, type Terminal } from '../backend.ts';
import { findLaunched, state } from '../process-table.ts';

/** Environment variables as `env` takes them on its command line. */
export function assignments(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`);
}

/** What the process table says about the program of a terminal that was made under our label. */
export type Program =
  | { readonly kind: 'runs'; readonly identity: ProcessIdentity; readonly serverPid: number; readonly orphan: boolean }
  | { readonly kind: 'gone' }
  /** It was never asked for. */
  | { readonly kind: 'never' }
  | { readonly kind: 'unknown'; readonly reason: string };

/**
 * zellij and herdr keep no labels, list what they like, and say nothing of their processes: what runs in a terminal is
 * found by the label in its environment. Its parent is the server; init has what outlived its server.
 */
export async function programOf(processes: Processes, { pane, server, launch }: LastSeen): Promise<Program> {
  if (launch === null) return { kind: 'never' };
  const found = await findLaunched(processes, launch);
  if (found.kind === 'unknown') return found;
  if (found.kind === 'none') {
    const seen = pane ? await state(processes, pane) : 'gone';
    return seen === 'gone' ? { kind: 'gone' } : { kind: 'unknown', reason: `its process ${pane!.pid} is ${seen}` };
  }
  const { identity, parentPid } = found;
  const serverGone = server !== null && (await state(processes, server)) === 'gone';
  return { kind: 'runs', identity, serverPid: parentPid, orphan: parentPid === 1 || serverGone };
}

/**
 * A session is listed under a name whose program is gone. Names are all that zellij and herdr tell sessions apart by: is
 * it the one that was seen, or did somebody take the name? The server tells; `unseen` when it never was.
 */
export async function whoseServer(
  processes: Processes,
  { server }: LastSeen,
): Promise<'ours' | 'another' | 'unknown' | 'unseen'> {
  if (server === null) return 'unseen';
  const seen = await state(processes, server);
  if (seen === 'unknown') return 'unknown';
  return seen === 'alive' ? 'ours' : 'another';
}

/** Why this terminal must not be ended under its name: it is not ours, or not the one that was seen. Null when it may. */
export async function whyNotEnd(processes: Processes, owner: string, terminal: Terminal): Promise<string | null> {
  const { launch, end, serverPid } = terminal;
  if (terminal.owner !== owner || launch === null) return 'it is not ours';
  const program = await programOf(processes, { ...NEVER_SEEN, launch });
  // Only a session whose program is known to be ours, or known to be over with its server still there.
  const serverGone = serverPid !== null && (await processes.inspect(serverPid)).kind === 'gone';
  const same = end === null ? program.kind === 'runs' : program.kind === 'gone' && !serverGone;
  return same ? null : 'it is not the terminal that was seen';
}
