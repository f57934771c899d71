import { CodexDriver, type CodexFixture, HELLO, oneTurn } from './codex-driver.ts';
import { failureFixtures } from './codex-failures.ts';
import { toolFixtures } from './codex-tools.ts';

export const fixtures: readonly CodexFixture[] = [
  {
    provider: 'codex',
    name: 'simple',
    about: 'One turn of streamed text.',
    script: { rules: [{ when: { user: 'hi' }, reply: [HELLO] }] },
    async drive(stage) {
      await oneTurn(await CodexDriver.start(stage), 'hi');
    },
  },
  {
    provider: 'codex',
    name: 'multi_turn',
    about: 'Three turns on one thread; token counts add up.',
    script: {
      rules: [
        { when: { user: 'one' }, reply: [{ do: 'text', chunks: ['First ', 'answer.'] }] },
        { when: { user: 'two' }, reply: [{ do: 'text', chunks: ['Second ', 'answer.'] }] },
        { when: { user: 'three' }, reply: [{ do: 'text', chunks: ['Third ', 'answer.'] }] },
      ],
    },
    async drive(stage) {
      const driver = await CodexDriver.start(stage);
      const threadId = await driver.startThread();
      for (const words of ['one', 'two', 'three']) await driver.wholeTurn(threadId, words);
      await driver.close();
    },
  },
  {
    provider: 'codex',
    name: 'interrupt',
    about: 'A turn is interrupted in the middle of its text; the next turn works.',
    script: {
      rules: [
        {
          when: { user: 'talk' },
          reply: [{ do: 'text', chunks: ['first half, '] }, { do: 'gate', name: 'never' }, HELLO],
        },
        { when: { user: 'again' }, reply: [HELLO] },
      ],
    },
    async drive(stage) {
      const driver = await CodexDriver.start(stage);
      const threadId = await driver.startThread();
      const turn = await driver.turn(threadId, 'talk');
      await turn.until('text');
      await turn.interrupt();
      await turn.until('ended');
      await driver.wholeTurn(threadId, 'again');
      await driver.close();
    },
  },
  {
    provider: 'codex',
    name: 'thread_resume',
    about: 'A thread is continued in a second app-server after the first was closed.',
    script: {
      rules: [
        { when: { user: 'first' }, reply: [HELLO] },
        { when: { user: 'second' }, reply: [{ do: 'text', chunks: ['After the ', 'resume.'] }] },
      ],
    },
    async drive(stage) {
      const first = await CodexDriver.start(stage, 1);
      const threadId = await first.startThread();
      await first.wholeTurn(threadId, 'first');
      await first.close();
      const second = await CodexDriver.start(stage, 2);
      await second.resume(threadId);
      await second.wholeTurn(threadId, 'second');
      await second.close();
    },
  },
  {
    provider: 'codex',
    name: 'kill9_mid_turn',
    about: 'The app-server is killed in the middle of a turn; a second one continues the thread.',
    script: {
      rules: [
        {
          when: { user: 'talk' },
          reply: [{ do: 'text', chunks: ['first half, '] }, { do: 'gate', name: 'never' }, HELLO],
        },
        { when: { user: 'go on' }, reply: [{ do: 'text', chunks: ['After the ', 'crash.'] }] },
      ],
    },
    async drive(stage) {
      const first = await CodexDriver.start(stage, 1);
      const threadId = await first.startThread();
      const turn = await first.turn(threadId, 'talk');
      await turn.until('text');
      await first.kill();
      const second = await CodexDriver.start(stage, 2);
      await second.resume(threadId);
      await second.wholeTurn(threadId, 'go on');
      await second.close();
    },
  },
  ...toolFixtures,
  ...failureFixtures,
];
