import Sqlite from 'libsql';
import type { SqlRow, SqlStatement, SqlValue } from '../core/ports.ts';

/** The table that a statement changes. */
const CHANGED_TABLE = /^\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)/i;

type Prepared = Sqlite.Statement<unknown[]>;

/**
 * The daemon's database file, as real SQLite in memory. It belongs to the machine: it outlives every daemon, and a
 * transaction that was not committed when its daemon died is not there.
 */
export class WorldDatabase {
  readonly place = "the machine's database";
  readonly #sqlite = new Sqlite(':memory:');
  readonly #prepared = new Map<string, Prepared>();
  readonly #changes = new Map<string, number>();

  constructor() {
    this.#sqlite.pragma('foreign_keys = ON');
  }

  all(sql: string, params: readonly SqlValue[] = []): SqlRow[] {
    // As a list: libsql takes a lone null for no arguments at all.
    return this.#prepare(sql).all([...params]) as SqlRow[];
  }

  /** Runs the statements in one transaction. Throws, with nothing written, when one fails or the disk is full. */
  write(statements: readonly SqlStatement[], diskFull = false): number[] {
    // Every commit makes the write-ahead log longer (measured with libsql on a full disk).
    if (diskFull) throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
    const alone = statements.length === 1;
    if (!alone) this.#sqlite.exec('BEGIN IMMEDIATE');
    try {
      const changes = statements.map(({ sql, params }) => this.#prepare(sql).run([...(params ?? [])]).changes);
      if (!alone) this.#sqlite.exec('COMMIT');
      for (const { sql } of statements) this.#count(sql);
      return changes;
    } catch (error) {
      if (!alone) this.#sqlite.exec('ROLLBACK');
      throw error;
    }
  }

  /** How often statements that name this table have been committed. */
  changesOf(table: string): number {
    return this.#changes.get(table) ?? 0;
  }

  /**
   * Empties every table, as if the file were new to a program that makes the same tables again. A hundred times cheaper
   * than a new database: compiled statements stay.
   */
  reset(): void {
    // Tables refer to those made before them, hence the latest first.
    for (const { name } of this.all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid DESC")) {
      if (this.changesOf(String(name)) > 0) this.#prepare(`DELETE FROM "${name}"`).run();
    }
    this.#prepare('PRAGMA user_version = 0').run();
    this.#changes.clear();
  }

  close(): void {
    this.#sqlite.close();
  }

  #count(sql: string): void {
    const table = CHANGED_TABLE.exec(sql)?.[1];
    if (table !== undefined) this.#changes.set(table, this.changesOf(table) + 1);
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
