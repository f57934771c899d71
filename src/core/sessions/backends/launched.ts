import type { Processes, ProcessIdentity } from '../../ports.ts';
import type { Change, LastSeen, Terminal } from '../backend.ts';
import { findLaunched, findProcess, othersUnder, state } from '../process-table.ts';

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
 * zellij and herdr keep no labels, list what they like, and say nothing of their processes. The process that was seen in
 * the terminal tells, whatever else it left behind; one that was never seen is found by the label in its environment. Its
 * parent is the server; init has what outlived its server.
 */
export async function programOf(processes: Processes, { pane, server, launch }: LastSeen): Promise<Program> {
  if (launch === null) return { kind: 'never' };
  const found = await (pane ? findProcess(processes, pane) : findLaunched(processes, launch));
  if (found.kind === 'unknown') return found;
  if (found.kind === 'none') return { kind: 'gone' };
  const { identity, parentPid } = found;
  const serverGone = server !== null && (await state(processes, server)) === 'gone';
  return { kind: 'runs', identity, serverPid: parentPid, orphan: parentPid === 1 || serverGone };
}

/** Whose session it is that has the name of a terminal of ours. `shared`: ours, and somebody else's programs run in it. */
export type Whose = 'ours' | 'shared' | 'another' | 'unknown' | 'unseen';

/**
 * A session is listed under a name whose program is gone. Names are all that zellij and herdr tell sessions apart by: is
 * it the one that was seen, or did somebody take the name? The server tells; `unseen` when it never was.
 */
export async function whoseServer(processes: Processes, { server, launch }: LastSeen): Promise<Whose> {
  if (server === null || launch === null) return 'unseen';
  const seen = await state(processes, server);
  if (seen === 'gone') return 'another';
  const others = seen === 'alive' ? await othersUnder(processes, server.pid, launch) : null;
  if (others === null) return 'unknown';
  return others.length > 0 ? 'shared' : 'ours';
}

/** Why a terminal whose program is gone is missing, although there is a session of its name. */
export function isNotThere(whose: Whose): string {
  return `no process of it runs; ${whose === 'shared' ? 'others work in its session' : 'another session has its name'}`;
}

/** How a terminal may be ended: with its session, or only its program, beside which somebody else's run; or why not. */
export type HowToEnd =
  | { readonly how: 'session' }
  | { readonly how: 'program'; readonly identity: ProcessIdentity }
  | { readonly how: 'not'; readonly reason: string };

const NOT_SEEN: HowToEnd = { how: 'not', reason: 'it is not the terminal that was seen' };

/** Only a session whose program is known to be ours, or known to be over with its server still there, is ended by name. */
export async function howToEnd(processes: Processes, owner: string, terminal: Terminal): Promise<HowToEnd> {
  const { launch, end, serverPid, panePid } = terminal;
  if (terminal.owner !== owner || launch === null) return { how: 'not', reason: 'it is not ours' };
  if (end !== null && (serverPid === null || (await processes.inspect(serverPid)).kind === 'gone')) return NOT_SEEN;
  const program = end === null ? await findLaunched(processes, launch) : null;
  if (program && (program.kind !== 'found' || program.identity.pid !== panePid)) return NOT_SEEN;
  const others = await othersUnder(processes, program?.parentPid ?? serverPid!, launch);
  if (others === null) return { how: 'not', reason: 'it cannot be known what runs in it' };
  if (others.length === 0) return { how: 'session' };
  return program ? { how: 'program', identity: program.identity } : { how: 'not', reason: 'others work in it' };
}

/** Ends the program alone; whoever keeps it notices. */
export async function endProgram(processes: Processes, identity: ProcessIdentity): Promise<Change<null>> {
  const sent = await processes.signal(identity, 'SIGTERM', 'group');
  return sent === 'EPERM' ? { outcome: 'refused', reason: sent } : { outcome: 'done', value: null };
}
