/** Closing what this process was started with: libuv never closes the descriptors 0 to 2, and whoever is at the other end waits for it. */
import { closeSync, openSync } from 'node:fs';

/** Idempotent. The number goes to /dev/null, lest the next file to be opened gets it. */
export function closeOwn(fd: 0 | 1): void {
  if (closed.has(fd)) return;
  closed.add(fd);
  try {
    closeSync(fd);
    openSync('/dev/null', fd === 0 ? 'r' : 'w');
  } catch {
    // It was closed from the beginning.
  }
}

const closed = new Set<number>();
