import { UnmodelledError } from '../unmodelled.ts';
import type { Body, FrameWriter } from './frames.ts';
import type { Block } from './sessions.ts';
import type { SentEvent } from './stream.ts';
import { estimateTokens } from './usage.ts';

/** Members that name the user's messages; they ride on the first frame of each kind in a turn. */
export interface Tags {
  /** For the next opening event of the API's stream; empty after the first. */
  stream(): Body;
  /** For the next assistant frame; empty after the first. */
  assistant(): Body;
  /** For estimates of thinking. */
  one(): Body;
}

const UPDATES = { thinking_display: 'updates' };

interface OpenBlock {
  readonly index: number;
  readonly type: string;
  readonly toolId: string;
  readonly toolName: string;
  text: string;
  signature: string;
  tokens: number;
}

/** An answer of the model while it streams: puts its frames on the wire and its blocks together (facts 0.3, 0.4, 3). */
export class StreamedMessage {
  readonly id: string;
  readonly inputTokens: number;
  /** Output tokens as the opening event says, later as the closing one does. */
  outputTokens: number;
  stopReason: string | null = null;
  /** Blocks that are complete. */
  blocks = 0;
  /** Texts of the complete text blocks. */
  lastText: string | null = null;
  readonly #frames: FrameWriter;
  readonly #requestId: string;
  readonly #tags: Tags;
  readonly #opening: Body;
  #open: OpenBlock | null = null;
  #characters = 0;

  /** @param ttftMs a duration that `message_start` reports. */
  constructor(frames: FrameWriter, { event: start, json }: SentEvent, requestId: string, tags: Tags, ttftMs: number) {
    const message = start.message!;
    this.id = message.id;
    this.inputTokens = message.usage.input_tokens;
    this.outputTokens = message.usage.output_tokens;
    this.#opening = message;
    this.#frames = frames;
    this.#requestId = requestId;
    this.#tags = tags;
    frames.stream(json, this.id, { ttft_ms: ttftMs, thinking_display: 'updates', ...tags.stream() });
  }

  /** What the API would have counted, had it not been stopped. */
  get estimate(): number {
    return estimateTokens(this.#characters);
  }

  openBlock({ event, json }: SentEvent): void {
    const { type = '', id = '', name = '' } = event.content_block ?? {};
    this.#open = { index: event.index!, type, toolId: id, toolName: name, text: '', signature: '', tokens: 0 };
    this.#characters += name.length;
    this.#frames.stream(json, this.id, type === 'thinking' ? UPDATES : undefined);
  }

  delta({ event, json }: SentEvent): void {
    const open = this.#open;
    const { type, text = '', thinking = '', signature = '', partial_json = '' } = event.delta ?? {};
    if (!open) throw new UnmodelledError('claude', 'a delta outside of a content block');
    if (type === 'signature_delta') {
      open.signature = signature;
      this.#thinkingTokens(open, Math.max(open.tokens, Math.ceil(signature.length / 4)));
      this.#frames.stream(json, this.id);
      return;
    }
    open.text += text + thinking + partial_json;
    this.#characters += text.length + thinking.length + partial_json.length;
    if (type === 'thinking_delta') this.#thinkingTokens(open, open.tokens + Math.ceil(thinking.length / 4));
    this.#frames.stream(json, this.id, type === 'thinking_delta' ? UPDATES : undefined);
  }

  /** Ends the open block: writes its assistant frame. The caller writes the event itself, which comes after it. */
  endBlock(): Block {
    const open = this.#open;
    if (!open) throw new UnmodelledError('claude', 'the end of a content block that was not begun');
    this.#open = null;
    this.blocks++;
    const block = blockOf(open);
    if (block.type === 'text') this.lastText = block.text;
    const thinking = block.type === 'thinking' ? { thinking_duration_ms: 1, ...UPDATES } : {};
    this.#assistant(block, thinking);
    return block;
  }

  /** Writes an event that needs nothing else. */
  pass({ event, json }: SentEvent): void {
    if (event.type === 'message_delta') {
      this.stopReason = event.delta?.stop_reason ?? null;
      this.outputTokens = event.usage?.output_tokens ?? this.outputTokens;
    }
    this.#frames.stream(json, this.id);
  }

  /** An interrupt: text so far becomes a block of its own. Returns it, if there is any. */
  abortText(): Block | null {
    const open = this.#open;
    if (open?.type !== 'text' || open.text === '') return null;
    this.blocks++;
    const block = { type: 'text', text: open.text } as const;
    this.#assistant(block, { aborted: true });
    return block;
  }

  /** The events that close a given-up message for whoever reads the stream. `quietly` leaves out the counts, as after a cut. */
  closeStream(quietly: boolean): void {
    const open = this.#open;
    this.#open = null;
    if (open && open.type !== 'tool_use') {
      this.#frames.stream(`{"type":"content_block_stop","index":${open.index}}`, this.id);
    }
    if (!quietly) this.#frames.stream(JSON.stringify(abandonedDelta(this.inputTokens)), this.id);
    const abandoned = { api_message_id: this.id, from_block_index: this.blocks };
    this.#frames.stream('{"type":"message_stop"}', this.id, { abandoned_blocks: abandoned });
  }

  #assistant(block: Block, extra: Body): void {
    const message = { ...this.#opening, content: [block], context_management: null };
    this.#frames.assistant(message, { request_id: this.#requestId, ...extra, ...this.#tags.assistant() });
  }

  #thinkingTokens(open: OpenBlock, tokens: number): void {
    if (tokens <= open.tokens) return;
    const delta = tokens - open.tokens;
    open.tokens = tokens;
    const body = {
      type: 'system',
      subtype: 'thinking_tokens',
      estimated_tokens: tokens,
      estimated_tokens_delta: delta,
    };
    this.#frames.event({ ...body, ...this.#tags.one() });
  }
}

function blockOf(open: OpenBlock): Block {
  switch (open.type) {
    case 'text':
      return { type: 'text', text: open.text };
    case 'thinking':
      return { type: 'thinking', thinking: open.text, signature: open.signature };
    case 'tool_use':
      return { type: 'tool_use', id: open.toolId, name: open.toolName, input: JSON.parse(open.text || '{}') };
    default:
      throw new UnmodelledError('claude', `content block of type ${open.type}`);
  }
}

function abandonedDelta(inputTokens: number): Body {
  return {
    type: 'message_delta',
    context_management: null,
    delta: { container: null, stop_details: null, stop_reason: null, stop_sequence: null },
    usage: {
      output_tokens_details: { thinking_tokens: 0 },
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      input_tokens: inputTokens,
      iterations: [],
      output_tokens: 1,
      server_tool_use: { web_search_requests: 0, web_fetch_requests: 0 },
      fallback_credit: null,
    },
  };
}
