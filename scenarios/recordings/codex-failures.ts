import type { ReplyStep } from '../../src/world/model/index.ts';
import { CodexDriver, type CodexFixture, HELLO, oneTurn } from './codex-driver.ts';

/** The second turn shows that the thread is still good after what the first one met. */
function failsThenWorks(name: string, about: string, reply: readonly ReplyStep[]): CodexFixture {
  return {
    provider: 'codex',
    name,
    about,
    script: {
      rules: [
        { when: { user: 'try it' }, reply },
        { when: { user: 'try again' }, reply: [HELLO] },
      ],
    },
    async drive(stage) {
      const driver = await CodexDriver.start(stage);
      const threadId = await driver.startThread();
      await driver.wholeTurn(threadId, 'try it');
      await driver.wholeTurn(threadId, 'try again');
      await driver.close();
    },
  };
}

/** A model that refuses, fails or falls silent. */
export const failureFixtures: readonly CodexFixture[] = [
  failsThenWorks('auth_401', 'The model refuses the credentials; the next turn works.', [
    { do: 'status', status: 401 },
  ]),
  failsThenWorks('rate_limit_429', 'The model is asked too often; the next turn works.', [
    { do: 'status', status: 429, retryAfterS: 1 },
  ]),
  failsThenWorks('server_500', 'The model has an internal error; the next turn works.', [
    { do: 'status', status: 500 },
  ]),
  failsThenWorks('mid_stream_disconnect', 'The connection breaks in the middle of a message; the next turn works.', [
    { do: 'text', chunks: ['partial text'] },
    { do: 'wait', ms: 50 },
    { do: 'cut' },
  ]),
  failsThenWorks('refused_connection_cut', 'The connection breaks before a byte of the answer.', [{ do: 'cut' }]),
  {
    provider: 'codex',
    name: 'auth_401_retried',
    about: 'With stream retries a 401 is tried again like any broken stream, then fails the turn.',
    settings: { streamRetries: 2 },
    script: { rules: [{ when: { user: 'hi' }, reply: [{ do: 'status', status: 401 }] }] },
    async drive(stage) {
      await oneTurn(await CodexDriver.start(stage), 'hi');
    },
  },
  {
    provider: 'codex',
    name: 'stream_retried',
    about: 'With stream retries a broken message stays open and a new one takes its place.',
    settings: { streamRetries: 2 },
    script: {
      rules: [
        {
          when: { user: 'hi', attempt: 1 },
          reply: [{ do: 'text', chunks: ['partial text'] }, { do: 'wait', ms: 50 }, { do: 'cut' }],
        },
        { when: { user: 'hi', attempt: 2 }, reply: [HELLO] },
      ],
    },
    async drive(stage) {
      await oneTurn(await CodexDriver.start(stage), 'hi');
    },
  },
  {
    provider: 'codex',
    name: 'helper_401_parent_survives',
    about: 'While a turn streams, a helper thread on the same app-server is refused; the turn ends well.',
    script: {
      rules: [
        {
          when: { user: 'parent' },
          reply: [
            { do: 'text', chunks: ['parent one,'] },
            { do: 'gate', name: 'helper failed' },
            { do: 'text', chunks: ['parent two'] },
          ],
        },
        { when: { user: 'helper' }, reply: [{ do: 'status', status: 401 }] },
        { when: { user: 'again' }, reply: [HELLO] },
      ],
    },
    async drive(stage) {
      const driver = await CodexDriver.start(stage);
      const parentThread = await driver.startThread();
      const helperThread = await driver.startThread();
      const parent = await driver.turn(parentThread, 'parent');
      await parent.until('text');
      const helper = await driver.turn(helperThread, 'helper');
      await helper.until('ended');
      stage.openGate('helper failed');
      await parent.until('ended');
      await driver.wholeTurn(parentThread, 'again');
      await driver.close();
    },
  },
];
