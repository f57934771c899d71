import { count, kind, ms, oneOf } from './field.ts';

export const DAEMON_STEPS = {
  /** The daemon is stopped in good order and started again. */
  restart: kind({}, () => 'the daemon is stopped in good order and started again'),
  /** What is configured for new chats says nothing about those that are there. */
  reconfigure: kind(
    { backend: oneOf('zellij', 'herdr', 'tmux') },
    ({ backend }) => `the daemon is started again with ${backend} configured for the terminals of new chats`,
  ),
};

const DOWN = ms(1, 50, 3_000);

const WHEN = { now: '', asking: 'right after it has next written to a provider, ' } as const;

/** See `src/world/event-loop.ts`. */
const FIRST = {
  input: 'reads what has come before timers that are overdue fire',
  output: 'reads what has come, but not the ends of pipes, before timers that are overdue fire',
  timers: 'has its overdue timers fire before it reads what has come',
} as const;

export const DAEMON_FAULTS = {
  /** The daemon is killed and started again after `downMs`. */
  'daemon-crash': kind(
    { downMs: DOWN },
    ({ downMs }, say) => `the daemon is killed, and started again ${say.ms(downMs)} later`,
  ),
  /** The daemon is killed right after its n-th durable write since the set-up, before it learns of the commit. */
  'daemon-crash-at-write': kind(
    { write: count(1, 25), downMs: DOWN },
    ({ write, downMs }, say) =>
      `right after its ${say.ordinal(write)} durable write the daemon is killed, and started again ${say.ms(downMs)} later`,
    { armed: true },
  ),
  /**
   * Its process is stopped (SIGSTOP), or busy with something, for that long (facts/sessions-and-locks.md D26, D46).
   * Everybody else runs on, and requests of users wait for it.
   */
  'daemon-frozen': kind(
    { when: oneOf('now', 'asking'), forMs: ms(200, 4_000, 40_000, 70_000), first: oneOf('input', 'output', 'timers') },
    ({ when, forMs, first }, say) =>
      `${WHEN[when]}the daemon does not get to run for ${say.ms(forMs)}, and then ${FIRST[first]}`,
    { weight: 2, everybody: true },
  ),
};
