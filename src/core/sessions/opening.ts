import type { Ids, Processes } from '../ports.ts';
import { type BackendKind, type LastSeen, NEVER_SEEN, type TerminalBackend } from './backend.ts';
import { notConfigured } from './backends/not-configured.ts';
import type { SessionRow } from './session-store.ts';
import { ownTerminalName } from './terminals.ts';

/** Which terminal a new chat gets. */
export interface TerminalWish {
  readonly chatId: string;
  /** What keeps its terminal, for good. Default: what is configured. */
  readonly backend?: BackendKind;
  /** A terminal of its user's to work beside, by the backend's name for it, instead of one of its own. */
  readonly adopt?: { readonly backend: BackendKind; readonly target: string };
}

export interface OpeningOptions {
  readonly backends: ReadonlyMap<BackendKind, TerminalBackend>;
  readonly ids: Ids;
  readonly processes: Processes;
  readonly owner: string;
  /** What is configured for chats that do not say. */
  readonly defaultBackend: BackendKind;
}

/**
 * The session of a new chat; or, in a sentence, why it cannot have the terminal that it wishes for: its backend is not
 * configured, or the terminal to adopt is not there, cannot be seen now, or is one of ours.
 */
export async function newSession(wish: TerminalWish, options: OpeningOptions): Promise<SessionRow | string> {
  const { chatId, adopt } = wish;
  const kind = adopt?.backend ?? wish.backend ?? options.defaultBackend;
  const backend = options.backends.get(kind);
  if (!backend) return notConfigured(kind);
  const { ids } = options;
  const row = { sessionId: ids.next('ses'), chatId, backend: kind, state: 'active' as const };
  if (!adopt) return { ...row, terminalName: ownTerminalName(ids), adopted: false, seen: NEVER_SEEN };
  const seen = await findAdopted(backend, adopt.target, options);
  return typeof seen === 'string' ? seen : { ...row, terminalName: adopt.target, adopted: true, seen };
}

async function findAdopted(
  backend: TerminalBackend,
  target: string,
  { processes, owner }: OpeningOptions,
): Promise<LastSeen | string> {
  const where = `Terminal ${target} of ${backend.kind}`;
  const probe = await backend.probe(target, NEVER_SEEN);
  if (probe.verdict === 'missing') return `${where} does not exist (${probe.evidence}).`;
  if (probe.verdict === 'unknown') return `${where} cannot be seen now (${probe.evidence}). Try again.`;
  const { panePid, serverPid, end } = probe.found;
  if (probe.found.owner === owner) return `${where} is one of our own.`;
  const pane = await processes.inspect(panePid);
  if (end || pane.kind !== 'alive') return `${where}: its process ${panePid} cannot be seen running.`;
  const server = serverPid === null ? null : await processes.inspect(serverPid);
  return { pane: pane.identity, server: server?.kind === 'alive' ? server.identity : null, launch: null };
}
