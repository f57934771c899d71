import { type Fields, kind, oneOf, PAIR } from './field.ts';

const NEXT = {
  renewed: 'new ones are to be had at once',
  slow: 'new ones are to be had within 8 s',
  late: 'new ones take 12 s, longer than codex waits',
  refused: 'the next request for new ones fails',
  revoked: 'nobody gives new ones before somebody logs in again',
  stranger: 'the next request gives tokens of another account',
} as const;

/** Logins whose tokens the daemon has the keeping of, and what becomes of them. */
export const ACCOUNT_FAULTS = {
  /** From now on the model API refuses the tokens that the account of a pair has. */
  'tokens-expire': kind(
    { pair: PAIR, next: oneOf('renewed', 'slow', 'late', 'refused', 'revoked', 'stranger') },
    ({ pair, next }, say) => `the tokens of the account of ${say.pair(pair)} expire, and ${NEXT[next]}`,
    { weight: 3 },
  ),
  /** Somebody logs in anew: processes that are started from now on get other secrets. */
  'login-changed': kind({ pair: PAIR }, ({ pair }, say) => `the login for the app-server of ${say.pair(pair)} changes`),
};

export const ACCOUNT_WORLD_OPTIONS = {
  /** Who logs in to the model API: codex by itself, or the daemon with an account for each pair or with one for all. */
  accounts: oneOf('own', 'each', 'shared'),
} as const satisfies Fields;
