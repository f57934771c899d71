import { pathToFileURL } from 'node:url';
import type { ModelScript } from '../../world/model/index.ts';
import type { SdkAccount, SdkConversation, SdkPlace } from './conversation.ts';

interface Talk {
  readonly name: string;
  readonly prompt: string;
  /** What the SDK's `canUseTool` decides. */
  readonly decision: 'allow' | 'deny';
  readonly script: ModelScript;
}

const TALKS: readonly Talk[] = [
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
    (decision): Talk => ({
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

/** What is said through Anthropic's Agent SDK. */
export const CLAUDE_CONVERSATIONS: readonly SdkConversation[] = TALKS.map((talk) => ({
  provider: 'claude',
  name: talk.name,
  processes: 1,
  script: talk.script,
  have: (place) => have(talk, place),
}));

interface SdkMessage {
  readonly type: string;
  readonly subtype?: string;
  readonly result?: string;
}

interface Sdk {
  query(call: { readonly prompt: string; readonly options: object }): AsyncIterable<SdkMessage>;
}

async function have({ prompt, decision }: Talk, { sdk, executable, cwd, env }: SdkPlace): Promise<SdkAccount> {
  const { query } = (await import(pathToFileURL(sdk).href)) as Sdk;
  const messages: string[] = [];
  const asked: string[] = [];
  const results: string[] = [];
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
    if (message.type === 'result') results.push(message.result ?? '');
  }
  return { messages, results, asked };
}
