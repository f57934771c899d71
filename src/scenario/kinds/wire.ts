import { CHAT, count, kind, LASTING, ms, oneOf, PAIR } from './field.ts';

const NOISE = {
  banner: 'prints a banner that is no frame',
  'cut-line': 'prints half a frame and a newline',
  oversized: 'prints a line that is longer than any frame may be',
  'unknown-response': 'answers a request that nobody made',
  'unknown-request': 'asks for something that nobody knows',
  stderr: 'floods its stderr',
} as const;

const STARTS = {
  slow: 'takes 6 s to come up',
  stuck: 'takes 45 s to come up',
  silent: 'never answers anything',
  exit: 'ends with exit code 1 before it answers',
  old: 'is of a version that is not supported',
  noisy: 'prints a banner first',
} as const;

const LOST = {
  end: "next report of a turn's end",
  rest: "reports of the next turn's end, and that it came to rest,",
  started: 'next report that a turn has begun',
  response: 'next response',
  accepted: 'next response that accepts a turn',
} as const;

const REFUSALS = {
  overload: 'as overloaded (-32001)',
  '401': 'with the words of a 401 (-32000)',
  internal: 'with an internal error (-32603)',
} as const;

/** What goes wrong between the daemon and a provider process. The process is the one that a chat talks to. */
export const WIRE_FAULTS = {
  /** SIGSTOP; SIGCONT later. */
  'provider-hang': kind(
    { chat: CHAT, forMs: ms(2_000, 12_000, 70_000) },
    ({ chat, forMs }, say) => `the provider process of ${say.chat(chat)} is stopped for ${say.ms(forMs)}`,
  ),
  /** It takes everything and is not heard any more, for good. */
  'provider-mute': kind(
    { chat: CHAT, frames: count(0, 12) },
    ({ chat, frames }, say) =>
      `the provider process of ${say.chat(chat)} is not heard any more after ${frames} further frames`,
    { weight: 2 },
  ),
  'stdout-closed': kind(
    { chat: CHAT },
    ({ chat }, say) => `the provider process of ${say.chat(chat)} closes its stdout and lives on`,
  ),
  'wire-noise': kind(
    { chat: CHAT, what: oneOf('banner', 'cut-line', 'oversized', 'unknown-response', 'unknown-request', 'stderr') },
    ({ chat, what }, say) => `the provider process of ${say.chat(chat)} ${NOISE[what]}`,
    { weight: 3 },
  ),
  /** It dies while it writes: the last thing it says has no end of line. */
  'dies-writing': kind(
    { chat: CHAT, said: oneOf('whole', 'half') },
    ({ chat, said }, say) => {
      const how = said === 'whole' ? 'all of it but the end of the line' : 'half of it';
      return `the provider process of ${say.chat(chat)} dies while it reports the end of its next turn, after ${how}`;
    },
    { weight: 4 },
  ),
  /** A string in it has a newline that is not escaped. */
  'raw-newline': kind(
    { chat: CHAT },
    ({ chat }, say) => `the next end of a turn of ${say.chat(chat)} is sent with an unescaped newline in a string`,
    { weight: 2 },
  ),
  'frames-lost': kind(
    { chat: CHAT, which: oneOf('end', 'rest', 'started', 'response') },
    ({ chat, which }, say) => `the ${LOST[which]} of the provider process of ${say.chat(chat)} is lost`,
  ),
  'frame-twice': kind(
    { chat: CHAT, which: oneOf('response', 'end') },
    ({ chat, which }, say) => `the ${LOST[which]} of the provider process of ${say.chat(chat)} comes twice`,
  ),
  /** What the process writes meanwhile overtakes it. */
  'response-late': kind(
    { chat: CHAT, which: oneOf('accepted', 'response'), byMs: ms(5, 1_000, 29_999, 45_000) },
    ({ chat, which, byMs }, say) =>
      `the ${LOST[which]} of the provider process of ${say.chat(chat)} is held up for ${say.ms(byMs)}`,
    { weight: 2 },
  ),
  /** The next requests of a pair's app-server are refused before anything is done about them. */
  refusals: kind(
    { pair: PAIR, how: oneOf('overload', '401', 'internal'), times: count(1, 5) },
    ({ pair, how, times }, say) => {
      const which = times === 1 ? 'next request' : `next ${times} requests`;
      return `the app-server of ${say.pair(pair)} refuses its ${which} ${REFUSALS[how]}`;
    },
    { weight: 2 },
  ),
  /** The provider process for a chat ends, and the next ones do not come up as they should. */
  'bad-start': kind(
    { chat: CHAT, how: oneOf('slow', 'stuck', 'silent', 'exit', 'old', 'noisy'), starts: count(1, 4), forMs: LASTING },
    ({ chat, how, starts, forMs }, say) => {
      const which = starts === 1 ? 'next one' : `next ${starts}, each of them,`;
      return `the provider process for ${say.chat(chat)} exits, and the ${which} ${STARTS[how]}, within ${say.ms(forMs)}`;
    },
    { weight: 3 },
  ),
  /** The model API takes the next request of the process and never answers it. */
  'model-hang': kind({ chat: CHAT, after: oneOf('request', 'stream') }, ({ chat, after }, say) => {
    const where = after === 'request' ? 'without a word' : 'in the middle of an answer';
    return `the model API falls silent ${where} at the next request of the provider process of ${say.chat(chat)}`;
  }),
  /** It ignores end of file and SIGTERM. */
  stubborn: kind(
    { chat: CHAT },
    ({ chat }, say) => `the provider process of ${say.chat(chat)} does not end before it is killed`,
    { weight: 2 },
  ),
};
