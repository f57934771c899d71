/**
 * Conversations that are recorded with the real claude CLI (`npm run record:fixtures`) and had again, with the recordings
 * and with the model of the CLI, in the tests. All go through the core's own adapter.
 */
import type { ClaudeSettings } from '../../src/cli/fixtures/claude-kit.ts';
import type { Fixture, Seen, Stage } from '../../src/cli/fixtures/fixture.ts';
import { ClaudeClient } from '../../src/core/providers/claude/index.ts';
import type { Turn, TurnEvent } from '../../src/core/providers/types.ts';
import type { ModelRule, ReplyStep } from '../../src/world/model/index.ts';

type Ended = Extract<TurnEvent, { readonly type: 'ended' }>;
/** What a drive does when it sees an event of its turn; the turn is there from the second event on. */
type Reaction = (event: TurnEvent, turn: () => Promise<Turn>) => void;

const FIRST = 'claude:1';
const SECOND = 'claude:2';

const text = (...chunks: string[]): ReplyStep => ({ do: 'text', chunks });
const rule = (user: string, ...reply: ReplyStep[]): ModelRule => ({ when: { user }, reply });
/** The model's answer to the tool results of this message. */
const later = (user: string, ...reply: ReplyStep[]): ModelRule => ({ when: { user, round: 1 }, reply });
const gate = (name: string): ReplyStep => ({ do: 'gate', name });

async function start(stage: Stage, lane: string, resume?: string): Promise<ClaudeClient> {
  const command = { ...stage.command, env: stage.command.env ?? {} };
  const started = await ClaudeClient.start(stage.ports, { command, lane, ...(resume ? { resume } : {}) });
  if (!started.ok) throw new Error(`claude did not start: ${started.failure.message}`);
  return started.value;
}

/** Has one turn. Resolves when it has ended and claude is idle again; throws when claude does not take the message. */
async function say(client: ClaudeClient, words: string, react: Reaction = () => {}): Promise<Ended> {
  let give: (turn: Turn) => void = () => {};
  const turn = new Promise<Turn>((resolve) => {
    give = resolve;
  });
  const ended = await new Promise<Ended>((resolve, reject) => {
    const accepted = client.startTurn(words, (event) => {
      react(event, () => turn);
      if (event.type === 'ended') resolve(event);
    });
    void accepted.then((outcome) => {
      if (outcome.ok) give(outcome.value);
      else reject(new Error(`claude did not take ${JSON.stringify(words)}: ${outcome.failure.message}`));
    });
  });
  await client.settled();
  return ended;
}

/** Answers every permission question. */
function answering(decision: 'accept' | 'decline'): Reaction {
  return (event, turn) => {
    if (event.type === 'approval') void turn().then((given) => given.answer(event.approvalId, decision));
  };
}

/** Interrupts once, because of what is being handled when `when` holds. */
function interrupting(stage: Stage, when: (event: TurnEvent) => boolean): Reaction {
  return once(when, stage, (seen, turn) => {
    void turn().then((given) => {
      stage.because(FIRST, seen);
      return given.interrupt();
    });
  });
}

function once(
  when: (event: TurnEvent) => boolean,
  stage: Stage,
  act: (seen: Seen, turn: () => Promise<Turn>) => void,
): Reaction {
  let done = false;
  return (event, turn) => {
    if (done || !when(event)) return;
    done = true;
    const seen = stage.handling(FIRST);
    // Not within the event: the recorder has not written the line down yet.
    void Promise.resolve().then(() => act(seen, turn));
  };
}

const hears = (delta: string) => (event: TurnEvent) => event.type === 'text' && event.delta === delta;

/** A process that has its conversation and is closed. */
function conversation(...messages: readonly string[]): (stage: Stage) => Promise<void> {
  return async (stage) => {
    const client = await start(stage, FIRST);
    for (const message of messages) await say(client, message);
    await client.close();
  };
}

function interrupted(message: string, when: (event: TurnEvent) => boolean, after?: string) {
  return async (stage: Stage): Promise<void> => {
    const client = await start(stage, FIRST);
    await say(client, message, interrupting(stage, when));
    if (after !== undefined) await say(client, after);
    await client.close();
  };
}

/** Signals the process in the middle of an answer, when its session is on disk: claude writes it every 100 ms. */
async function signalled(stage: Stage, client: ClaudeClient, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const gone = new Promise<void>((resolve) => client.onEnd(() => resolve()));
  const kill = once(hears('and '), stage, (seen) => {
    stage.ports.clock.timer(1_000, `${signal} mid-turn`, () => {
      stage.because(FIRST, seen);
      void stage.signal(client.identity, signal);
    });
  });
  await say(client, 'tell me more', kill);
  await gone;
}

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
