import { pathToFileURL } from 'node:url';
import type { ModelScript } from '../../world/model/index.ts';

/** Something that is said through Anthropic's Agent SDK, to be recorded with the real claude and had again with the recording. */
export interface SdkConversation {
  /** The transcript is `transcripts/agent-sdk/<name>.ndjson`. */
  readonly name: string;
  readonly prompt: string;
  /** What the SDK's `canUseTool` decides. */
  readonly decision: 'allow' | 'deny';
  readonly script: ModelScript;
}

export const SDK_CONVERSATIONS: readonly SdkConversation[] = [
  {
    name: 'simple',
    prompt: 'hello',
    decision: 'deny',
    script: {
      rules: [
        { when: { user: { includes: 'hello' } }, reply: [{ do: 'text', chunks: ['Hello ', 'there.'], gapMs: 20 }] },
      ],
    },
  },
  ...(['allow', 'deny'] as const).map(
    (decision): SdkConversation => ({
      name: `approval_${decision}`,
      prompt: 'make it',
      decision,
      script: {
        rules: [
          { when: { user: { includes: 'make' }, round: 0 }, reply: [{ do: 'tool', command: 'touch made' }] },
          {
            when: { user: { includes: 'make' }, round: 1 },
            reply: [{ do: 'text', chunks: ['Under', 'stood.'], gapMs: 20 }],
          },
        ],
      },
    }),
  ),
];

/** What the SDK showed of a conversation. */
export interface SdkAccount {
  /** `type` or `type/subtype` of each message, in order, repetitions counted once. */
  readonly messages: readonly string[];
  readonly result: string | null;
  /** Tools that `canUseTool` was asked about. */
  readonly asked: readonly string[];
}

interface SdkMessage {
  readonly type: string;
  readonly subtype?: string;
  readonly result?: string;
}

interface Sdk {
  query(call: { readonly prompt: string; readonly options: object }): AsyncIterable<SdkMessage>;
}

/** How claude is started. */
export interface SdkPlace {
  /** File of the SDK. */
  readonly sdk: string;
  /** What it starts as claude. */
  readonly executable: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Has a conversation through the SDK. Rejects with what the SDK throws. */
export async function converseThroughSdk(
  { prompt, decision }: SdkConversation,
  { sdk, executable, cwd, env }: SdkPlace,
): Promise<SdkAccount> {
  const { query } = (await import(pathToFileURL(sdk).href)) as Sdk;
  const messages: string[] = [];
  const asked: string[] = [];
  let result: string | null = null;
  const canUseTool = async (tool: string, input: object) => {
    asked.push(tool);
    return decision === 'allow'
      ? { behavior: 'allow', updatedInput: input }
      : { behavior: 'deny', message: 'not today' };
  };
  const options = {
    pathToClaudeCodeExecutable: executable,
    cwd,
    env: { ...env },
    model: 'claude-sonnet-4-5',
    permissionMode: 'default',
    includePartialMessages: true,
    settingSources: [],
    canUseTool,
  };
  for await (const message of query({ prompt, options })) {
    const name = message.subtype === undefined ? message.type : `${message.type}/${message.subtype}`;
    if (messages.at(-1) !== name) messages.push(name);
    if (message.type === 'result') result = message.result ?? null;
  }
  return { messages, result, asked };
}
