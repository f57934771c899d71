import type { Database, Ports, ProcessIdentity } from '../ports.ts';
import { isGone } from '../process-identity.ts';
import { isIdentity } from './lock.ts';

/** One row at most: the daemon that uses this database. */
export const DAEMON_TABLE = `CREATE TABLE IF NOT EXISTS daemon (
    the_one INTEGER PRIMARY KEY CHECK (the_one = 1),
    pid INTEGER NOT NULL,
    start_ticks INTEGER NOT NULL,
    boot_id TEXT NOT NULL
  ) STRICT`;

/** The data of a daemon that lives, or that may live, is not used by a second one. */
export class DataInUseError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DataInUseError';
  }
}

/** How often to try when others come and go meanwhile. */
const ATTEMPTS = 4;

type GuardPorts = Pick<Ports, 'database' | 'processes' | 'log'>;

/**
 * At most one daemon uses one database (facts/sessions-and-locks.md S10, B3 8). It is written down there, so that SQLite
 * decides between two that start in the same instant. The place of a process that is proven gone is taken over; nothing
 * is ever killed for it.
 */
export class DaemonGuard {
  readonly #database: Database;
  readonly #self: ProcessIdentity;

  private constructor({ database, processes }: GuardPorts) {
    this.#database = database;
    this.#self = processes.self;
  }

  /** Rejects with {@link DataInUseError} when another daemon is there, or when that cannot be known. */
  static async enter(ports: GuardPorts): Promise<DaemonGuard> {
    const guard = new DaemonGuard(ports);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const other = guard.#other();
      if (other && !isGone(other, await ports.processes.inspect(other.pid))) {
        throw new DataInUseError(`the daemon with pid ${other.pid} uses this data: stop it first`);
      }
      if (await guard.#take(other)) {
        if (other) ports.log.event('daemon.data-taken-over', { from: other.pid });
        return guard;
      }
    }
    throw new DataInUseError('several daemons are being started on the same data');
  }

  /** The data is free again. */
  async leave(): Promise<void> {
    const { pid, startTicks, bootId } = this.#self;
    const sql = 'DELETE FROM daemon WHERE pid = ? AND start_ticks = ? AND boot_id = ?';
    await this.#database.write([{ sql, params: [pid, startTicks, bootId] }]);
  }

  #other(): ProcessIdentity | null {
    const [row] = this.#database.all('SELECT pid, start_ticks AS startTicks, boot_id AS bootId FROM daemon');
    return isIdentity(row) ? row : null;
  }

  /** Takes the place of `other`, or the free one; false when somebody was faster. */
  async #take(other: ProcessIdentity | null): Promise<boolean> {
    const { pid, startTicks, bootId } = this.#self;
    const statement = other
      ? {
          sql: 'UPDATE daemon SET pid = ?, start_ticks = ?, boot_id = ? WHERE pid = ? AND start_ticks = ? AND boot_id = ?',
          params: [pid, startTicks, bootId, other.pid, other.startTicks, other.bootId],
        }
      : {
          sql: 'INSERT OR IGNORE INTO daemon (the_one, pid, start_ticks, boot_id) VALUES (1, ?, ?, ?)',
          params: [pid, startTicks, bootId],
        };
    const [changes] = await this.#database.write([statement]);
    return changes === 1;
  }
}
