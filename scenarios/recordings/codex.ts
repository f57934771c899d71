import type { Stage } from '../../src/cli/fixtures/fixture.ts';
import type { ModelScript, ReplyStep } from '../../src/world/model/index.ts';
import { CodexDriver, type CodexFixture } from './codex-driver.ts';

const HELLO: ReplyStep = { do: 'text', chunks: ['Hello from the ', 'scripted model.'], gapMs: 5 };
const ESCALATED = { sandbox_permissions: 'require_escalated', justification: 'Create the file made?' };
const WORKSPACE = { 'hello.txt': 'hello from the workspace\n' };
const PATCH = [
  '*** Begin Patch',
  '*** Add File: added.txt',
  '+brand new',
  '*** Update File: hello.txt',
  '@@',
  '-hello from the workspace',
  '+hello from the patch',
  '*** End Patch',
  '',
].join('\n');

/** A turn in which the model calls one tool and then says `words`. */
function toolTurn(user: string, tool: ReplyStep, words: string): ModelScript {
  return {
    rules: [
      { when: { user, round: 0 }, reply: [tool] },
      { when: { user, round: 1 }, reply: [{ do: 'text', chunks: [words] }] },
    ],
  };
}

/** Time for what nobody waits for. */
function pause(stage: Stage, ms: number): Promise<void> {
  return new Promise((resolve) => void stage.ports.clock.timer(ms, 'pause', resolve));
}

/** One server, one thread, one turn. */
async function oneTurn(driver: CodexDriver, words: string): Promise<void> {
  await driver.wholeTurn(await driver.startThread(), words);
  await driver.close();
}

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

function decided(name: string, about: string, tool: ReplyStep, decision: 'accept' | 'decline'): CodexFixture {
  return {
    provider: 'codex',
    name,
    about,
    workspace: WORKSPACE,
    settings: { approvalPolicy: 'on-request', sandbox: 'read-only' },
    script: toolTurn('make it', tool, decision === 'accept' ? 'Made.' : 'Then not.'),
    async drive(stage) {
      const driver = await CodexDriver.start(stage);
      const turn = await driver.turn(await driver.startThread(), 'make it');
      const { approvalId } = await turn.until('approval');
      turn.answer(approvalId, decision);
      await turn.until('ended');
      await driver.close();
    },
  };
}

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
    name: 'tool_call',
    about: 'Text, a command outside any sandbox, text about its output.',
    workspace: WORKSPACE,
    settings: { approvalPolicy: 'never', sandbox: 'danger-full-access' },
    script: {
      rules: [
        {
          when: { user: 'look around', round: 0 },
          reply: [
            { do: 'text', chunks: ['I will ', 'look.'] },
            { do: 'tool', command: 'ls' },
          ],
        },
        {
          when: { user: 'look around', toolResult: { includes: 'hello.txt' } },
          reply: [{ do: 'text', chunks: ['There is ', 'one file.'] }],
        },
      ],
    },
    async drive(stage) {
      await oneTurn(await CodexDriver.start(stage), 'look around');
    },
  },
  {
    provider: 'codex',
    name: 'tool_call_fails',
    about: 'A command that writes to both outputs and exits with 3.',
    settings: { approvalPolicy: 'never', sandbox: 'danger-full-access' },
    script: toolTurn(
      'fail',
      { do: 'tool', command: 'echo to stdout; echo to stderr >&2; exit 3' },
      'It failed with 3.',
    ),
    async drive(stage) {
      await oneTurn(await CodexDriver.start(stage), 'fail');
    },
  },
  {
    provider: 'codex',
    name: 'tool_call_slow',
    about: 'A command that runs long enough to be seen running: its output streams.',
    settings: { approvalPolicy: 'never', sandbox: 'danger-full-access' },
    script: toolTurn(
      'wait',
      { do: 'tool', command: 'sleep 0.5; echo halfway; sleep 0.5; echo finished' },
      'It finished.',
    ),
    async drive(stage) {
      await oneTurn(await CodexDriver.start(stage), 'wait');
    },
  },
  decided(
    'approval_accept',
    'A command that leaves the sandbox is approved and runs.',
    { do: 'tool', command: 'touch made', input: ESCALATED },
    'accept',
  ),
  decided(
    'approval_decline',
    'The same is declined; the turn goes on.',
    { do: 'tool', command: 'touch made', input: ESCALATED },
    'decline',
  ),
  decided(
    'apply_patch_accept',
    'A patch is approved: a file added, another changed.',
    { do: 'tool', name: 'apply_patch', input: PATCH },
    'accept',
  ),
  decided('apply_patch_decline', 'A patch is declined.', { do: 'tool', name: 'apply_patch', input: PATCH }, 'decline'),
  {
    provider: 'codex',
    name: 'approval_interrupted',
    about: 'The turn is interrupted while a command waits for approval: the question is void.',
    settings: { approvalPolicy: 'on-request', sandbox: 'read-only' },
    script: toolTurn('make it', { do: 'tool', command: 'touch made', input: ESCALATED }, 'unreached'),
    async drive(stage) {
      const driver = await CodexDriver.start(stage);
      const turn = await driver.turn(await driver.startThread(), 'make it');
      await turn.until('approval');
      await turn.interrupt();
      await turn.until('ended');
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
    name: 'interrupt_tool',
    about: 'A turn is interrupted while its command runs; the command goes on and its end is reported all the same.',
    settings: { approvalPolicy: 'never', sandbox: 'danger-full-access' },
    script: toolTurn('wait', { do: 'tool', command: 'sleep 3; echo finished' }, 'unreached'),
    async drive(stage) {
      const driver = await CodexDriver.start(stage);
      const turn = await driver.turn(await driver.startThread(), 'wait');
      await turn.until('tool');
      await turn.interrupt();
      await turn.until('ended');
      await pause(stage, 4_000);
      await driver.close();
    },
  },
  {
    provider: 'codex',
    name: 'tool_left_running',
    about: 'The model does not wait for a command; the turn ends before it does.',
    settings: { approvalPolicy: 'never', sandbox: 'danger-full-access' },
    script: toolTurn(
      'start it',
      { do: 'tool', command: 'sleep 3; echo finished', input: { yield_time_ms: 500 } },
      'Left it running.',
    ),
    async drive(stage) {
      const driver = await CodexDriver.start(stage);
      await driver.wholeTurn(await driver.startThread(), 'start it');
      await pause(stage, 4_000);
      await driver.close();
    },
  },
  {
    provider: 'codex',
    name: 'kill9_mid_tool',
    about: 'The app-server is killed while a command runs.',
    settings: { approvalPolicy: 'never', sandbox: 'danger-full-access' },
    script: toolTurn('wait', { do: 'tool', command: 'sleep 3; echo finished' }, 'unreached'),
    async drive(stage) {
      const driver = await CodexDriver.start(stage);
      const turn = await driver.turn(await driver.startThread(), 'wait');
      await turn.until('tool');
      await driver.kill();
    },
  },
  {
    provider: 'codex',
    name: 'tool_denied',
    about: 'A command that the sandbox stops at once is never seen; the model is told.',
    settings: { approvalPolicy: 'on-request', sandbox: 'read-only' },
    script: toolTurn('make it', { do: 'tool', command: 'touch made' }, 'The sandbox refused.'),
    async drive(stage) {
      await oneTurn(await CodexDriver.start(stage), 'make it');
    },
  },
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
];
