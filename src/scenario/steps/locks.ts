import { PATHS, REAL_PATHS } from '../directories.ts';
import type { LOCK_STEPS } from '../kinds/locks.ts';
import type { Acts } from './act.ts';

/** Who locks by hand. */
const PERSON = 'Ada';

export const LOCK_ACTS: Acts<typeof LOCK_STEPS> = {
  lock: ({ directory }, { daemon, simulation }) => {
    if (!daemon) return;
    const hasIt = simulation.book.locksByHand(REAL_PATHS[directory]);
    void daemon.lockDirectory(PATHS[directory], PERSON).then((result) => {
      simulation.kernel.record('user', result.ok ? 'has the lock' : 'has no lock', result.ok ? '' : result.reason);
      if (result.ok) hasIt(result.lock.id);
    });
  },
  unlock: ({ directory }, { daemon, simulation }) => {
    if (!daemon) return;
    simulation.book.unlocksByHand(REAL_PATHS[directory]);
    void daemon.unlockDirectory(PATHS[directory], PERSON).then((done) => {
      simulation.kernel.record('user', done ? 'has unlocked' : 'had no lock', directory);
    });
  },
};
