import type { Json } from '../../transcript/format.ts';
import type { RawRecord } from '../../transcript/raw.ts';
import type { Redactor } from '../../transcript/redact.ts';
import { redactChunks } from '../../transcript/streams.ts';
import type { LoopbackExchange } from '../loopback.ts';

const ENDS = { complete: 'complete', cut: 'cut', closed: 'cut', 'client-left': 'aborted' } as const;

/**
 * The raw record of an exchange, without credentials that are cut into its chunks; `since` turns `performance.now` times into ms since the
 * recording began.
 */
export function rawHttp(
  lane: string,
  exchange: LoopbackExchange,
  since: (at: number) => number,
  redactor: Redactor,
): RawRecord {
  const { method, path, requestHeaders, requestBody, status, responseHeaders, chunks, end } = exchange;
  const texts = redactChunks(
    chunks.map(({ text }) => text),
    redactor,
  );
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
            chunks: chunks.map((chunk, i) => ({ t: since(chunk.atMs), text: texts[i] ?? '' })),
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
