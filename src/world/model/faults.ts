import { errorAnswer } from './errors.ts';
import type { ModelExchange } from './exchange.ts';
import type { AnswerKey } from './ids.ts';
import type { ModelProvider } from './script.ts';

/** What goes wrong with one request to the model, at the level of HTTP. */
export type ModelFault =
  | { readonly kind: 'status'; readonly status: number; readonly message?: string; readonly retryAfterS?: number }
  /** Not a byte comes (`request`), or none after the first piece of the stream (`stream`). */
  | { readonly kind: 'hang'; readonly at: 'request' | 'stream' }
  /** The connection is torn down, at the same places. */
  | { readonly kind: 'cut'; readonly at: 'request' | 'stream' };

/** A provider process that does not come up as it should. */
export type StartFault =
  /** It writes `stderr` and ends with `code`, `afterMs` after its start. */
  | { readonly kind: 'exit'; readonly code: number; readonly stderr: string; readonly afterMs: number }
  /** It runs and never answers anything. It still ends on end of file and on SIGTERM. */
  | { readonly kind: 'silent' };

/** In the event that carries the first piece of content. */
const FIRST_DELTA: Readonly<Record<ModelProvider, string>> = {
  openai: '.delta\n',
  anthropic: 'event: content_block_delta\n',
};

/** The answer that takes the place of `usual`. */
export function faultyExchange(
  provider: ModelProvider,
  fault: ModelFault,
  usual: ModelExchange,
  key: AnswerKey,
): ModelExchange {
  if (fault.kind === 'status') {
    const { kind: _, ...step } = fault;
    const { headers, body } = errorAnswer(provider, { do: 'status', ...step }, key);
    return { status: fault.status, headers, chunks: [{ gapMs: 0, text: body }], end: { kind: 'close', gapMs: 0 } };
  }
  // A stream can only break where there is one.
  if (fault.at === 'stream' && usual.status !== 200) return usual;
  const chunks = fault.at === 'request' ? [] : [firstPiece(provider, usual)];
  return { ...usual, status: 200, chunks, end: { kind: fault.kind, gapMs: 50 } };
}

/** The opening events of a stream up to its first delta, if it has one. */
function firstPiece(provider: ModelProvider, usual: ModelExchange): ModelExchange['chunks'][number] {
  const first = usual.chunks[0] ?? { gapMs: 0, text: '' };
  const delta = first.text.indexOf(FIRST_DELTA[provider]);
  const end = first.text.indexOf('\n\n', Math.max(0, delta));
  return { ...first, text: end < 0 ? first.text : first.text.slice(0, end + 2) };
}
