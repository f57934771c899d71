/**
 * Conversations that are recorded with the real claude CLI (`npm run record:fixtures`) and had again, with the recordings
 * and with the model of the CLI, in the tests. All go through the core's own adapter.
 */
import type { ClaudeSettings } from '../../src/cli/fixtures/claude-kit.ts';
import type { Fixture } from '../../src/cli/fixtures/fixture.ts';
import { ClaudeClient } from '../../src/core/providers/claude/index.ts';
import type { ModelRule, ReplyStep } from '../../src/world/model/index.ts';
import {
  answering,
  conversation,
  FIRST,
  hears,
  interrupted,
  interrupting,
  once,
  SECOND,
  say,
  signalled,
  start,
} from './claude-driver.ts';

const text = (...chunks: string[]): ReplyStep => ({ do: 'text', chunks });
const rule = (user: string, ...reply: ReplyStep[]): ModelRule => ({ when: { user }, reply });
/** The model's answer to the tool results of this message. */
const later = (user: string, ...reply: ReplyStep[]): ModelRule => ({ when: { user, round: 1 }, reply });
const gate = (name: string): ReplyStep => ({ do: 'gate', name });

export const fixtures: readonly Fixture<ClaudeSettings>[] = [
  {
    provider: 'claude',
    name: 'simple',
    about: 'One message, one streamed answer.',
    script: { rules: [rule('hello', text('Hello ', 'there.'))] },
    drive: conversation('hello'),
  },
  {
    provider: 'claude',
    name: 'multi_turn',
    about: 'Three turns in one process.',
    script: { rules: [rule('one', text('First.')), rule('two', text('Second.')), rule('three', text('Third.'))] },
    drive: conversation('one', 'two', 'three'),
  },
  {
    provider: 'claude',
    name: 'long_stream',
    about: 'Thinking and two blocks of text, streamed in many pieces.',
    script: {
      rules: [
        rule(
          'tell me a story',
          { do: 'reasoning', chunks: ['What kind ', 'of story ', 'would it be?'], gapMs: 20 },
          { do: 'text', chunks: ['Once ', 'upon ', 'a time ', 'there was ', 'a process.'], gapMs: 20 },
          { do: 'text', chunks: ['It ', 'ended.'], gapMs: 20 },
        ),
      ],
    },
    drive: conversation('tell me a story'),
  },
  {
    provider: 'claude',
    name: 'tool_call',
    about: 'Commands that need no permission: one that works, one that fails.',
    script: {
      rules: [
        rule('look around', text('Looking.'), { do: 'tool', command: 'ls' }),
        later('look around', { do: 'tool', command: 'cat missing.txt' }),
        { when: { user: 'look around', round: 2 }, reply: [text('That is all.')] },
      ],
    },
    workspace: { 'notes.txt': 'alpha\n' },
    drive: conversation('look around'),
  },
  {
    provider: 'claude',
    name: 'approval_accept',
    about: 'A command that changes files is asked for and allowed.',
    script: { rules: [rule('make it', { do: 'tool', command: 'touch made' }), later('make it', text('Made.'))] },
    drive: async (stage) => {
      const client = await start(stage, FIRST);
      await say(client, 'make it', answering('accept'));
      await client.close();
    },
  },
  {
    provider: 'claude',
    name: 'approval_decline',
    about: 'A command that changes files is asked for and refused; the model goes on.',
    script: { rules: [rule('make it', { do: 'tool', command: 'touch made' }), later('make it', text('As you wish.'))] },
    drive: async (stage) => {
      const client = await start(stage, FIRST);
      await say(client, 'make it', answering('decline'));
      await client.close();
    },
  },
  {
    provider: 'claude',
    name: 'approval_interrupt',
    about: 'The turn is interrupted while a permission question is open: claude withdraws it.',
    script: { rules: [rule('make it', { do: 'tool', command: 'touch made' }), rule('go on', text('Going on.'))] },
    drive: interrupted('make it', (event) => event.type === 'approval', 'go on'),
  },
  {
    provider: 'claude',
    name: 'interrupt',
    about: 'The turn is interrupted in the middle of a text; the next one works.',
    script: { rules: [rule('talk', text('On ', 'and on '), gate('silence')), rule('go on', text('Going on.'))] },
    drive: interrupted('talk', hears('and on '), 'go on'),
  },
  {
    provider: 'claude',
    name: 'interrupt_blocks',
    about: 'Interrupts after a block of thinking, and in the middle of the input of a tool.',
    script: {
      rules: [
        rule('ponder', { do: 'reasoning', chunks: ['Let me ', 'see. '] }, text('So: '), gate('silence')),
        rule('reach', text('Reaching.'), { do: 'tool', command: 'ls' }, gate('silence')),
      ],
    },
    drive: async (stage) => {
      const client = await start(stage, FIRST);
      await say(client, 'ponder', interrupting(stage, hears('So: ')));
      await say(
        client,
        'reach',
        interrupting(stage, (event) => event.type === 'message'),
      );
      await client.close();
    },
  },
  {
    provider: 'claude',
    name: 'interrupt_tool',
    about: 'The turn is interrupted while a command runs: its shell is killed.',
    script: {
      rules: [rule('wait', { do: 'tool', command: 'echo started; sleep 30' }), rule('go on', text('Going on.'))],
    },
    drive: async (stage) => {
      const client = await start(stage, FIRST);
      await say(client, 'wait', (event, turn) => {
        if (event.type !== 'tool' || event.status !== 'started') return;
        const seen = stage.handling(FIRST);
        // The shell has no voice on the wire: it gets a second to come up.
        stage.ports.clock.timer(1_000, 'interrupt', () => {
          void turn().then((given) => {
            stage.because(FIRST, seen);
            return given.interrupt();
          });
        });
      });
      await say(client, 'go on');
      await client.close();
    },
  },
  {
    provider: 'claude',
    name: 'auth_401',
    about: 'Credentials are refused, with two retries; the process lives on and can work again.',
    script: { rules: [rule('hello', { do: 'status', status: 401 }), rule('again', text('Welcome back.'))] },
    settings: { retries: 2 },
    drive: conversation('hello', 'again'),
  },
  {
    provider: 'claude',
    name: 'rate_limit_429',
    about: 'The first request is turned away for a second, its repetition is answered.',
    script: {
      rules: [
        { when: { user: 'hello', attempt: 1 }, reply: [{ do: 'status', status: 429, retryAfterS: 1 }] },
        rule('hello', text('At last.')),
      ],
    },
    settings: { retries: 2 },
    drive: conversation('hello'),
  },
  {
    provider: 'claude',
    name: 'api_errors',
    about: 'One turn for each kind of refusal that is final.',
    script: {
      rules: [400, 403, 404, 429, 500, 529].map((status) => rule(`status ${status}`, { do: 'status', status })),
    },
    drive: conversation('status 400', 'status 403', 'status 404', 'status 429', 'status 500', 'status 529'),
  },
  {
    provider: 'claude',
    name: 'stream_cut',
    about: 'Connections that break: before anything, in a text, after a text, and for good.',
    script: {
      rules: [
        { when: { user: 'silent', attempt: 1 }, reply: [{ do: 'cut' }] },
        rule('silent', text('Here.')),
        { when: { user: 'inside', attempt: 1 }, reply: [text('Half of '), { do: 'wait', ms: 50 }, { do: 'cut' }] },
        rule('inside', text('All of it.')),
        rule('behind', text('The first half.'), { do: 'stop' }, { do: 'wait', ms: 50 }, { do: 'cut' }),
        { when: { user: { includes: 'cut off mid-stream' } }, reply: [text('The second half.')] },
        rule('for good', { do: 'cut' }),
      ],
    },
    settings: { retries: 1 },
    drive: conversation('silent', 'inside', 'behind', 'for good'),
  },
  {
    provider: 'claude',
    name: 'queued',
    about: 'Three messages are given at once: the adapter hands them over one by one.',
    script: { rules: [rule('one', text('First.')), rule('two', text('Second.')), rule('three', text('Third.'))] },
    drive: async (stage) => {
      const client = await start(stage, FIRST);
      await Promise.all([say(client, 'one'), say(client, 'two'), say(client, 'three')]);
      await client.close();
    },
  },
  {
    provider: 'claude',
    name: 'close_mid_turn',
    about: 'stdin is closed in the middle of an answer: claude finishes it and exits.',
    script: { rules: [rule('talk', text('To be '), gate('closed'), text('continued.'))] },
    drive: async (stage) => {
      const client = await start(stage, FIRST);
      let closed: Promise<unknown> = Promise.resolve();
      await say(
        client,
        'talk',
        once(hears('To be '), stage, (seen) => {
          stage.because(FIRST, seen);
          closed = client.close();
          stage.openGate('closed');
        }),
      );
      await closed;
    },
  },
  {
    provider: 'claude',
    name: 'resume',
    about: 'A second process goes on with the session of the first.',
    script: { rules: [rule('remember me', text('I will.')), rule('do you?', text('I do.'))] },
    drive: async (stage) => {
      const first = await start(stage, FIRST);
      await say(first, 'remember me');
      await first.close();
      const second = await start(stage, SECOND, first.sessionId!);
      await say(second, 'do you?');
      await second.close();
    },
  },
  {
    provider: 'claude',
    name: 'resume_unknown',
    about: 'A session that does not exist cannot be resumed.',
    script: { rules: [] },
    drive: async (stage) => {
      const command = { ...stage.command, env: stage.command.env ?? {} };
      const resume = '00000000-0000-4000-8000-000000000404';
      const started = await ClaudeClient.start(stage.ports, { command, lane: FIRST, resume });
      if (started.ok) throw new Error('claude resumed a session that does not exist');
    },
  },
  {
    provider: 'claude',
    name: 'kill9_mid_turn',
    about: 'The process is killed in the middle of an answer; a second one resumes its session.',
    script: { rules: [rule('tell me more', text('More ', 'and '), gate('silence')), rule('go on', text('Going on.'))] },
    drive: async (stage) => {
      const first = await start(stage, FIRST);
      await signalled(stage, first, 'SIGKILL');
      const second = await start(stage, SECOND, first.sessionId!);
      await say(second, 'go on');
      await second.close();
    },
  },
  {
    provider: 'claude',
    name: 'sigterm_mid_turn',
    about: 'SIGTERM in the middle of an answer ends the process with 143 and without a result.',
    script: { rules: [rule('tell me more', text('More ', 'and '), gate('silence'))] },
    drive: async (stage) => signalled(stage, await start(stage, FIRST), 'SIGTERM'),
  },
];
