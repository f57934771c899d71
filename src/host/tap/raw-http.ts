import type { Json } from '../../transcript/format.ts';
import type { RawRecord } from '../../transcript/raw.ts';
import type { LoopbackExchange } from '../loopback.ts';

const ENDS = { complete: 'complete', cut: 'cut', closed: 'cut', 'client-left': 'aborted' } as const;

/** The raw record of an exchange; `since` turns `performance.now` times into ms since the recording began. */
export function rawHttp(lane: string, exchange: LoopbackExchange, since: (at: number) => number): RawRecord {
  const { method, path, requestHeaders, requestBody, status, responseHeaders, chunks, end } = exchange;
  return {
    k: 'http',
    lane,
    t: since(exchange.startedAtMs),
    request: { method, path, headers: requestHeaders, body: parseOr(requestBody) },
    response:
      status === null
        ? null
        : {
            status,
            headers: responseHeaders,
            chunks: chunks.map((chunk) => ({ t: since(chunk.atMs), text: chunk.text })),
            end: ENDS[end],
          },
  };
}

/** JSON, or the text itself. */
function parseOr(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
