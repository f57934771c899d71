import type { Decision, Failure, Outcome, Turn, TurnEvent, TurnSink } from '../types.ts';
import { failure, failureOfResult } from './failure.ts';
import { asArray, asNumber, asObject, asString, type Json } from './json.ts';

/** What a turn may ask of its client. */
export interface TurnHost {
  interrupt(turn: ClaudeTurn): Promise<Outcome<null>>;
  /** The turn is over for its owner; the process may still be at it. */
  abandon(turn: ClaudeTurn): void;
  /** For how many ms Claude has sent nothing. */
  silentMs(): number;
  respond(requestId: string, response: object): boolean;
}

const DECLINED = 'The user declined this. Do not try it again unless asked to.';

/** One line for people: the tool and what it is about. */
function titleOf(name: string, input: Json): string {
  const about =
    asString(input.command) ?? asString(input.file_path) ?? asString(input.pattern) ?? asString(input.description);
  return about === null ? name : `${name}: ${about}`;
}

/**
 * One message of ours and what Claude makes of it. It translates frames of the main thread to turn events and ends once;
 * frames that come later change nothing. Subagents' frames are their own affair, except for their approvals.
 */
export class ClaudeTurn implements Turn {
  readonly turnId: string;
  readonly #sink: TurnSink;
  readonly #host: TurnHost;
  /** Open approvals: request id to the tool input that an allowance must repeat. */
  readonly #approvals = new Map<string, { readonly input: Json; readonly toolUseId: string }>();
  readonly #tools = new Map<string, string>();
  #messageId: string | null = null;
  #blocks = 0;
  #errorWord: string | null = null;
  #unnamedResult: Json | null = null;
  #ended = false;

  constructor(turnId: string, sink: TurnSink, host: TurnHost) {
    this.turnId = turnId;
    this.#sink = sink;
    this.#host = host;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get silentMs(): number {
    return this.#host.silentMs();
  }

