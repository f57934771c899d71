import { pathToFileURL } from 'node:url';
import type { ModelScript } from '../../world/model/index.ts';
import type { SdkAccount, SdkConversation, SdkPlace } from './conversation.ts';

interface Talk {
  readonly name: string;
  /** One turn each, on one thread. The SDK starts `codex exec` for a turn, and resumes the thread in the next. */
  readonly prompts: readonly string[];
  readonly script: ModelScript;
}

const TALKS: readonly Talk[] = [
  {
    name: 'two_turns',
    prompts: ['hello', 'and now?'],
    script: {
      rules: [
        { when: { user: { includes: 'hello' } }, reply: [{ do: 'text', chunks: ['Hello ', 'there.'], gapMs: 20 }] },
        { when: { user: { includes: 'now' } }, reply: [{ do: 'text', chunks: ['Now ', 'what?'], gapMs: 20 }] },
      ],
    },
  },
  {
    name: 'tool_call',
    prompts: ['make it'],
    script: {
      rules: [
        { when: { user: { includes: 'make' }, round: 0 }, reply: [{ do: 'tool', command: 'touch made && ls' }] },
        { when: { user: { includes: 'make' }, round: 1 }, reply: [{ do: 'text', chunks: ['Done.'] }] },
      ],
    },
  },
  {
    name: 'turn_failed',
    prompts: ['hello'],
    script: {
      rules: [
        {
          when: { user: { includes: 'hello' } },
          reply: [{ do: 'fail', code: 'insufficient_quota', message: 'nothing is left' }],
        },
      ],
    },
  },
];

/** What is said through OpenAI's Codex SDK. */
export const CODEX_CONVERSATIONS: readonly SdkConversation[] = TALKS.map((talk) => ({
  provider: 'codex',
  name: talk.name,
  processes: talk.prompts.length,
  script: talk.script,
  have: (place) => have(talk, place),
}));

interface SdkEvent {
  readonly type: string;
  readonly item?: { readonly type: string; readonly text?: string };
  readonly error?: { readonly message: string };
}

interface Thread {
  runStreamed(prompt: string): Promise<{ readonly events: AsyncIterable<SdkEvent> }>;
}

interface Sdk {
  Codex: new (options: {
    readonly codexPathOverride: string;
    readonly env: object;
  }) => {
    startThread(options: object): Thread;
  };
}

async function have({ prompts }: Talk, { sdk, executable, cwd, env }: SdkPlace): Promise<SdkAccount> {
  const { Codex } = (await import(pathToFileURL(sdk).href)) as Sdk;
  const codex = new Codex({ codexPathOverride: executable, env });
  // No sandbox of codex's own: whether there is one depends on the machine. The commands are the script's.
  const options = { workingDirectory: cwd, skipGitRepoCheck: true, sandboxMode: 'danger-full-access' };
  const thread = codex.startThread(options);
  const messages: string[] = [];
  const results: string[] = [];
  for (const prompt of prompts) {
    let result = '';
    try {
      for await (const { type, item, error } of (await thread.runStreamed(prompt)).events) {
        const name = item === undefined ? type : `${type}/${item.type}`;
        if (messages.at(-1) !== name) messages.push(name);
        if (type === 'item.completed' && item?.text !== undefined) result = item.text;
        if (error !== undefined) result = `failed: ${error.message}`;
      }
    } catch (error) {
      // A turn that failed is an exit code above 0, too; the SDK has said why by then.
      if (!result.startsWith('failed: ')) throw error;
    }
    results.push(result);
  }
  return { messages, results, asked: [] };
}
