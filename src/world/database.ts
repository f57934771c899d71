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
