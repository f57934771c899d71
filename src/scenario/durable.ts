import type { WorldDatabase } from '../world/database.ts';

/** A chat as the database has it: what is left of it whatever becomes of the daemon. */
export interface DurableChat {
  readonly chatId: string;
  readonly status: string;
  readonly terminalName: string;
  /** What keeps its terminal. */
  readonly backend: string;
  /** Its terminal is its user's. */
  readonly adopted: boolean;
  /** What its terminal is meant to be: `active`, `suspended` or `parked`. */
  readonly state: string;
  /** Its terminal has been seen. */
  readonly hadTerminal: boolean;
  /** There is a thread or session to go on with, or it was given messages. */
  readonly resumable: boolean;
}

export interface DurableMessage {
  readonly messageId: string;
  readonly status: string;
}

const CHATS = `SELECT chats.chat_id, chats.status, chats.resume_key, sessions.terminal_name, sessions.backend, sessions.adopted, sessions.state, sessions.pane_pid,
    EXISTS (SELECT 1 FROM messages WHERE messages.chat_id = chats.chat_id) AS has_messages
  FROM chats JOIN sessions USING (chat_id)`;

/** All chats, in order of their making. */
export function readChats(database: WorldDatabase): DurableChat[] {
  return chats(database, `${CHATS} ORDER BY chats.rowid`);
}

/** Chats that are closing, closed or ended. Rules look at these after every write. */
export function readChatsLeft(database: WorldDatabase): DurableChat[] {
  return chats(database, `${CHATS} WHERE chats.status <> 'open' ORDER BY chats.rowid`);
}

function chats(database: WorldDatabase, sql: string): DurableChat[] {
  return database.all(sql).map((row) => ({
    chatId: String(row.chat_id),
    status: String(row.status),
    terminalName: String(row.terminal_name),
    backend: String(row.backend),
    adopted: row.adopted === 1,
    state: String(row.state),
    hadTerminal: row.pane_pid !== null,
    resumable: row.resume_key !== null || row.has_messages === 1,
  }));
}

export function readMessages(database: WorldDatabase): Map<string, DurableMessage> {
  const rows = database.all('SELECT message_id, status FROM messages');
  return new Map(
    rows.map((row) => [String(row.message_id), { messageId: String(row.message_id), status: String(row.status) }]),
  );
}
