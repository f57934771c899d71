import { BROKEN_TOOL, type BrokenTool } from '../broken-tool.ts';
import { CHAT, type Fields, kind, LASTING, oneOf } from './field.ts';

const SOCKET = {
  error: 'cannot be connected to',
  refused: 'refuses a connection, and whoever lists sessions next removes its socket',
} as const;

const BY_USER = {
  kill: 'deletes the zellij session',
  namesake: 'deletes the zellij session and starts one of their own under its name',
  beside: 'opens another pane in the zellij session',
} as const;

/** zellij's own habits (facts/sessions-and-locks.md A2.2, D31): each session has a server of its own. */
export const ZELLIJ_FAULTS = {
  /** Whoever lists sessions waits for it: the answers about all sessions are late (D31). */
  'zellij-stall': kind(
    { chat: CHAT, forMs: LASTING },
    ({ chat, forMs }, say) => `the zellij server of ${say.chat(chat)} stops answering for ${say.ms(forMs)}`,
    { everybody: true },
  ),
  /** It lives, and lists leave it out (exit 0), or call it EXITED; `forMs` counts for the first alone. */
  'zellij-socket': kind(
    { chat: CHAT, how: oneOf('error', 'refused'), forMs: LASTING },
    ({ chat, how, forMs }, say) =>
      `the zellij server of ${say.chat(chat)} ${SOCKET[how]}${how === 'error' ? `, for ${say.ms(forMs)}` : ''}`,
    { weight: 2 },
  ),
  'zellij-kill': kind({ chat: CHAT }, ({ chat }, say) => `the zellij server of ${say.chat(chat)} is killed`),
  'zellij-broken': kind(
    { how: oneOf(...(Object.keys(BROKEN_TOOL) as BrokenTool[])), forMs: LASTING },
    ({ how, forMs }, say) => `the zellij command ${BROKEN_TOOL[how]} for ${say.ms(forMs)}`,
  ),
  /** Names are all that zellij tells sessions apart by (D21). */
  'zellij-by-user': kind(
    { chat: CHAT, how: oneOf('kill', 'namesake', 'beside') },
    ({ chat, how }, say) => `${say.chat(chat)}'s user ${BY_USER[how]}`,
    { weight: 2 },
  ),
};

export const ZELLIJ_CHAT_OPTIONS = { backend: oneOf('tmux', 'zellij') } as const satisfies Fields;
