import Sqlite from 'libsql';
import type { SqlRow, SqlStatement, SqlValue } from '../core/ports.ts';

type Prepared = Sqlite.Statement<unknown[]>;

/**
 * The daemon's database file, as real SQLite in memory. It belongs to the machine: it outlives every daemon, and a
 * transaction that was not committed when its daemon died is not there.
 */
export class WorldDatabase {
  readonly #sqlite = new Sqlite(':memory:');
  readonly #prepared = new Map<string, Prepared>();
  /** Committed transactions so far. */
  writes = 0;

  all(sql: string, params: readonly SqlValue[] = []): SqlRow[] {
    return this.#prepare(sql).all(...params) as SqlRow[];
  }

  /** Runs the statements in one transaction. Throws, with nothing written, when one fails. */
  write(statements: readonly SqlStatement[]): number[] {
    const alone = statements.length === 1;
    if (!alone) this.#sqlite.exec('BEGIN IMMEDIATE');
    try {
      const changes = statements.map(({ sql, params }) => this.#prepare(sql).run(...(params ?? [])).changes);
      if (!alone) this.#sqlite.exec('COMMIT');
      this.writes++;
      return changes;
    } catch (error) {
      if (!alone) this.#sqlite.exec('ROLLBACK');
      throw error;
    }
  }

  /**
   * Empties every table, as if the file were new to a program that makes the same tables again. A hundred times cheaper
   * than a new database: compiled statements stay.
   */
  reset(): void {
    this.writes = 0;
    // Tables refer to those made before them, hence the latest first.
    for (const { name } of this.all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid DESC")) {
      this.#prepare(`DELETE FROM "${name}"`).run();
    }
  }

  close(): void {
    this.#sqlite.close();
  }

  #prepare(sql: string): Prepared {
    let prepared = this.#prepared.get(sql);
    if (!prepared) {
      prepared = this.#sqlite.prepare(sql) as Prepared;
      this.#prepared.set(sql, prepared);
    }
    return prepared;
  }
}
