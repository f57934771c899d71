import type { Database } from '../ports.ts';

/**
 * Registered pairs. A pair keeps its place, hence its port, until it is forgotten. `wanted`: it is to run; not so after
 * it was destroyed and not forgotten. `position`: pairs are in the order in which they were asked for.
 */
export const PAIRS_TABLE = `CREATE TABLE IF NOT EXISTS pairs (
    pair_id TEXT PRIMARY KEY,
    place INTEGER NOT NULL UNIQUE CHECK (place >= 0),
    wanted INTEGER NOT NULL CHECK (wanted IN (0, 1)),
    position INTEGER NOT NULL
  ) STRICT`;

export interface PairRow {
  readonly pairId: string;
  readonly place: number;
  readonly wanted: boolean;
  readonly position: number;
}

/** The durable registry of pairs. Every method is one transaction. */
export class PairStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** In the order in which they were asked for. */
  pairs(): PairRow[] {
    const rows = this.#database.all('SELECT * FROM pairs ORDER BY position');
    return rows.map((row) => ({
      pairId: String(row.pair_id),
      place: Number(row.place),
      wanted: row.wanted === 1,
      position: Number(row.position),
    }));
  }

  /** Registers a pair that runs, or notes that a registered one runs again. */
  async add(pairId: string, place: number, position: number): Promise<void> {
    const sql = `INSERT INTO pairs (pair_id, place, wanted, position) VALUES (?, ?, 1, ?)
      ON CONFLICT (pair_id) DO UPDATE SET wanted = 1, position = excluded.position`;
    await this.#database.write([{ sql, params: [pairId, place, position] }]);
  }

  /** The pair is not to run any more, and its open chats live on `heir`: both or neither. */
  async remove(pairId: string, forget: boolean, heir: string | null): Promise<void> {
    const sql = forget ? 'DELETE FROM pairs WHERE pair_id = ?' : 'UPDATE pairs SET wanted = 0 WHERE pair_id = ?';
    const move = "UPDATE chats SET home_pair_id = ? WHERE home_pair_id = ? AND status IN ('open', 'closing')";
    await this.#database.write([
      ...(heir === null ? [] : [{ sql: move, params: [heir, pairId] }]),
      { sql, params: [pairId] },
    ]);
  }
}
