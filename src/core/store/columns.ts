import type { ProcessIdentity, SqlRow, SqlValue } from '../ports.ts';

type Column = SqlValue | undefined;

/** A process from its three columns; null unless all are set. */
export function identityOf(pid: Column, startTicks: Column, bootId: Column): ProcessIdentity | null {
  if (typeof pid !== 'number' || typeof startTicks !== 'number' || typeof bootId !== 'string') return null;
  return { pid, startTicks, bootId };
}

/** Throws when the column does not hold text: the database is not ours. */
export function textOf(row: SqlRow, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new Error(`database: column ${column} holds ${String(value)}, expected text`);
  return value;
}
