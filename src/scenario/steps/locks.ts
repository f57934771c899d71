import { PATHS, REAL_PATHS } from '../directories.ts';
import { processOf } from '../faults/locks.ts';
import type { LOCK_STEPS } from '../kinds/locks.ts';
import { chatName } from '../scenario.ts';
import type { Act, Acts } from './act.ts';

/** Who locks by hand. */
const PERSON = 'Ada';

const OTHER_UID = 1001;

/** The process of a chat starts a program in its directory. */
const background: Act<'background'> = ({ chat, how, livesMs }, { simulation }) => {
  const { machine, scenario, kernel } = simulation;
  const starter = processOf(simulation, chatName(scenario, chat));
  if (!starter) return;
  machine.start({
    argv: ['agent'],
    program: (proc) => proc.after(livesMs, () => proc.exit(0)),
    parent: how === 'setsid' ? null : starter,
    starter,
    newGroup: how === 'setsid' || how === 'rm',
    uid: how === 'other-user' ? OTHER_UID : starter.uid,
    cwd: starter.cwd,
    env: starter.env,
    sink: { stdout() {}, stderr() {}, exited() {} },
  });
  const { cwd } = starter;
  // The workspace is everybody's.
  if (how !== 'rm' || (cwd !== PATHS.sub && cwd !== PATHS.other)) return;
  machine.deleteDirectory(cwd);
  kernel.schedule(livesMs, () => simulation.locks.makeAgain(cwd));
};

export const LOCK_ACTS: Acts<typeof LOCK_STEPS> = {
  background,
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
