import LibsqlDatabase from 'libsql';
import type { Database, SqlRow, SqlStatement, SqlValue } from '../core/ports.ts';

export interface HostDatabase extends Database {
  /** Closes the file. Nothing can be asked afterwards. */
  close(): void;
}

/**
 * Opens (or creates) a SQLite file in WAL mode. A commit is on the disk when `write` resolves (`synchronous = FULL`); a
 * file locked by another process is waited for up to 5,000 ms.
 *
 * libsql because it is prebuilt for every supported Node and needs no install script. It is laxer than the port in three
 * ways that callers must know: missing parameters are NULL, extra ones are ignored, and of several statements in one
 * string only the first runs.
 *
 * Throws {@link DamagedDatabaseError}, and leaves the file as it is, when it is no SQLite database or does not hold
 * together.
 */
export function openDatabase(file: string): HostDatabase {
  const db = new LibsqlDatabase(file);
  db.pragma('busy_timeout = 5000');
  const damage = damageOf(db);
  if (damage !== null) {
    db.close();
    throw new DamagedDatabaseError(file, damage);
  }
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');

  // libsql's own transactions roll back once more what SQLite has rolled back by itself, and that error hides the first.
  const writeAll = (statements: readonly SqlStatement[]): number[] => {
    db.exec('BEGIN IMMEDIATE');
    try {
      const changes = statements.map(({ sql, params = [] }) => db.prepare(sql).run(asList(params)).changes);
      db.exec('COMMIT');
      return changes;
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK');
      throw error;
    }
  };
  return {
    place: file,
    all: (sql, params = []) => db.prepare(sql).all(asList(params)) as SqlRow[],
    write: async (statements) => writeAll(statements),
    close: () => {
      db.close();
    },
  };
}

/** A database file that cannot be trusted. Nothing was written to it. */
export class DamagedDatabaseError extends Error {
  constructor(file: string, damage: string) {
    super(`${file} cannot be used as a database: ${damage}. It was left as it is: restore a copy, or move it away.`);
    this.name = 'DamagedDatabaseError';
  }
}

/** Null when it holds together. Every page is read, a second for each gigabyte or so. */
function damageOf(db: LibsqlDatabase.Database): string | null {
  try {
    const [row] = db.prepare('PRAGMA quick_check(1)').all() as { readonly quick_check?: string }[];
    return row?.quick_check === 'ok' ? null : String(row?.quick_check).replaceAll('\n', ' ');
  } catch (error) {
    const { code } = error as { readonly code?: string };
    if (code === 'SQLITE_NOTADB' || code?.startsWith('SQLITE_CORRUPT')) return (error as Error).message;
    throw error;
  }
}

/** One list argument: a lone `null` argument would be taken for a missing object of named parameters. */
const asList = (params: readonly SqlValue[]): SqlValue[] => [...params];
