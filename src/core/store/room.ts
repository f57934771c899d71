import type { Clock, Database, Log, SqlRow, SqlStatement, SqlValue } from '../ports.ts';

/** From one attempt to the next while the disk is full, ms. */
const TRY_AGAIN_MS = 1_000;

/**
 * A database whose writes wait while the disk is full, in their order, until there is room: nothing is called done that
 * is not on the disk, and nothing that was asked for is dropped. Reads go on. Whoever waits is not answered meanwhile.
 */
export class WaitsForRoom implements Database {
  readonly place: string;
  /** Told each time that a write has failed for want of room and waits on. Stretches without room count from 1. */
  onFull: (stretch: number) => void = () => {};
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #log: Log;
  /** The last write that waits; null while there is room. */
  #last: Promise<unknown> | null = null;
  /** Stretches without room so far. */
  #stretch = 0;

  constructor(database: Database, clock: Clock, log: Log) {
    this.place = database.place;
    this.#database = database;
    this.#clock = clock;
    this.#log = log;
  }

  all(sql: string, params?: readonly SqlValue[]): SqlRow[] {
    return this.#database.all(sql, params);
  }

  async write(statements: readonly SqlStatement[]): Promise<number[]> {
    if (this.#last) return this.#wait(statements);
    try {
      return await this.#database.write(statements);
    } catch (error) {
      if (!isFull(error)) throw error;
      return this.#wait(statements);
    }
  }

  #wait(statements: readonly SqlStatement[]): Promise<number[]> {
    if (!this.#last) {
      this.#stretch++;
      this.#log.event('database.full', { place: this.place });
    }
    const before = this.#last ?? Promise.resolve();
    const written = before.then(() => this.#persist(statements));
    // One that fails for another reason keeps nobody waiting.
    const last: Promise<void> = written.then(
      () => this.#forget(last),
      () => this.#forget(last),
    );
    this.#last = last;
    return written;
  }

  #forget(last: Promise<unknown>): void {
    if (this.#last !== last) return;
    this.#last = null;
    this.#log.event('database.has-room', { place: this.place });
  }

  async #persist(statements: readonly SqlStatement[]): Promise<number[]> {
    for (;;) {
      try {
        return await this.#database.write(statements);
      } catch (error) {
        if (!isFull(error)) throw error;
        this.onFull(this.#stretch);
      }
      await new Promise<void>((resolve) => this.#clock.timer(TRY_AGAIN_MS, 'room on the disk', resolve));
    }
  }
}

/** SQLite's word for ENOSPC, and for a file that may not grow. */
function isFull(error: unknown): boolean {
  return (error as { readonly code?: unknown } | null)?.code === 'SQLITE_FULL';
}
