import type { ModelAsk } from './ask.ts';
import { type AnswerKey, answerId } from './ids.ts';
import type { Dialect } from './reply.ts';
import type { ModelRule } from './script.ts';

type Json = Readonly<Record<string, unknown>>;

/** What an open item becomes when it is done, given its deltas so far. */
interface OpenItem {
  readonly index: number;
  readonly deltaEvent: (text: string) => Json;
  readonly done: (text: string) => Json;
  text: string;
}

/**
 * Stream of the Responses API as codex reads it: created, then per item added / deltas / done, then completed. Item ids
 * and call ids pass through to codex's own items (facts/codex-wire.md 1.1, number 12).
 */
export function openaiDialect(ask: ModelAsk, key: AnswerKey, rule: ModelRule): Dialect {
  const responseId = answerId('resp', key);
  const output: Json[] = [];
  let open: OpenItem | undefined;
  let sequence = 0;

  const event = (type: string, fields: Json): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`;
  const response = (status: string, more: Json): Json => ({
    response: { id: responseId, object: 'response', model: ask.model, status, ...more },
  });
  const add = (item: Json, deltaEvent: OpenItem['deltaEvent'], done: OpenItem['done'], before = ''): string => {
    open = { index: output.length, deltaEvent, done, text: '' };
    return event('response.output_item.added', { output_index: output.length, item }) + before;
  };
  const usage = () => {
    const { input, output: out } = rule.usage ?? { input: 100, output: 20 };
    return {
      input_tokens: input,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: out,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input + out,
    };
  };

  return {
    headers: { 'content-type': 'text/event-stream', 'x-request-id': answerId('req', key) },
    start: () => event('response.created', response('in_progress', { output: [] })),
    openText() {
      const id = answerId('msg', key, output.length + 1);
      const message = (status: string, content: Json[]): Json => ({
        type: 'message',
        id,
        role: 'assistant',
        status,
        content,
      });
      const place = { item_id: id, output_index: output.length, content_index: 0 };
      return add(
        message('in_progress', []),
        (delta) => ({ type: 'response.output_text.delta', ...place, delta }),
        (text) => message('completed', [{ type: 'output_text', text, annotations: [] }]),
      );
    },
    openReasoning() {
      const id = answerId('rs', key, output.length + 1);
      const place = { item_id: id, output_index: output.length, summary_index: 0 };
      const part = event('response.reasoning_summary_part.added', {
        ...place,
        part: { type: 'summary_text', text: '' },
      });
      return add(
        { type: 'reasoning', id, summary: [] },
        (delta) => ({ type: 'response.reasoning_summary_text.delta', ...place, delta }),
        (text) => ({ type: 'reasoning', id, summary: [{ type: 'summary_text', text }], encrypted_content: null }),
        part,
      );
    },
    delta(text) {
      if (!open) throw new Error('delta without an open item');
      open.text += text;
      const { type, ...fields } = open.deltaEvent(text);
      return event(String(type), fields);
    },
    tool(name, input) {
      const n = output.length + 1;
      const free = typeof input === 'string';
      const id = answerId(free ? 'ctc' : 'fc', key, n);
      const place = { item_id: id, output_index: output.length };
      const item = (status: string, text: string): Json => ({
        type: free ? 'custom_tool_call' : 'function_call',
        id,
        call_id: answerId('call', key, n),
        name,
        status,
        [free ? 'input' : 'arguments']: text,
      });
      const kind = free ? 'response.custom_tool_call_input.delta' : 'response.function_call_arguments.delta';
      const opening = add(
        item('in_progress', ''),
        (delta) => ({ type: kind, ...place, delta }),
        (text) => item('completed', text),
      );
      return opening + this.delta(free ? input : JSON.stringify(input));
    },
    shellTool: (command) => ({ name: 'exec_command', input: { cmd: command } }),
    close() {
      if (!open) throw new Error('close without an open item');
      const item = open.done(open.text);
      const done = event('response.output_item.done', { output_index: open.index, item });
      output.push(item);
      open = undefined;
      return done;
    },
    finish(stopReason) {
      if (stopReason !== undefined) {
        throw new Error(`model script: "finish" with stopReason "${stopReason}" is for Anthropic only`);
      }
      return event('response.completed', response('completed', { output, usage: usage() }));
    },
    fail: (code, message) => event('response.failed', response('failed', { output, error: { code, message } })),
  };
}
