import type { Stage } from '../../src/cli/fixtures/fixture.ts';
import type { ModelScript, ReplyStep } from '../../src/world/model/index.ts';
import { CodexDriver, type CodexFixture, oneTurn } from './codex-driver.ts';

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

/** Commands and patches, with and without approval. */
export const toolFixtures: readonly CodexFixture[] = [
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
    // What lasts longer than some 140 ms is seen after all: on a busy machine a login shell does.
    script: toolTurn('make it', { do: 'tool', command: 'touch made', input: { login: false } }, 'The sandbox refused.'),
    async drive(stage) {
      await oneTurn(await CodexDriver.start(stage), 'make it');
    },
    shows: ({ records }) => !records.some((record) => JSON.stringify(record).includes('"type":"commandExecution"')),
  },
];
