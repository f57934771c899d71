import type { ModelCondition, ModelProvider, ModelRule, ModelScript, TextMatch } from './script.ts';

/** A request to the model, as far as a script can tell requests apart. */
export interface ModelAsk {
  readonly provider: ModelProvider;
  readonly model: string;
  readonly stream: boolean;
  /**
   * The conversation: codex's `thread-id` header, or claude's session id (with `/agent` for a sub-agent's requests).
   * Inside one conversation the clients ask one thing at a time, across conversations the order means nothing.
   */
  readonly lane: string;
  readonly user: string;
  /** Results of tools after the last answer of the model. Empty when the request ends with a user's text. */
  readonly toolResults: readonly string[];
  readonly round: number;
  /** Number of items or messages: tells a repeated request from one that went on. */
  readonly length: number;
}

/** One thing said in the conversation; an answer with several items is one `model` entry. */
type Said = { readonly by: 'model' } | { readonly by: 'user' | 'tool'; readonly text: string };

interface Part {
  readonly type?: string;
  readonly text?: string;
  readonly content?: unknown;
}

/** Text that a client wraps around the user's own: `<environment_context>…</environment_context>`, `<system-reminder>`. */
const WRAPPED = /^\s*<([a-z][a-z_-]*)>[\s\S]*<\/\1>\s*$/;

const partsOf = (content: unknown): readonly Part[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : Array.isArray(content) ? content : [];

const textOf = (content: unknown): string =>
  partsOf(content)
    .map((part) => part.text ?? '')
    .join('\n');

function usersText(content: unknown): Said[] {
  const own = partsOf(content).filter((part) => part.text !== undefined && !WRAPPED.test(part.text));
  return own.map((part) => ({ by: 'user', text: (part.text ?? '').trim() }));
}

function askFrom(
  said: readonly Said[],
  rest: Pick<ModelAsk, 'provider' | 'model' | 'stream' | 'lane' | 'length'>,
): ModelAsk {
  const lastUser = said.findLastIndex((entry) => entry.by === 'user');
  const after = said.slice(lastUser + 1);
  const lastModel = after.findLastIndex((entry) => entry.by === 'model');
  const found = said[lastUser];
  return {
    ...rest,
    user: found && found.by !== 'model' ? found.text : '',
    toolResults: after.slice(lastModel + 1).flatMap((entry) => (entry.by === 'tool' ? [entry.text] : [])),
    round: after.filter((entry, i) => entry.by === 'model' && after[i - 1]?.by !== 'model').length,
  };
}

/** Reads a body of `POST /v1/responses`. Throws on a body without `input` items. */
export function openaiAsk(headers: Headers, body: Record<string, unknown>): ModelAsk {
  if (!Array.isArray(body.input)) throw new Error('POST /v1/responses: the body has no "input" list');
  const said = body.input.flatMap((item: Record<string, unknown>): Said[] => {
    const type = item.type ?? 'message';
    if (type === 'message' && item.role === 'user') return usersText(item.content);
    if (type === 'message' && item.role !== 'assistant') return [];
    if (String(type).endsWith('_output')) {
      return [{ by: 'tool', text: typeof item.output === 'string' ? item.output : textOf(item.output) }];
    }
    return [{ by: 'model' }];
  });
  const lane = headers.get('thread-id') ?? headers.get('session-id') ?? 'none';
  return askFrom(said, {
    provider: 'openai',
    model: String(body.model),
    stream: body.stream === true,
    lane,
    length: body.input.length,
  });
}

/** Reads a body of `POST /v1/messages`. Throws on a body without `messages`. */
export function anthropicAsk(headers: Headers, body: Record<string, unknown>): ModelAsk {
  if (!Array.isArray(body.messages)) throw new Error('POST /v1/messages: the body has no "messages" list');
  const said = body.messages.flatMap((message: { role?: string; content?: unknown }): Said[] => {
    if (message.role === 'assistant') return [{ by: 'model' }];
    const results = partsOf(message.content).filter((part) => part.type === 'tool_result');
    return [
      ...results.map((part): Said => ({ by: 'tool', text: textOf(part.content) })),
      ...usersText(partsOf(message.content).filter((part) => part.type === 'text')),
    ];
  });
  const session = headers.get('x-claude-code-session-id') ?? 'none';
  const agent = headers.get('x-claude-code-agent-id');
  return askFrom(said, {
    provider: 'anthropic',
    model: String(body.model),
    stream: body.stream === true,
    lane: agent ? `${session}/${agent}` : session,
    length: body.messages.length,
  });
}

const matches = (want: TextMatch, text: string): boolean =>
  typeof want === 'string' ? text.trim() === want.trim() : text.includes(want.includes);

function holds(when: ModelCondition, ask: ModelAsk, attempt: number): boolean {
  if (when.provider !== undefined && when.provider !== ask.provider) return false;
  if (when.stream !== undefined && when.stream !== ask.stream) return false;
  if (when.attempt !== undefined && when.attempt !== attempt) return false;
  if (when.round !== undefined && when.round !== ask.round) return false;
  if (when.user !== undefined && !matches(when.user, ask.user)) return false;
  const { toolResult } = when;
  if (toolResult !== undefined) return ask.toolResults.some((text) => matches(toolResult, text));
  return when.round !== undefined || ask.toolResults.length === 0;
}

/** The first rule that answers `ask`, `attempt` counting from 1. */
export function findRule(script: ModelScript, ask: ModelAsk, attempt: number): ModelRule | undefined {
  return script.rules.find((rule) => holds(rule.when, ask, attempt));
}
