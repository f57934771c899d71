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
 */
export function openDatabase(file: string): HostDatabase {
  const db = new LibsqlDatabase(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('busy_timeout = 5000');
  db.pragma('foreign_keys = ON');

  const writeAll = db.transaction((statements: readonly SqlStatement[]) =>
    statements.map(({ sql, params = [] }) => db.prepare(sql).run(asList(params)).changes),
  );
  return {
    all: (sql, params = []) => db.prepare(sql).all(asList(params)) as SqlRow[],
    write: async (statements) => writeAll.immediate(statements),
    close: () => {
      db.close();
    },
  };
}

/** One list argument: a lone `null` argument would be taken for a missing object of named parameters. */
const asList = (params: readonly SqlValue[]): SqlValue[] => [...params];
