import type { ModelExchange } from '../model/index.ts';

/** An event of a streamed Messages API answer; see `anthropicDialect`. Members depend on `type`. */
export interface StreamEvent {
  readonly type: string;
  readonly index?: number;
  readonly message?: {
    readonly id: string;
    readonly usage: { readonly input_tokens: number; readonly output_tokens: number };
  };
  readonly content_block?: { readonly type: string; readonly id?: string; readonly name?: string };
  readonly delta?: {
    readonly type?: string;
    readonly text?: string;
    readonly thinking?: string;
    readonly signature?: string;
    readonly partial_json?: string;
    readonly stop_reason?: string | null;
  };
  readonly usage?: { readonly output_tokens: number };
}

/** An event with its own JSON. */
export interface SentEvent {
  readonly event: StreamEvent;
  readonly json: string;
}

/** The events in a piece of an answer's body. Throws when a `data:` line is not JSON: broken streams are not modelled. */
export function parseEvents(text: string): SentEvent[] {
  const events: SentEvent[] = [];
  let from = 0;
  for (;;) {
    const at = text.indexOf('data: ', from);
    if (at < 0) return events;
    const end = text.indexOf('\n', at);
    const json = text.slice(at + 6, end < 0 ? undefined : end);
    events.push({ event: JSON.parse(json), json });
    from = end < 0 ? text.length : end;
  }
}

/** The error that an answer's JSON body carries. */
export interface ApiError {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly requestId: string | null;
  readonly retryAfterMs: number;
}

/** Reads an answer whose status is not 200. */
export function apiErrorOf(exchange: ModelExchange): ApiError {
  const body = JSON.parse(exchange.chunks.map((chunk) => chunk.text).join(''));
  return {
    status: exchange.status,
    type: body.error.type,
    message: body.error.message,
    requestId: exchange.headers['request-id'] ?? null,
    retryAfterMs: Number(exchange.headers['retry-after'] ?? 0) * 1000,
  };
}
