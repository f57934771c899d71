import { CHAT, count, kind, ms, oneOf, PAIR } from './field.ts';

export const PROVIDER_FAULTS = {
  /** An app-server ends by itself with exit code 1, or is killed. */
  'app-server-exit': kind({ how: oneOf('exit', 'SIGKILL'), pair: PAIR }, ({ how, pair }, say) => {
    const words = how === 'exit' ? 'ends by itself with exit code 1' : 'is killed (SIGKILL)';
    return `the app-server of ${say.pair(pair)} ${words}`;
  }),
  /** The daemon's pipe to an app-server breaks (EPIPE) while the process lives on. */
  'transport-cut': kind(
    { pair: PAIR },
    ({ pair }, say) => `the daemon's pipe to the app-server of ${say.pair(pair)} breaks (EPIPE) while it runs on`,
  ),
  /** A thread that nobody works in, or when nobody does any more: the TUI's, a chat's or a helper's. */
  'thread-closed': kind(
    { pair: PAIR, which: count(0, 2) },
    ({ pair, which }, say) => `the app-server of ${say.pair(pair)} closes its ${say.ordinal(which + 1)} thread`,
    { weight: 2 },
  ),
  /** Whoever asks for a turn on a thread where one runs is told of that one; codex 0.142.5 made up an id. */
  'turn-taken': kind(
    { pair: PAIR, told: oneOf('running', 'stub') },
    ({ pair, told }, say) => {
      const which = told === 'running' ? 'that one is reported instead' : 'one is reported that never starts';
      return `just before the next turn on the app-server of ${say.pair(pair)} somebody else begins one there; ${which}`;
    },
    { weight: 2 },
  ),
  /** A claude process is killed. */
  'claude-kill': kind(
    { chat: CHAT },
    ({ chat }, say) => `the claude process of ${say.chat(chat)} is killed (SIGKILL)`,
    {
      weight: 2,
    },
  ),
  /** The providers' HTTP API answers with an error: to everyone or to helpers, at a turn's first request or later ones. */
  'model-error': kind(
    {
      status: oneOf(401, 429, 500),
      who: oneOf('helpers', 'all'),
      when: oneOf('start', 'mid-turn'),
      forMs: ms(2_000, 12_000, 70_000),
    },
    ({ status, who, when, forMs }, say) => {
      const whom = who === 'all' ? 'everyone' : 'helpers';
      const at = when === 'start' ? "a turn's first request" : 'the later requests of a turn';
      return `the model API answers ${status} to ${whom} at ${at}, for ${say.ms(forMs)}`;
    },
  ),
};
