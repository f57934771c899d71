import { ACCOUNT_WORLD_OPTIONS } from './accounts.ts';
import { type Fields, oneOf, PAIR } from './field.ts';
import { LOCK_CHAT_OPTIONS } from './locks.ts';
import { PAIR_CHAT_OPTIONS, SEAT_CHAT_OPTIONS } from './pairs.ts';
import { SESSION_WORLD_OPTIONS } from './sessions.ts';
import { ADOPTION_CHAT_OPTIONS } from './tmux.ts';

/** What a chat is. */
export const CHAT_SETUP = {
  provider: oneOf('codex', 'claude'),
  /** Its home pair. */
  pair: PAIR,
} as const satisfies Fields;

/**
 * Further properties of a chat; absent means the first value, so that files need not name what they do not use.
 */
export const CHAT_OPTIONS = {
  ...SEAT_CHAT_OPTIONS,
  ...PAIR_CHAT_OPTIONS,
  ...LOCK_CHAT_OPTIONS,
  ...ADOPTION_CHAT_OPTIONS,
  /** What keeps its terminal. */
  backend: oneOf('tmux', 'zellij', 'herdr'),
} as const satisfies Fields;

/** Further properties of the world; absent means the first value. */
export const WORLD_OPTIONS = { ...ACCOUNT_WORLD_OPTIONS, ...SESSION_WORLD_OPTIONS } as const satisfies Fields;
