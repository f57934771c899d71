import { agentMessage, reasoningItem } from './frames.ts';
import { isMap, type JsonObject } from './params.ts';
import type { LoadedThread } from './thread.ts';

/** A tool that the model calls. `input` is a JSON text (function) or free text (custom tool). */
export interface ToolCall {
  readonly kind: 'function' | 'custom';
  readonly callId: string;
  readonly name: string;
  readonly input: string;
}

interface OpenItem {
  readonly id: string;
  readonly type: 'message' | 'reasoning';
  readonly startedAtMs: number;
  parts: string[];
}

/** Turns the events of one model answer after another into the turn's items. */
export class ModelItems {
  readonly #thread: LoadedThread;
  readonly #ids: { readonly threadId: string; readonly turnId: string };
  #open: OpenItem | null = null;
  /** The turn's last finished message. */
  lastMessage: JsonObject | null = null;
  /** The current answer calls tools. */
  calledTools = false;

  constructor(thread: LoadedThread, turnId: string) {
    this.#thread = thread;
    this.#ids = { threadId: thread.stored.threadId, turnId };
  }

  /** A new answer begins; an item that the last one left open stays open for ever. */
  begin(): void {
    this.#open = null;
    this.calledTools = false;
  }

  event(event: JsonObject, call: (tool: ToolCall) => void): void {
    switch (event.type) {
      case 'response.output_item.added':
        return this.#added(event.item as JsonObject);
      case 'response.output_text.delta':
        return this.#textDelta(String(event.delta));
      case 'response.reasoning_summary_part.added':
        return this.#summaryPart(Number(event.summary_index));
      case 'response.reasoning_summary_text.delta':
        return this.#summaryDelta(String(event.delta), Number(event.summary_index));
      case 'response.output_item.done':
        return this.#done(event.item as JsonObject, call);
    }
  }

  #added(item: JsonObject): void {
    const { type } = item;
    if (type !== 'message' && type !== 'reasoning') return;
    const at = this.#now;
    const id = String(item.id);
    this.#open = { id, type, startedAtMs: at, parts: type === 'message' ? [''] : [] };
    const started = type === 'message' ? agentMessage(id, '', at, null) : reasoningItem(id, [], at, null);
    this.#send('item/started', { item: started, ...this.#ids, startedAtMs: at });
  }

  #textDelta(delta: string): void {
    const open = this.#open;
    if (!open || delta === '') return;
    open.parts[0] += delta;
    this.#send('item/agentMessage/delta', { ...this.#ids, itemId: open.id, delta });
  }

  #summaryPart(summaryIndex: number): void {
    const open = this.#open;
    if (!open) return;
    open.parts[summaryIndex] = '';
    this.#send('item/reasoning/summaryPartAdded', { ...this.#ids, itemId: open.id, summaryIndex });
  }

  #summaryDelta(delta: string, summaryIndex: number): void {
    const open = this.#open;
    if (!open) return;
    open.parts[summaryIndex] += delta;
    this.#send('item/reasoning/summaryTextDelta', { ...this.#ids, itemId: open.id, delta, summaryIndex });
  }

  #done(item: JsonObject, call: (tool: ToolCall) => void): void {
    const { history, rollout } = this.#thread.stored;
    history.push({ by: 'model', text: textOf(item), item });
    const open = this.#open;
    this.#open = null;
    if (open && (item.type === 'message' || item.type === 'reasoning')) {
      const at = this.#now;
      const done =
        item.type === 'message'
          ? agentMessage(open.id, textOf(item), open.startedAtMs, at)
          : reasoningItem(open.id, open.parts, open.startedAtMs, at);
      if (item.type === 'message') this.lastMessage = done;
      rollout.item();
      rollout.add(1);
      this.#send('item/completed', { item: done, ...this.#ids, contentTokenCount: null, completedAtMs: at });
    } else if (item.type === 'function_call' || item.type === 'custom_tool_call') {
      this.calledTools = true;
      rollout.add(1);
      const custom = item.type === 'custom_tool_call';
      call({
        kind: custom ? 'custom' : 'function',
        callId: String(item.call_id),
        name: String(item.name),
        input: String(custom ? item.input : item.arguments),
      });
    }
  }

  get #now(): number {
    return this.#thread.server.now;
  }

  #send(method: string, params: JsonObject): void {
    this.#thread.server.notify([method, params]);
  }
}

function textOf(item: JsonObject): string {
  const parts = Array.isArray(item.content) ? (item.content as readonly JsonObject[]) : [];
  return parts.map((part) => (isMap(part) && typeof part.text === 'string' ? part.text : '')).join('');
}
