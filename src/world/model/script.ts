/**
 * What the scripted model says: plain JSON data, read by the request handlers of `handlers.ts`. The same script drives
 * the simulator, tests and the loopback server to which real provider binaries are pointed.
 */

export type ModelProvider = 'openai' | 'anthropic';

export interface ModelScript {
  /** Tried in order; the first rule whose `when` holds answers. A request that no rule answers gets a 400 that says so. */
  readonly rules: readonly ModelRule[];
}

export interface ModelRule {
  readonly when: ModelCondition;
  readonly reply: readonly ReplyStep[];
  /** Extra response headers of a 200, e.g. `x-codex-primary-used-percent`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Token counts to report. Default 100 in, 20 out. */
  readonly usage?: { readonly input: number; readonly output: number };
}

/** An exact text (blanks at the ends do not count), or a part of it. */
export type TextMatch = string | { readonly includes: string };

/**
 * All given fields must hold. Without `toolResult` and `round` a rule answers only requests that end with a user's text,
 * so that a rule which calls a tool does not answer the tool's result with the same call again.
 */
export interface ModelCondition {
  readonly provider?: ModelProvider;
  /** The last text the user wrote, without what the provider's client adds around it (environment, reminders). */
  readonly user?: TextMatch;
  /** The request ends with tool results and one of them matches. */
  readonly toolResult?: TextMatch;
  /** Answers of the model since that text: 0 for the first request, 1 when the first tool results come back, … */
  readonly round?: number;
  /** 1 for the first request with this conversation, 2 when the client repeats it, … */
  readonly attempt?: number;
  readonly stream?: boolean;
}

export type TextChunk = string | { readonly text: string /** ms after the chunk before it */; readonly gapMs: number };

/**
 * Steps happen in order. `text`, `reasoning` and `tool` each open a content item, which is closed by the next one, by
 * `stop` or by the orderly end; `cut`, `hang` and `end` leave it open. A reply whose last step is none of
 * `finish fail status cut hang end` is finished in good order.
 */
export type ReplyStep =
  /** Assistant text in chunks; `gapMs` is the gap before each chunk that has none of its own (default 0). */
  | { readonly do: 'text'; readonly chunks: readonly TextChunk[]; readonly gapMs?: number }
  /** Reasoning summary (OpenAI) or thinking (Anthropic). */
  | { readonly do: 'reasoning'; readonly chunks: readonly TextChunk[]; readonly gapMs?: number }
  /** A shell command: `exec_command` for codex, `Bash` for claude. `input` adds or replaces arguments. */
  | { readonly do: 'tool'; readonly command: string; readonly input?: Readonly<Record<string, unknown>> }
  /** Any other tool; a string `input` makes it a free-form (custom) tool call, which only OpenAI has. */
  | { readonly do: 'tool'; readonly name: string; readonly input: Readonly<Record<string, unknown>> | string }
  | { readonly do: 'wait'; readonly ms: number }
  /** Nothing more is sent until the driver releases the gate of this name. */
  | { readonly do: 'gate'; readonly name: string }
  /** Sends the response head alone. */
  | { readonly do: 'headers' }
  /** Sends the opening event (`response.created`, `message_start`) without content. */
  | { readonly do: 'start' }
  /** Closes the open content item. */
  | { readonly do: 'stop' }
  /** Orderly end with another stop reason (Anthropic only), e.g. `max_tokens`, `refusal`. */
  | { readonly do: 'finish'; readonly stopReason: string }
  /** Failure inside the stream: `response.failed` or an `error` event. */
  | { readonly do: 'fail'; readonly code: string; readonly message: string }
  /** Sent as it is, e.g. a malformed event. */
  | { readonly do: 'raw'; readonly text: string }
  /** An error instead of a stream; must be the only sending step. See `errors.ts` for the bodies. */
  | StatusStep
  /** The connection is torn down. As the only step: before any byte of the response. */
  | { readonly do: 'cut' }
  /** Nothing more ever comes, the connection stays open. As the only step: not a byte is sent. */
  | { readonly do: 'hang' }
  /** The body ends in good order without the protocol's closing event. */
  | { readonly do: 'end' };

export interface StatusStep {
  readonly do: 'status';
  readonly status: number;
  /** Replaces the usual message of this status. */
  readonly message?: string;
  /** Replaces the usual error type. */
  readonly type?: string;
  readonly code?: string;
  /** Adds a `retry-after` header. */
  readonly retryAfterS?: number;
  /** Further fields of the `error` object, e.g. `resets_at`. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

const LAST_STEPS = new Set(['finish', 'fail', 'status', 'cut', 'hang', 'end']);
const STEPS = new Set([...LAST_STEPS, 'text', 'reasoning', 'tool', 'wait', 'gate', 'headers', 'start', 'stop', 'raw']);

/**
 * Checks what types cannot (scripts may come from JSON files): known steps, nothing after a last step, `status` alone.
 * Throws an error that names the rule and the step.
 */
export function checkScript(script: ModelScript): void {
  for (const [r, rule] of script.rules.entries()) {
    const where = (s: number) => `model script, rules[${r}].reply[${s}]`;
    if (rule.reply.length === 0) throw new Error(`model script, rules[${r}].reply is empty: give it at least one step`);
    for (const [s, step] of rule.reply.entries()) {
      if (!STEPS.has(step.do)) {
        throw new Error(`${where(s)}: unknown step ${JSON.stringify(step.do)}; known: ${[...STEPS].sort().join(' ')}`);
      }
      if (LAST_STEPS.has(step.do) && s < rule.reply.length - 1) {
        throw new Error(`${where(s)}: nothing can follow ${JSON.stringify(step.do)}; remove the steps after it`);
      }
      if (step.do === 'status' && rule.reply.slice(0, s).some((other) => other.do !== 'wait' && other.do !== 'gate')) {
        throw new Error(`${where(s)}: only "wait" and "gate" can come before "status"`);
      }
    }
  }
}
