import { getResponse, type RequestHandler } from 'msw';

/** A piece of the body. The response head goes out with the first one (whose text may be empty). */
export interface ExchangeChunk {
  /** ms to wait before sending, after the gate (if any) was released. */
  readonly gapMs: number;
  readonly text: string;
  /** Wait until the driver releases the gate of this name. */
  readonly gate?: string;
}

/** `close`: in good order; `cut`: the connection is torn down; `hang`: nothing more comes and it stays open. */
export interface ExchangeEnd {
  readonly kind: 'close' | 'cut' | 'hang';
  readonly gapMs: number;
  readonly gate?: string;
}

/** A whole answer with its timing as data, to be paced by whoever delivers it. With no chunks, not a byte is sent before `end`. */
export interface ModelExchange {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly chunks: readonly ExchangeChunk[];
  readonly end: ExchangeEnd;
}

/** Carries the timing through an msw response, whose body alone cannot tell it. Never sent over a real connection. */
export const DELIVERY_HEADER = 'x-reprise-delivery';

interface Delivery {
  /** `[gapMs, length in UTF-16 units, gate?]` for each chunk. */
  readonly chunks: readonly (readonly [number, number, string?])[];
  readonly end: ExchangeEnd;
}

/** The exchange as one response with its complete body; {@link modelExchange} reads it back. */
export function toResponse(exchange: ModelExchange): Response {
  const delivery: Delivery = {
    chunks: exchange.chunks.map(({ gapMs, text, gate }) => (gate ? [gapMs, text.length, gate] : [gapMs, text.length])),
    end: exchange.end,
  };
  return new Response(exchange.chunks.map((chunk) => chunk.text).join(''), {
    status: exchange.status,
    headers: { ...exchange.headers, [DELIVERY_HEADER]: encodeURIComponent(JSON.stringify(delivery)) },
  });
}

/**
 * Asks the handlers and returns the whole answer at once. Uses no sockets and no timers: it settles in microtasks alone,
 * so that a simulator can ask, drain, and deliver the chunks on its own clock.
 * A response of other handlers than ours is one chunk. Throws when no handler answers the request.
 */
export async function modelExchange(handlers: readonly RequestHandler[], request: Request): Promise<ModelExchange> {
  const response = await getResponse([...handlers], request);
  if (!response) throw new Error(`no handler answers ${request.method} ${request.url}`);
  const body = await response.text();
  const headers: Record<string, string> = {};
  response.headers.forEach((value, name) => {
    if (name !== DELIVERY_HEADER) headers[name] = value;
  });
  const coded = response.headers.get(DELIVERY_HEADER);
  if (coded === null) {
    return { status: response.status, headers, chunks: [{ gapMs: 0, text: body }], end: { kind: 'close', gapMs: 0 } };
  }
  const delivery: Delivery = JSON.parse(decodeURIComponent(coded));
  let from = 0;
  const chunks = delivery.chunks.map(([gapMs, length, gate]) => {
    const text = body.slice(from, from + length);
    from += length;
    return gate === undefined ? { gapMs, text } : { gapMs, text, gate };
  });
  return { status: response.status, headers, chunks, end: delivery.end };
}

/** Collects what is sent. What is sent without a wait in between is one chunk. */
export class ChunkWriter {
  readonly #chunks: ExchangeChunk[] = [];
  #gapMs = 0;
  #gate: string | undefined;
  #end: ExchangeEnd | undefined;

  get ended(): boolean {
    return this.#end !== undefined;
  }

  wait(ms: number): void {
    this.#gapMs += ms;
  }

  /** Throws when a wait or a gate is already due before the next chunk: a chunk has one gate, and its gap comes after it. */
  gate(name: string): void {
    if (this.#gapMs > 0 || this.#gate !== undefined) {
      throw new Error(
        `model script: gate "${name}" follows a wait or a gate; put it first, or send something in between`,
      );
    }
    this.#gate = name;
  }

  /** Sends what has been decided so far, at least the response head. */
  head(): void {
    this.#push('');
  }

  send(text: string): void {
    const last = this.#chunks.at(-1);
    if (last && this.#gapMs === 0 && this.#gate === undefined) {
      this.#chunks[this.#chunks.length - 1] = { ...last, text: last.text + text };
    } else {
      this.#push(text);
    }
  }

  end(kind: ExchangeEnd['kind']): void {
    this.#end = { kind, ...this.#timing() };
  }

  finish(status: number, headers: Readonly<Record<string, string>>): ModelExchange {
    return { status, headers, chunks: this.#chunks, end: this.#end ?? { kind: 'close', gapMs: 0 } };
  }

  #push(text: string): void {
    this.#chunks.push({ ...this.#timing(), text });
  }

  #timing(): { gapMs: number; gate?: string } {
    const timing = this.#gate === undefined ? { gapMs: this.#gapMs } : { gapMs: this.#gapMs, gate: this.#gate };
    this.#gapMs = 0;
    this.#gate = undefined;
    return timing;
  }
}
