import type { ProcessIdentity, SqlRow } from '../ports.ts';
import { identityOf, textOf as text } from './columns.ts';

export type Provider = 'codex' | 'claude';

/**
 * `open`: in use. `closing`: its user closed it, its terminal may still be there. `closed`: that is done. `ended`: it
 * had nothing to resume and its terminal was gone.
 */
export type ChatStatus = 'open' | 'closing' | 'closed' | 'ended';

export interface ChatRow {
  readonly chatId: string;
  readonly provider: Provider;
  readonly homePairId: string;
  /** Its user named its pair. */
  readonly pinned: boolean;
  readonly cwd: string;
  /** Nobody else works in its directory while it does. */
  readonly exclusive: boolean;
  readonly resumeKey: string | null;
  readonly status: ChatStatus;
}

/** `sending`: handed to the provider, not yet known to have arrived. The last three are terminal. */
export type MessageStatus = 'accepted' | 'sending' | 'running' | 'completed' | 'interrupted' | 'failed';

export interface MessageRow {
  readonly messageId: string;
  readonly chatId: string;
  readonly position: number;
  readonly text: string;
  readonly status: MessageStatus;
  readonly turnId: string | null;
  readonly error: string | null;
}

export interface AgentRow {
  readonly agentId: string;
  readonly lane: string;
  /** Null while it is being started. */
  readonly identity: ProcessIdentity | null;
}

export function chatRow(row: SqlRow): ChatRow {
  return {
    chatId: text(row, 'chat_id'),
    provider: text(row, 'provider') as Provider,
    homePairId: text(row, 'home_pair_id'),
    pinned: row.pinned === 1,
    cwd: text(row, 'cwd'),
    exclusive: row.exclusive === 1,
    resumeKey: row.resume_key as string | null,
    status: text(row, 'status') as ChatStatus,
  };
}

export function messageRow(row: SqlRow): MessageRow {
  return {
    messageId: text(row, 'message_id'),
    chatId: text(row, 'chat_id'),
    position: row.position as number,
    text: text(row, 'text'),
    status: text(row, 'status') as MessageStatus,
    turnId: row.turn_id as string | null,
    error: row.error as string | null,
  };
}

export function agentRow(row: SqlRow): AgentRow {
  return {
    agentId: text(row, 'agent_id'),
    lane: text(row, 'lane'),
    identity: identityOf(row.pid, row.start_ticks, row.boot_id),
  };
}
