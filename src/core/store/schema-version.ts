import type { Database, SqlStatement } from '../ports.ts';
import { SCHEMA } from './schema.ts';

/** What the tables of one version look like, and how older ones are brought there. */
export interface SchemaVersions {
  readonly version: number;
  /** Makes the tables of `version` in an empty file. */
  readonly tables: readonly string[];
  /** Statements that bring tables of the version that is their key to the next one. */
  readonly migrations: Readonly<Record<number, readonly string[]>>;
}

/** A change of `SCHEMA` raises the version, and brings a migration from the one before. */
export const SCHEMA_VERSIONS: SchemaVersions = { version: 1, tables: SCHEMA, migrations: {} };

/** A database file that this program cannot use. It was not changed. */
export class DataFormatError extends Error {
  constructor(database: Database, found: string, wanted: number, todo: string) {
    super(`${database.place}: its tables are of ${found}; this program needs version ${wanted}. ${todo}`);
    this.name = 'DataFormatError';
  }
}

/**
 * Makes the tables in an empty file. Rejects with {@link DataFormatError}, having changed nothing, when the file is of a
 * newer version or of one that nothing leads on from. The version is SQLite's `user_version`; 0 is none.
 */
export async function makeTables(database: Database, versions = SCHEMA_VERSIONS): Promise<void> {
  const { version: wanted, tables, migrations } = versions;
  const found = versionOf(database);
  if (found > wanted)
    throw new DataFormatError(database, `version ${found}`, wanted, 'Start the newer program that wrote them.');
  if (found === 0) {
    const there = database.all("SELECT sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND sql IS NOT NULL");
    const asMade = new Set(tables.map(asStored));
    if (there.length > 0 && !(there.length === tables.length && there.every(({ sql }) => asMade.has(String(sql)))))
      throw new DataFormatError(database, 'no version', wanted, 'Name another file, or move this one away.');
    await database.write([...tables.map(statement), stamp(wanted)]);
    return;
  }
  for (let version = found; version < wanted; version++) {
    if (migrations[version]) continue;
    const todo = `Open it first with a program that knows version ${version + 1}, or move it away.`;
    throw new DataFormatError(database, `version ${found}`, wanted, todo);
  }
}

/** Brings older tables to the present version, one version at a time, each as a whole or not at all. */
export async function migrate(database: Database, { version: wanted, migrations } = SCHEMA_VERSIONS): Promise<void> {
  for (let version = versionOf(database); version < wanted; version++)
    await database.write([...(migrations[version] ?? []).map(statement), stamp(version + 1)]);
}

function versionOf(database: Database): number {
  const [row] = database.all('PRAGMA user_version');
  return Number(row?.user_version ?? 0);
}

/** In the same transaction as what it says. */
function stamp(version: number): SqlStatement {
  return statement(`PRAGMA user_version = ${version}`);
}

function statement(sql: string): SqlStatement {
  return { sql };
}

/** SQLite keeps the words of a statement, without the condition. */
function asStored(sql: string): string {
  return sql.replace(/^CREATE (UNIQUE )?(TABLE|INDEX) IF NOT EXISTS/, 'CREATE $1$2');
}
