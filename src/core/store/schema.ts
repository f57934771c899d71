import { DAEMON_TABLE } from '../locks/daemon-guard.ts';
import { PAIRS_TABLE } from '../pairs/pair-store.ts';
import { SESSION_TABLES } from '../sessions/session-store.ts';

/** Tables of a daemon's database. Whoever changes them raises the version, see `schema-version.ts`. */
export const SCHEMA: readonly string[] = [
  DAEMON_TABLE,
  PAIRS_TABLE,
  // home_pair_id: of chats that are closed it may name a pair that was forgotten since.
  // resume_key: the codex thread or claude session to continue; null until there is one.
  `CREATE TABLE IF NOT EXISTS chats (
    chat_id TEXT PRIMARY KEY,
    provider TEXT NOT NULL CHECK (provider IN ('codex', 'claude')),
    home_pair_id TEXT NOT NULL,
    pinned INTEGER NOT NULL CHECK (pinned IN (0, 1)),
    cwd TEXT NOT NULL,
    exclusive INTEGER NOT NULL CHECK (exclusive IN (0, 1)),
    resume_key TEXT,
    status TEXT NOT NULL CHECK (status IN ('open', 'closing', 'closed', 'ended')),
    cause TEXT
  ) STRICT`,
  ...SESSION_TABLES,
  `CREATE TABLE IF NOT EXISTS messages (
    message_id TEXT PRIMARY KEY,
    chat_id TEXT NOT NULL REFERENCES chats (chat_id),
    position INTEGER NOT NULL,
    text TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('accepted', 'sending', 'running', 'completed', 'interrupted', 'failed')),
    turn_id TEXT,
    error TEXT
  ) STRICT`,
  'CREATE INDEX IF NOT EXISTS messages_unfinished ON messages (status, position)',
  // Provider processes of this daemon, so that the next one can find what outlived it. Without a pid: being started.
  `CREATE TABLE IF NOT EXISTS agents (
    agent_id TEXT PRIMARY KEY,
    lane TEXT NOT NULL,
    pid INTEGER,
    start_ticks INTEGER,
    boot_id TEXT
  ) STRICT`,
];
