import type { Database, ProcessIdentity, SqlStatement } from '../ports.ts';
import { insertSession, type SessionRow } from '../sessions/session-store.ts';
import {
  type AgentRow,
  agentRow,
  type ChatRow,
  type ChatStatus,
  chatRow,
  type MessageRow,
  messageRow,
} from './rows.ts';
import { type DataFormatError, makeTables, migrate } from './schema-version.ts';

/** The daemon's durable memory. Every method is one transaction. */
export class Store {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Makes the tables, or brings older ones up to date. Rejects with {@link DataFormatError} when it cannot use them. */
  async open(): Promise<void> {
    await makeTables(this.#database);
    await migrate(this.#database);
  }

  chats(): ChatRow[] {
    return this.#database.all('SELECT * FROM chats ORDER BY rowid').map(chatRow);
  }

  agents(): AgentRow[] {
    return this.#database.all('SELECT * FROM agents ORDER BY rowid').map(agentRow);
  }

  message(messageId: string): MessageRow | null {
    const [row] = this.#database.all('SELECT * FROM messages WHERE message_id = ?', [messageId]);
    return row ? messageRow(row) : null;
  }

  messagesWith(status: MessageRow['status']): MessageRow[] {
    return this.#database.all('SELECT * FROM messages WHERE status = ? ORDER BY position', [status]).map(messageRow);
  }

  /** Has this chat ever been given a message? */
  hasMessages(chatId: string): boolean {
    return this.#database.all('SELECT 1 FROM messages WHERE chat_id = ? LIMIT 1', [chatId]).length > 0;
  }

  /** A chat and its session come into being together. Rejects when the chat exists. */
  async addChat(chat: ChatRow, session: SessionRow): Promise<void> {
    await this.#database.write([
      {
        sql: `INSERT INTO chats (chat_id, provider, home_pair_id, pinned, cwd, exclusive, resume_key, status)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        params: [
          chat.chatId,
          chat.provider,
          chat.homePairId,
          Number(chat.pinned),
          chat.cwd,
          Number(chat.exclusive),
          chat.resumeKey,
          chat.status,
        ],
      },
      insertSession(session),
    ]);
  }

  async setHome(chatId: string, homePairId: string): Promise<void> {
    await this.#write('UPDATE chats SET home_pair_id = ? WHERE chat_id = ?', homePairId, chatId);
  }

  async setResumeKey(chatId: string, resumeKey: string): Promise<void> {
    await this.#write('UPDATE chats SET resume_key = ? WHERE chat_id = ?', resumeKey, chatId);
  }

  /** Moves a chat on; false when it was not in `from` any more. */
  async moveChat(chatId: string, from: ChatStatus, to: ChatStatus, cause: string): Promise<boolean> {
    const sql = 'UPDATE chats SET status = ?, cause = ? WHERE chat_id = ? AND status = ?';
    return (await this.#write(sql, to, cause, chatId, from)) === 1;
  }

  /** False when the message was accepted before. */
  async acceptMessage(messageId: string, chatId: string, text: string): Promise<boolean> {
    const sql = `INSERT OR IGNORE INTO messages (message_id, chat_id, position, text, status)
      VALUES (?, ?, (SELECT coalesce(max(position), 0) + 1 FROM messages), ?, 'accepted')`;
    return (await this.#write(sql, messageId, chatId, text)) === 1;
  }

  async markSending(messageId: string): Promise<void> {
    await this.#write("UPDATE messages SET status = 'sending' WHERE message_id = ? AND status = 'accepted'", messageId);
  }

  async markRunning(messageId: string, turnId: string): Promise<void> {
    const sql = "UPDATE messages SET status = 'running', turn_id = ? WHERE message_id = ? AND status = 'sending'";
    await this.#write(sql, turnId, messageId);
  }

  /** Writes a terminal status, once: false when the message had one already. */
  async finishMessage(
    messageId: string,
    status: 'completed' | 'interrupted' | 'failed',
    error: string | null,
  ): Promise<boolean> {
    const sql = `UPDATE messages SET status = ?, error = ? WHERE message_id = ?
      AND status IN ('accepted', 'sending', 'running')`;
    return (await this.#write(sql, status, error, messageId)) === 1;
  }

  async announceAgent(agentId: string, lane: string): Promise<void> {
    await this.#write('INSERT INTO agents (agent_id, lane) VALUES (?, ?)', agentId, lane);
  }

  async identifyAgent(agentId: string, { pid, startTicks, bootId }: ProcessIdentity): Promise<void> {
    const sql = 'UPDATE agents SET pid = ?, start_ticks = ?, boot_id = ? WHERE agent_id = ?';
    await this.#write(sql, pid, startTicks, bootId, agentId);
  }

  async removeAgent(agentId: string): Promise<void> {
    await this.#write('DELETE FROM agents WHERE agent_id = ?', agentId);
  }

  async #write(sql: string, ...params: NonNullable<SqlStatement['params']>): Promise<number> {
    const [changes] = await this.#database.write([{ sql, params }]);
    return changes ?? 0;
  }
}
