import { WorldDatabase } from '../world/database.ts';
import type { CoreModule } from './core-module.ts';

/** Databases of runs that are over, by the core that made their tables. */
const idle = new WeakMap<CoreModule, WorldDatabase>();

export function takeDatabase(core: CoreModule): WorldDatabase {
  const database = idle.get(core) ?? new WorldDatabase();
  idle.delete(core);
  return database;
}

/** For the next run with this core. */
export function giveBackDatabase(core: CoreModule, database: WorldDatabase): void {
  database.reset();
  idle.set(core, database);
}
