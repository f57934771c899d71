import { CHAT, kind, ms, oneOf } from './field.ts';

const WHOSE = {
  daemon: 'the daemon',
  claude: 'the claude process',
  worker: 'the worker',
  'app-server': 'the app-server',
} as const;

const STEPPED = {
  '-86400000': 'back by a day',
  '-1000': 'back by a second',
  '3600000': 'forward by an hour',
} as const;

/** What goes wrong with the machine as a whole, and with the numbers that it gives to processes. */
export const HOST_FAULTS = {
  /** No process is left. Pids and start times begin again: the same numbers mean other processes. */
  'host-reboot': kind(
    { tmp: oneOf('kept', 'wiped'), downMs: ms(0, 9, 3_000) },
    ({ tmp, downMs }, say) =>
      `the machine restarts${tmp === 'wiped' ? ', /tmp is empty then,' : ''} and the daemon starts ${say.ms(downMs)} later`,
  ),
  /** The daemon and this process die, and a program of the same user gets the pid before the daemon starts again. */
  'pid-reused': kind(
    { of: oneOf('daemon', 'claude', 'worker', 'app-server'), chat: CHAT, downMs: ms(50, 3_000) },
    ({ of, chat, downMs }, say) =>
      `the daemon${of === 'daemon' ? ' dies' : ` and ${WHOSE[of]} of ${say.chat(chat)} die`}, the pid of ${WHOSE[of]} goes to another program, and the daemon starts ${say.ms(downMs)} later`,
    { weight: 2, everybody: true },
  ),
  /** The wall clock, not the monotonic one. */
  'clock-step': kind(
    { byMs: oneOf(-1_000, -86_400_000, 3_600_000) },
    ({ byMs }) => `the wall clock is set ${STEPPED[`${byMs}`]}`,
  ),
  /** It should refuse to work. */
  'second-daemon': kind({}, () => 'another daemon is started on the same data', { weight: 2 }),
};
