import { CHAT, type Fields, kind, LASTING, oneOf } from './field.ts';

/** What users and front ends do with a chat's terminal. */
export const SESSION_STEPS = {
  suspend: kind({ chat: CHAT }, ({ chat }, say) => `${say.chat(chat)}'s user suspends its terminal`),
  wake: kind({ chat: CHAT }, ({ chat }, say) => `a front end wants to show ${say.chat(chat)}'s terminal`),
  type: kind({ chat: CHAT }, ({ chat }, say) => `${say.chat(chat)}'s user types into its terminal`, { weight: 2 }),
};

const ENDS = {
  'exit 0': 'ends by itself',
  'exit 1': 'crashes (exit code 1)',
  SIGKILL: 'is killed (SIGKILL)',
} as const;

export const SESSION_FAULTS = {
  /** The program in the chat's terminal ends. */
  'worker-end': kind(
    { chat: CHAT, how: oneOf('exit 0', 'exit 1', 'SIGKILL') },
    ({ chat, how }, say) => `the worker in ${say.chat(chat)}'s terminal ${ENDS[how]}`,
    { weight: 2 },
  ),
  /** New workers end at once: a launch that looks like a success (facts/sessions-and-locks.md D11). */
  'worker-cannot-start': kind(
    { code: oneOf(127, 0), forMs: LASTING },
    ({ code, forMs }, say) => `for ${say.ms(forMs)} every new worker ends at once (exit code ${code})`,
  ),
  /** It stops (SIGSTOP) and goes on later: alive, and deaf. */
  'worker-wedged': kind(
    { chat: CHAT, forMs: LASTING },
    ({ chat, forMs }, say) => `the worker in ${say.chat(chat)}'s terminal hangs for ${say.ms(forMs)}`,
  ),
  /** From now on it ignores SIGHUP, and outlives its terminal (D13). */
  'worker-ignores-hangup': kind({ chat: CHAT }, ({ chat }, say) => `the workers of ${say.chat(chat)} ignore SIGHUP`),
};

export const SESSION_WORLD_OPTIONS = {
  /** How many terminals the daemon may keep: what is unused beyond that it suspends by itself. */
  room: oneOf('plenty', 'two', 'one'),
} as const satisfies Fields;
