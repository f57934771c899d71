import { BROKEN_TMUX, type BrokenTmux } from '../broken-tmux.ts';
import { CHAT, type Fields, kind, LASTING, oneOf } from './field.ts';

const SOCKET = {
  unlink: "something removes the tmux server's socket",
  recreate: 'a tmux server that lost its socket makes it again (SIGUSR1)',
  'unsafe directory': "the directory of tmux's socket is open to all, and tmux refuses to use it",
} as const;

const CO_TENANT = {
  'new-session': 'another program opens a session of its own on the tmux server, starting one if need be',
  'kill-server': 'another program ends the tmux server (kill-server)',
} as const;

const BY_USER = {
  kill: 'kills the terminal',
  rename: 'renames the terminal',
  window: 'opens another window in the terminal',
} as const;

export const TMUX_FAULTS = {
  /** The tmux server stops answering (SIGSTOP) and goes on later: what clients had asked for happens then. */
  'tmux-stall': kind({ forMs: LASTING }, ({ forMs }, say) => `the tmux server stops answering for ${say.ms(forMs)}`),
  /** The same when its backlog is full: clients do not even get to ask (facts/sessions-and-locks.md D4). */
  'tmux-backlog': kind(
    { forMs: LASTING },
    ({ forMs }, say) => `the tmux server takes no connections for ${say.ms(forMs)}: its backlog is full`,
  ),
  /** The tmux server is killed: its panes get SIGHUP. */
  'tmux-kill': kind({}, () => 'the tmux server is killed, and its panes with it'),
  /** `tmux` on PATH does not do what it should. */
  'tmux-broken': kind(
    { how: oneOf(...(Object.keys(BROKEN_TMUX) as BrokenTmux[])), forMs: LASTING },
    ({ how, forMs }, say) => `the tmux command ${BROKEN_TMUX[how]} for ${say.ms(forMs)}`,
    { weight: 2 },
  ),
  /** D6, D47; `forMs` counts for the directory alone. */
  'tmux-socket': kind(
    { how: oneOf('unlink', 'recreate', 'unsafe directory'), forMs: LASTING },
    ({ how, forMs }, say) => (how === 'unsafe directory' ? `${SOCKET[how]}, for ${say.ms(forMs)}` : SOCKET[how]),
  ),
  /** Somebody else on the same tmux server (D22). */
  'tmux-co-tenant': kind({ how: oneOf('new-session', 'kill-server') }, ({ how }) => CO_TENANT[how]),
  /** A user acts upon the chat's terminal with tmux itself (D22). */
  'tmux-by-user': kind(
    { chat: CHAT, how: oneOf('kill', 'rename', 'window') },
    ({ chat, how }, say) => `${say.chat(chat)}'s user ${BY_USER[how]} with tmux itself`,
    { weight: 4 },
  ),
};

export const ADOPTION_CHAT_OPTIONS = {
  /** It works beside a terminal that its user has opened, instead of one of its own. */
  adopts: oneOf('nothing', 'tmux'),
} as const satisfies Fields;
