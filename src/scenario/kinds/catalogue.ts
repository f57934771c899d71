import { ACCOUNT_FAULTS, ACCOUNT_WORLD_OPTIONS } from './accounts.ts';
import { CHAT_STEPS } from './chats.ts';
import { DAEMON_FAULTS, DAEMON_STEPS } from './daemon.ts';
import type { Fields, Kinds } from './field.ts';
import { HERDR_CHAT_OPTIONS, HERDR_FAULTS } from './herdr.ts';
import { HOST_FAULTS } from './host.ts';
import { AGENT_FAULTS, AGENT_STEPS, LOCK_CHAT_OPTIONS, LOCK_FAULTS, LOCK_STEPS } from './locks.ts';
import { PAIR_CHAT_OPTIONS, PAIR_FAULTS, PAIR_STEPS, SEAT_CHAT_OPTIONS, SEAT_FAULTS, SEAT_STEPS } from './pairs.ts';
import { PROVIDER_FAULTS } from './providers.ts';
import { SESSION_FAULTS, SESSION_STEPS, SESSION_WORLD_OPTIONS } from './sessions.ts';
import { ADOPTION_CHAT_OPTIONS, TMUX_FAULTS } from './tmux.ts';
import { WIRE_FAULTS } from './wire.ts';
import { ZELLIJ_CHAT_OPTIONS, ZELLIJ_FAULTS } from './zellij.ts';

/** Everything that users and front ends do. */
export const STEPS = {
  ...CHAT_STEPS,
  ...LOCK_STEPS,
  ...AGENT_STEPS,
  ...SEAT_STEPS,
  ...PAIR_STEPS,
  ...SESSION_STEPS,
  ...DAEMON_STEPS,
};

/** Everything that goes wrong. */
export const FAULTS = {
  ...LOCK_FAULTS,
  ...AGENT_FAULTS,
  ...HOST_FAULTS,
  ...TMUX_FAULTS,
  ...ZELLIJ_FAULTS,
  ...HERDR_FAULTS,
  ...SESSION_FAULTS,
  ...PROVIDER_FAULTS,
  ...WIRE_FAULTS,
  ...ACCOUNT_FAULTS,
  ...SEAT_FAULTS,
  ...PAIR_FAULTS,
  ...DAEMON_FAULTS,
};

/** Kinds that interact: a generated scenario is about a few topics. */
export interface Topic {
  readonly name: string;
  readonly steps: Kinds;
  readonly faults: Kinds;
  /** Those of `CHAT_OPTIONS` and `WORLD_OPTIONS` that belong here: elsewhere they stay as usual. */
  readonly chatOptions?: Fields;
  readonly worldOptions?: Fields;
}

/** In every scenario there is something of this. */
export const EVERYDAY: Kinds = CHAT_STEPS;
export const EVERYDAY_CHAT_OPTIONS: Fields = SEAT_CHAT_OPTIONS;

/** All other kinds, each in one topic. */
export const TOPICS: readonly Topic[] = [
  { name: 'seats', steps: SEAT_STEPS, faults: SEAT_FAULTS },
  { name: 'pairs', steps: PAIR_STEPS, faults: PAIR_FAULTS, chatOptions: PAIR_CHAT_OPTIONS },
  { name: 'providers', steps: {}, faults: PROVIDER_FAULTS },
  { name: 'wire', steps: {}, faults: WIRE_FAULTS },
  { name: 'accounts', steps: {}, faults: ACCOUNT_FAULTS, worldOptions: ACCOUNT_WORLD_OPTIONS },
  { name: 'tmux', steps: {}, faults: TMUX_FAULTS, chatOptions: ADOPTION_CHAT_OPTIONS },
  { name: 'zellij', steps: {}, faults: ZELLIJ_FAULTS, chatOptions: ZELLIJ_CHAT_OPTIONS },
  { name: 'herdr', steps: {}, faults: HERDR_FAULTS, chatOptions: HERDR_CHAT_OPTIONS },
  { name: 'sessions', steps: SESSION_STEPS, faults: SESSION_FAULTS, worldOptions: SESSION_WORLD_OPTIONS },
  { name: 'locks', steps: LOCK_STEPS, faults: LOCK_FAULTS, chatOptions: LOCK_CHAT_OPTIONS },
  { name: 'agents', steps: AGENT_STEPS, faults: AGENT_FAULTS, chatOptions: LOCK_CHAT_OPTIONS },
  { name: 'host', steps: {}, faults: HOST_FAULTS },
  { name: 'daemon', steps: DAEMON_STEPS, faults: DAEMON_FAULTS },
];
