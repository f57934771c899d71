import type { ModelAsk } from './ask.ts';
import type { ModelExchange } from './exchange.ts';
import { type AnswerKey, answerId } from './ids.ts';
import type { Dialect } from './reply.ts';
import type { ModelRule } from './script.ts';

type Json = Readonly<Record<string, unknown>>;

/** Stream of the Messages API as claude reads it (facts/claude-wire.md 3): start, blocks, message_delta, stop. */
export function anthropicDialect(ask: ModelAsk, key: AnswerKey, rule: ModelRule): Dialect {
  const usage = rule.usage ?? { input: 100, output: 20 };
  let blocks = 0;
  let kind: 'text' | 'thinking' | 'tool_use' = 'text';
  let calledTool = false;

  const event = (type: string, fields: Json = {}): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
  const blockDelta = (delta: Json): string => event('content_block_delta', { index: blocks, delta });
  const openBlock = (block: Json): string => event('content_block_start', { index: blocks, content_block: block });

  return {
    headers: { 'content-type': 'text/event-stream', 'request-id': answerId('req', key) },
    start: () =>
      event('message_start', {
        message: {
          id: answerId('msg', key),
          type: 'message',
          role: 'assistant',
          model: ask.model,
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: {
            input_tokens: usage.input,
            cache_creation_input_tokens: 0,
            cache_read_input_tokens: 0,
            output_tokens: 1,
          },
        },
      }),
    openText() {
      kind = 'text';
      return openBlock({ type: 'text', text: '' });
    },
    openReasoning() {
      kind = 'thinking';
      return openBlock({ type: 'thinking', thinking: '', signature: '' });
    },
    delta: (text) =>
      blockDelta(kind === 'text' ? { type: 'text_delta', text } : { type: 'thinking_delta', thinking: text }),
    tool(name, input) {
      if (typeof input === 'string')
        throw new Error(`model script: tool "${name}": Anthropic has no free-form tool calls`);
      kind = 'tool_use';
      calledTool = true;
      const id = answerId('toolu', key, blocks + 1);
      return (
        openBlock({ type: 'tool_use', id, name, input: {} }) +
        blockDelta({ type: 'input_json_delta', partial_json: JSON.stringify(input) })
      );
    },
    shellTool: (command) => ({ name: 'Bash', input: { command } }),
    close() {
      const signed = kind === 'thinking' ? blockDelta({ type: 'signature_delta', signature: 'c2lnbmF0dXJl' }) : '';
      return signed + event('content_block_stop', { index: blocks++ });
    },
    finish: (stopReason) =>
      event('message_delta', {
        delta: { stop_reason: stopReason ?? (calledTool ? 'tool_use' : 'end_turn'), stop_sequence: null },
        usage: { output_tokens: usage.output },
      }) + event('message_stop'),
    fail: (code, message) => event('error', { error: { type: code, message } }),
  };
}

interface StreamEvent {
  readonly type: string;
  readonly message?: Json;
  readonly content_block?: Record<string, unknown>;
  readonly delta?: Record<string, unknown>;
  readonly usage?: Json;
}

/**
 * The same answer for a request without `stream`: one JSON message, after all the waits of the stream. An exchange that
 * does not end with a whole message (error, cut, hang) keeps its end and loses its partial body.
 */
export function wholeMessage(exchange: ModelExchange): ModelExchange {
  if (exchange.status !== 200) return exchange;
  const events = exchange.chunks
    .flatMap((chunk) => chunk.text.split('\n\n'))
    .filter((text) => text.startsWith('event: '))
    .map((text): StreamEvent => JSON.parse(text.slice(text.indexOf('\ndata: ') + 7)));
  const gates = exchange.chunks.flatMap((chunk) => chunk.gate ?? []);
  if (gates.length > 1) throw new Error('model script: an answer that is not streamed can have one gate only');
  const gapMs = exchange.chunks.reduce((sum, chunk) => sum + chunk.gapMs, 0);
  const timing = gates[0] === undefined ? { gapMs } : { gapMs, gate: gates[0] };
  if (!events.some((event) => event.type === 'message_stop')) {
    const kind = exchange.end.kind === 'hang' ? 'hang' : 'cut';
    return { ...exchange, chunks: [], end: { ...exchange.end, ...timing, kind } };
  }
  const text = JSON.stringify(collect(events));
  return {
    ...exchange,
    headers: { ...exchange.headers, 'content-type': 'application/json' },
    chunks: [{ ...timing, text }],
  };
}

function collect(events: readonly StreamEvent[]): Json {
  const content: Record<string, unknown>[] = [];
  let message: Record<string, unknown> = {};
  for (const { type, message: opened, content_block, delta, usage } of events) {
    const block = content.at(-1);
    if (type === 'message_start') message = { ...opened };
    else if (type === 'content_block_start') content.push({ ...content_block });
    else if (type === 'message_delta') {
      message = { ...message, ...delta, usage: { ...(message.usage as Json), ...usage } };
    } else if (delta && block) {
      if (delta.type === 'text_delta') block.text += String(delta.text);
      else if (delta.type === 'thinking_delta') block.thinking += String(delta.thinking);
      else if (delta.type === 'signature_delta') block.signature = delta.signature;
      else if (delta.type === 'input_json_delta') block.input = JSON.parse(String(delta.partial_json));
    }
  }
  return { ...message, content };
}
