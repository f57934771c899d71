import { randomUUID } from 'node:crypto';
import type { Ids } from '../core/ports.ts';

/** Identifiers from the system's random source. */
export function createIds(): Ids {
  return {
    next: (kind) => `${kind}_${randomUUID()}`,
    uuid: () => randomUUID(),
  };
}
