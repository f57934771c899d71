import type { Processes, ProcessIdentity } from '../../ports.ts';
import type { LastSeen } from '../backend.ts';
import { findLaunched, state } from '../process-table.ts';

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
