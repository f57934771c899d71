import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLAUDE_CONVERSATIONS } from '../../src/cli/sdks/claude.ts';
import { CODEX_CONVERSATIONS } from '../../src/cli/sdks/codex.ts';
import type { SdkConversation } from '../../src/cli/sdks/conversation.ts';
import { npmArguments } from '../../src/host/npm.ts';
import { findSdk, SDK_FLAGS } from '../../src/host/sdks.ts';
import { Stage, TRANSCRIPTS } from './stage.ts';

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});
afterEach(() => stage.dispose());

const sdks = { codex: findSdk('codex'), claude: findSdk('claude') };
const leftOut = (sdk: (typeof sdks)['codex']): string => (sdk.kind === 'missing' ? ` (left out: ${sdk.reason})` : '');

async function converse(conversation: SdkConversation, recorded: string) {
  const { provider } = conversation;
  await stage.make({ transcripts: [join(TRANSCRIPTS, recorded)] }, [provider]);
  const env = Object.fromEntries(Object.entries(stage.env).map(([name, value]) => [name, value ?? '']));
  const sdk = sdks[provider];
  const file = sdk.kind === 'found' ? sdk.file : '';
  return conversation.have({ sdk: file, executable: join(stage.shims, provider), cwd: stage.cwd, env });
}

describe(`Anthropic's Agent SDK with the stand-in${leftOut(sdks.claude)}`, () => {
  it.runIf(sdks.claude.kind === 'found').each(CLAUDE_CONVERSATIONS)('has $name', async (conversation) => {
    const { messages, results, asked } = await converse(conversation, `agent-sdk/${conversation.name}.ndjson`);
    expect(messages.slice(0, 4)).toEqual(['system/init', 'system/status', 'stream_event', 'assistant']);
    expect(messages.at(-1)).toBe('result/success');
    expect(results).toEqual([conversation.name === 'simple' ? 'Hello there.' : 'Understood.']);
    expect(asked).toEqual(conversation.name === 'simple' ? [] : ['Bash']);
    expect(stage.check()).toEqual({ failed: [], neverStarted: [], passed: 1 });
  });

  it.runIf(sdks.claude.kind === 'found')('finds out when it decides otherwise', async () => {
    const conversation = CLAUDE_CONVERSATIONS.find(({ name }) => name === 'approval_deny')!;
    await expect(converse(conversation, 'agent-sdk/approval_allow.ndjson')).rejects.toThrow(/exited with code 90/);
    expect(stage.check().failed).toMatchObject([{ status: 'mismatch' }]);
  });
});

describe(`OpenAI's Codex SDK with the stand-in${leftOut(sdks.codex)}`, () => {
  const begun = ['thread.started', 'turn.started'];
  const ended = ['item.completed/agent_message', 'turn.completed'];
  const shown: Readonly<Record<string, { readonly messages: readonly string[]; readonly results: readonly string[] }>> =
    {
      two_turns: { messages: [...begun, ...ended, ...begun, ...ended], results: ['Hello there.', 'Now what?'] },
      tool_call: {
        messages: [...begun, 'item.started/command_execution', 'item.completed/command_execution', ...ended],
        results: ['Done.'],
      },
      turn_failed: {
        messages: [...begun, 'error', 'turn.failed'],
        results: ['failed: Quota exceeded. Check your plan and billing details.'],
      },
    };

  it.runIf(sdks.codex.kind === 'found').each(CODEX_CONVERSATIONS)('has $name', async (conversation) => {
    const { name, processes } = conversation;
    const account = await converse(conversation, `codex-sdk/${name}${processes === 1 ? '.ndjson' : ''}`);
    expect(account).toEqual({ ...shown[name], asked: [] });
    expect(stage.check()).toEqual({ failed: [], neverStarted: [], passed: processes });
  });

  it.runIf(sdks.codex.kind === 'found')('finds out when it says something else', async () => {
    const conversation = CODEX_CONVERSATIONS.find(({ name }) => name === 'tool_call')!;
    await expect(converse(conversation, 'codex-sdk/turn_failed.ndjson')).rejects.toThrow(/exited with code 90/);
    expect(stage.check().failed).toMatchObject([{ status: 'mismatch' }]);
  });
});

it('installs the SDKs without programs and scripts', () => {
  expect(npmArguments('/x', ['a@1'], SDK_FLAGS)).toEqual(
    expect.arrayContaining(['--ignore-scripts', '--omit=optional', '--omit=peer', 'a@1']),
  );
});
