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
};