  giveUp(why: Failure): void {
    if (this.#ended) return;
    this.fail(why);
    this.#host.abandon(this);
  }

  interrupt(): Promise<Outcome<null>> {
    if (this.#ended) return Promise.resolve({ ok: true, value: null });
    return this.#host.interrupt(this);
  }

  answer(approvalId: string, decision: Decision): boolean {
    const open = this.#approvals.get(approvalId);
    if (!open) return false;
    this.#approvals.delete(approvalId);
    const toolUseID = open.toolUseId;
    return this.#host.respond(
      approvalId,
      decision === 'accept'
        ? { behavior: 'allow', updatedInput: open.input, toolUseID }
        : { behavior: 'deny', message: DECLINED, toolUseID },
    );
  }

  /** @internal Claude has begun to work on the message. */
  start(): void {
    this.#emit({ type: 'started', turnId: this.turnId });
  }

  /** @internal A frame of the running turn other than `result`. */
  frame(frame: Json): void {
    if (this.#ended || frame.parent_tool_use_id) return;
    if (frame.type === 'stream_event') this.#onStreamEvent(frame);
    else if (frame.type === 'assistant') this.#onAssistant(frame);
    else if (frame.type === 'user') this.#onUser(frame);
  }

  /** @internal */
  retrying(frame: Json): void {
    const message = asString(frame.error) ?? 'unknown';
    this.#emit({ type: 'retrying', message, httpStatus: asNumber(frame.error_status) });
  }

  /** @internal `can_use_tool`. */
  ask(requestId: string, request: Json): void {
    const input = asObject(request.input);
    const toolUseId = asString(request.tool_use_id) ?? requestId;
    this.#approvals.set(requestId, { input, toolUseId });
    const title = titleOf(asString(request.tool_name) ?? 'tool', input);
    this.#emit({ type: 'approval', approvalId: requestId, itemId: toolUseId, title });
  }

  /** @internal Claude no longer waits for this answer. */
  withdraw(requestId: string): void {
    if (this.#approvals.delete(requestId)) this.#emit({ type: 'approval-withdrawn', approvalId: requestId });
  }

  /** @internal A `result` frame while the turn runs. Only one that names this message ends it (facts 0.9: results may be another's). */
  result(frame: Json): void {
    const named = asArray(frame.user_message_uuids);
    if (named.includes(this.turnId) || frame.user_message_uuid === this.turnId) this.#finish(frame);
    else if (named.length === 0 && frame.origin === undefined) this.#unnamedResult = frame;
  }

  /** @internal The message's lifecycle is over; normally its result has come before. */
  lifecycleOver(state: string): void {
    if (this.#ended) return;
    if (this.#unnamedResult) this.#finish(this.#unnamedResult);
    else if (state === 'completed') this.#end({ type: 'ended', status: 'completed', failure: null });
    else if (state === 'cancelled') this.#end({ type: 'ended', status: 'interrupted', failure: null });
    else this.fail(failure('rejected', `claude ${state} the message`, true));
  }

  /** @internal */
  fail(failure: Failure): void {
    this.#end({ type: 'ended', status: 'failed', failure });
  }

  #finish(result: Json): void {
    const reason = asString(result.terminal_reason);
    if (reason === 'aborted_streaming' || reason === 'aborted_tools') {
      this.#end({ type: 'ended', status: 'interrupted', failure: null });
    } else if (result.is_error === true) {
      this.fail(failureOfResult(result, this.#errorWord));
    } else {
      this.#end({ type: 'ended', status: 'completed', failure: null });
    }
  }

  #end(event: TurnEvent): void {
    if (this.#ended) return;
    for (const approvalId of [...this.#approvals.keys()]) this.withdraw(approvalId);
    for (const [itemId, title] of this.#tools) this.#emit({ type: 'tool', itemId, title, status: 'failed' });
    this.#tools.clear();
    this.#ended = true;
    this.#sink(event);
  }

  #emit(event: TurnEvent): void {
    if (!this.#ended) this.#sink(event);
  }

  #onStreamEvent(frame: Json): void {
    const event = asObject(frame.event);
    const delta = asObject(event.delta);
    if (event.type !== 'content_block_delta' || delta.type !== 'text_delta') return;
    const itemId = `${asString(frame.api_message_id) ?? 'message'}:${asNumber(event.index) ?? 0}`;
    this.#emit({ type: 'text', itemId, delta: asString(delta.text) ?? '' });
  }

  /** One frame per content block, in block order, all with the id of their message (facts 0.3): counting them gives the block's index. */
  #onAssistant(frame: Json): void {
    const message = asObject(frame.message);
    const word = asString(frame.error);
    if (word !== null) {
      this.#errorWord = word;
      return;
    }
    const id = asString(message.id) ?? 'message';
    if (id !== this.#messageId) {
      this.#messageId = id;
      this.#blocks = 0;
    }
    for (const item of asArray(message.content)) {
      const block = asObject(item);
      const itemId = `${id}:${this.#blocks++}`;
      if (block.type === 'text') this.#emit({ type: 'message', itemId, text: asString(block.text) ?? '' });
      else if (block.type === 'tool_use') this.#onToolUse(block, itemId);
    }
  }

  #onToolUse(block: Json, fallbackId: string): void {
    const itemId = asString(block.id) ?? fallbackId;
    const title = titleOf(asString(block.name) ?? 'tool', asObject(block.input));
    this.#tools.set(itemId, title);
    this.#emit({ type: 'tool', itemId, title, status: 'started' });
  }

  #onUser(frame: Json): void {
    const meta = asArray(frame.tool_result_meta).map(asObject);
    for (const item of asArray(asObject(frame.message).content)) {
      const block = asObject(item);
      const itemId = asString(block.tool_use_id);
      const title = itemId === null ? undefined : this.#tools.get(itemId);
      if (block.type !== 'tool_result' || itemId === null || title === undefined) continue;
      this.#tools.delete(itemId);
      const about = meta.find((entry) => entry.id === itemId);
      const declined = asObject(about?.permission_decision).decision === 'reject';
      const status = declined ? 'declined' : block.is_error === true ? 'failed' : 'completed';
      this.#emit({ type: 'tool', itemId, title, status });
    }
  }
}
