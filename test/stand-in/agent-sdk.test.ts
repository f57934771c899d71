import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { converseThroughSdk, SDK_CONVERSATIONS, type SdkConversation } from '../../src/cli/agent-sdk/conversations.ts';
import { agentSdkNpmArguments, findAgentSdk } from '../../src/host/agent-sdk.ts';
import { Stage, TRANSCRIPTS } from './stage.ts';

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});
afterEach(() => stage.dispose());

const sdk = findAgentSdk();

async function converse(conversation: SdkConversation, recorded = conversation.name) {
  await stage.make({ transcripts: [join(TRANSCRIPTS, 'agent-sdk', `${recorded}.ndjson`)] }, ['claude']);
  const env = Object.fromEntries(Object.entries(stage.env).map(([name, value]) => [name, value ?? '']));
  const file = sdk.kind === 'found' ? sdk.file : '';
  return converseThroughSdk(conversation, { sdk: file, executable: join(stage.shims, 'claude'), cwd: stage.cwd, env });
}

describe(`Anthropic's Agent SDK with the stand-in${sdk.kind === 'missing' ? ` (left out: ${sdk.reason})` : ''}`, () => {
  it.runIf(sdk.kind === 'found').each(SDK_CONVERSATIONS)('has $name', async (conversation) => {
    const { messages, result, asked } = await converse(conversation);
    expect(messages.slice(0, 4)).toEqual(['system/init', 'system/status', 'stream_event', 'assistant']);
    expect(messages.at(-1)).toBe('result/success');
    expect(result).toBe(conversation.name === 'simple' ? 'Hello there.' : 'Understood.');
    expect(asked).toEqual(conversation.name === 'simple' ? [] : ['Bash']);
    expect(stage.check()).toEqual({ failed: [], neverStarted: [], passed: 1 });
  });

  it.runIf(sdk.kind === 'found')('finds out when it decides otherwise', async () => {
    const conversation = SDK_CONVERSATIONS.find(({ name }) => name === 'approval_deny')!;
    await expect(converse(conversation, 'approval_allow')).rejects.toThrow(/exited with code 90/);
    expect(stage.check().failed).toMatchObject([{ status: 'mismatch' }]);
  });

  it('is installed without programs and scripts', () => {
    expect(agentSdkNpmArguments('/x')).toEqual(
      expect.arrayContaining(['--ignore-scripts', '--omit=optional', '--omit=peer']),
    );
  });
});
