import { BROKEN_TOOL, type BrokenTool } from '../broken-tool.ts';
import { CHAT, type Fields, kind, LASTING, oneOf } from './field.ts';

const BY_USER = {
  kill: 'stops the herdr session',
  namesake: 'stops the herdr session and starts one of their own under its name',
  beside: 'starts another agent in the herdr session',
} as const;

/** herdr's own habits (facts/sessions-and-locks.md A2.3, D28, D31): a server and an agent for each session. */
export const HERDR_FAULTS = {
  'herdr-stall': kind(
    { chat: CHAT, forMs: LASTING },
    ({ chat, forMs }, say) => `the herdr server of ${say.chat(chat)} stops answering for ${say.ms(forMs)}`,
    { everybody: true },
  ),
  /** `running: false`, as of whatever it cannot connect to. */
  'herdr-unconnected': kind(
    { chat: CHAT, forMs: LASTING },
    ({ chat, forMs }, say) => `connections to the herdr server of ${say.chat(chat)} fail for ${say.ms(forMs)}`,
    { weight: 2 },
  ),
  'herdr-kill': kind({ chat: CHAT }, ({ chat }, say) => `the herdr server of ${say.chat(chat)} is killed`),
  'herdr-broken': kind(
    { how: oneOf(...(Object.keys(BROKEN_TOOL) as BrokenTool[])), forMs: LASTING },
    ({ how, forMs }, say) => `the herdr command ${BROKEN_TOOL[how]} for ${say.ms(forMs)}`,
  ),
  /** It runs on. */
  'herdr-agents-vanish': kind(
    { chat: CHAT, forMs: LASTING },
    ({ chat, forMs }, say) => `herdr does not list the agent of ${say.chat(chat)} for ${say.ms(forMs)}`,
  ),
  /** 15 s: `stop` takes longer than anybody waits for it, and until then `delete` says that it is running. */
  'herdr-stops-slowly': kind(
    { chat: CHAT },
    ({ chat }, say) => `the herdr server of ${say.chat(chat)} takes 15 s to stop once it is told to`,
  ),
  'herdr-by-user': kind(
    { chat: CHAT, how: oneOf('kill', 'namesake', 'beside') },
    ({ chat, how }, say) => `${say.chat(chat)}'s user ${BY_USER[how]}`,
    { weight: 2 },
  ),
};

export const HERDR_CHAT_OPTIONS = { backend: oneOf('tmux', 'herdr') } as const satisfies Fields;
