import type { Database, ProcessIdentity, SqlRow, SqlStatement } from '../ports.ts';
import { identityOf, textOf } from '../store/columns.ts';
import type { BackendKind, LastSeen } from './backend.ts';

/**
 * What a session's terminal is meant to be. `active`: there is one, or one is made when it is needed. `suspended`: it was
 * ended to save room, or is about to be. `parked`: its worker crashed, and has not been started again since.
 */
export type SessionState = 'active' | 'suspended' | 'parked';

/**
 * The durable record of a chat's terminal. What keeps it is fixed for good when the chat is opened (facts C S9). Its name
 * changes when somebody else has it, and when an adopted terminal is gone.
 */
export interface SessionRow {
  readonly sessionId: string;
  readonly chatId: string;
  readonly backend: BackendKind;
  readonly terminalName: string;
  /** The terminal is its user's: it is never ended, restarted or typed into unasked. */
  readonly adopted: boolean;
  readonly state: SessionState;
  readonly seen: LastSeen;
}

export const SESSION_TABLES: readonly string[] = [
  // pane_*, server_*: the process in the terminal and the server that keeps it, when they were last seen. launch: label
  // of the last making that was begun. The name is fixed before the terminal is made.
  `CREATE TABLE IF NOT EXISTS sessions (
    session_id TEXT PRIMARY KEY,
    chat_id TEXT NOT NULL UNIQUE REFERENCES chats (chat_id),
    backend TEXT NOT NULL CHECK (backend IN ('tmux', 'zellij', 'herdr')),
    terminal_name TEXT NOT NULL,
    adopted INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'parked')),
    launch TEXT,
    pane_pid INTEGER,
    pane_start_ticks INTEGER,
    pane_boot_id TEXT,
    server_pid INTEGER,
    server_start_ticks INTEGER,
    server_boot_id TEXT
  ) STRICT`,
  'CREATE UNIQUE INDEX IF NOT EXISTS sessions_own_name ON sessions (terminal_name) WHERE adopted = 0',
  // What was typed into terminals: each at most once, also across restarts.
  `CREATE TABLE IF NOT EXISTS terminal_inputs (
    input_id TEXT PRIMARY KEY,
    chat_id TEXT NOT NULL REFERENCES chats (chat_id),
    outcome TEXT NOT NULL CHECK (outcome IN ('sending', 'done', 'refused', 'uncertain'))
  ) STRICT`,
];

export type InputOutcome = 'done' | 'refused' | 'uncertain';

export function insertSession(session: SessionRow): SqlStatement {
  const { sessionId, chatId, backend, terminalName, adopted, state } = session;
  return {
    sql: `INSERT INTO sessions (session_id, chat_id, backend, terminal_name, adopted, state, pane_pid, pane_start_ticks,
      pane_boot_id, server_pid, server_start_ticks, server_boot_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    params: [sessionId, chatId, backend, terminalName, adopted ? 1 : 0, state, ...seenColumns(session.seen)],
  };
}

/** Sessions and what was typed into them. Every method is one transaction. */
export class SessionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  all(): SessionRow[] {
    return this.#database.all('SELECT * FROM sessions ORDER BY rowid').map(sessionRow);
  }

  async setState(sessionId: string, state: SessionState): Promise<void> {
    await this.#write('UPDATE sessions SET state = ? WHERE session_id = ?', state, sessionId);
  }

  /** A terminal is about to be made: what was seen of an earlier one is over. */
  async beginLaunch(sessionId: string, launch: string): Promise<void> {
    const sql = `UPDATE sessions SET launch = ?, pane_pid = NULL, pane_start_ticks = NULL, pane_boot_id = NULL,
      server_pid = NULL, server_start_ticks = NULL, server_boot_id = NULL WHERE session_id = ?`;
    await this.#write(sql, launch, sessionId);
  }

  async setSeen(sessionId: string, seen: LastSeen): Promise<void> {
    const sql = `UPDATE sessions SET pane_pid = ?, pane_start_ticks = ?, pane_boot_id = ?, server_pid = ?,
      server_start_ticks = ?, server_boot_id = ? WHERE session_id = ?`;
    await this.#write(sql, ...seenColumns(seen), sessionId);
  }

  /** Somebody else has the name: the next terminal is made under another. */
  async rename(sessionId: string, terminalName: string): Promise<void> {
    await this.#write('UPDATE sessions SET terminal_name = ? WHERE session_id = ?', terminalName, sessionId);
  }

  /** An adopted terminal is gone: the session goes on with one of its own. */
  async disown(sessionId: string, terminalName: string): Promise<void> {
    const sql = `UPDATE sessions SET adopted = 0, terminal_name = ?, launch = NULL, pane_pid = NULL,
      pane_start_ticks = NULL, pane_boot_id = NULL, server_pid = NULL, server_start_ticks = NULL, server_boot_id = NULL
      WHERE session_id = ?`;
    await this.#write(sql, terminalName, sessionId);
  }

  /** Notes that something is about to be typed. False when this was asked for before. */
  async beginInput(inputId: string, chatId: string): Promise<boolean> {
    const sql = "INSERT OR IGNORE INTO terminal_inputs (input_id, chat_id, outcome) VALUES (?, ?, 'sending')";
    return (await this.#write(sql, inputId, chatId)) === 1;
  }

  async endInput(inputId: string, outcome: InputOutcome): Promise<void> {
    await this.#write('UPDATE terminal_inputs SET outcome = ? WHERE input_id = ?', outcome, inputId);
  }

  /** What became of an earlier input; one of which nothing more is known is `uncertain`. */
  inputOutcome(inputId: string): InputOutcome {
    const [row] = this.#database.all('SELECT outcome FROM terminal_inputs WHERE input_id = ?', [inputId]);
    const outcome = row && textOf(row, 'outcome');
    return outcome === 'done' || outcome === 'refused' ? outcome : 'uncertain';
  }

  async #write(sql: string, ...params: NonNullable<SqlStatement['params']>): Promise<number> {
    const [changes] = await this.#database.write([{ sql, params }]);
    return changes ?? 0;
  }
}

function seenColumns({ pane, server }: LastSeen): (string | number | null)[] {
  const columns = (identity: ProcessIdentity | null) =>
    identity ? [identity.pid, identity.startTicks, identity.bootId] : [null, null, null];
  return [...columns(pane), ...columns(server)];
}

function sessionRow(row: SqlRow): SessionRow {
  return {
    sessionId: textOf(row, 'session_id'),
    chatId: textOf(row, 'chat_id'),
    backend: textOf(row, 'backend') as BackendKind,
    terminalName: textOf(row, 'terminal_name'),
    adopted: row.adopted === 1,
    state: textOf(row, 'state') as SessionState,
    seen: {
      pane: identityOf(row.pane_pid, row.pane_start_ticks, row.pane_boot_id),
      server: identityOf(row.server_pid, row.server_start_ticks, row.server_boot_id),
      launch: row.launch as string | null,
    },
  };
}
