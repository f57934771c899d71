import { PATHS, REAL_PATHS } from '../directories.ts';
import { processOf } from '../faults/locks.ts';
import type { AGENT_STEPS, LOCK_STEPS } from '../kinds/locks.ts';
import type { Step } from '../scenario.ts';
import type { Acts } from './act.ts';
import type { Users } from './users.ts';

/** Who locks by hand. */
const PERSON = 'Ada';

const OTHER_UID = 1001;

/** How often and how long to wait for a process that is being started. */
const LOOKS = 20;
const LOOK_AGAIN_MS = 100;

/** The process of a chat, as soon as there is one, starts a program in its directory. */
function background(step: Extract<Step, { do: 'background' }>, users: Users, looks = LOOKS): void {
  const { simulation } = users;
  const { machine, kernel } = simulation;
  const { how, livesMs, after } = step;
  const starter = processOf(simulation, users.chat(step));
  if (!starter) {
    if (looks > 0) kernel.schedule(LOOK_AGAIN_MS, () => background(step, users, looks - 1));
    return;
  }
  const { cwd } = starter;
  machine.start({
    argv: ['agent'],
    program: (proc) => proc.after(livesMs, () => proc.exit(0)),
    parent: how === 'setsid' ? null : starter,
    starter,
    newGroup: how === 'setsid' || how === 'rm',
    uid: how === 'other-user' ? OTHER_UID : starter.uid,
    cwd,
    env: starter.env,
    sink: { stdout() {}, stderr() {}, exited() {} },
  });
  // The workspace is everybody's.
  if (how === 'rm' && (cwd === PATHS.sub || cwd === PATHS.other)) {
    machine.deleteDirectory(cwd);
    kernel.schedule(livesMs, () => simulation.locks.makeAgain(cwd));
  }
  if (after === 'closes') kernel.schedule(LOOK_AGAIN_MS, () => users.perform({ at: 0, do: 'close', chat: step.chat }));
}

export const LOCK_ACTS: Acts<typeof LOCK_STEPS & typeof AGENT_STEPS> = {
  background: (step, users) => background(step, users),
  lock: ({ directory }, { daemon, simulation }) => {
    if (!daemon) return;
    const hasIt = simulation.book.locksByHand(REAL_PATHS[directory]);
    void daemon.lockDirectory(PATHS[directory], PERSON).then((result) => {
      simulation.kernel.record('user', result.ok ? 'has the lock' : 'has no lock', result.ok ? '' : result.reason);
      if (result.ok) hasIt(result.lock.id);
    });
  },
  rush: ({ prompt }, users) => {
    const chats = users.simulation.scenario.chats.length;
    for (let chat = 0; chat < chats; chat++) users.perform({ at: 0, do: 'message', chat, prompt });
  },
  unlock: ({ directory }, { daemon, simulation }) => {
    if (!daemon) return;
    simulation.book.unlocksByHand(REAL_PATHS[directory]);
    void daemon.unlockDirectory(PATHS[directory], PERSON).then((done) => {
      simulation.kernel.record('user', done ? 'has unlocked' : 'had no lock', directory);
    });
  },
};
