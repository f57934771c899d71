import { errorAnswer } from '../model/errors.ts';
import type { AnswerKey, ModelExchange } from '../model/index.ts';

/** A request to the model, as a fault can pick it. Counts start from 1. */
export interface ModelRequestInfo {
  readonly pid: number;
  readonly sessionId: string;
  /** Which request of the process, and of the turn (repeated ones count). */
  readonly ofProcess: number;
  readonly ofTurn: number;
  /** The user's last words. */
  readonly words: string;
}

/** What goes wrong with one request to the model, at the level of HTTP. */
export type ModelFault =
  | { readonly kind: 'status'; readonly status: number; readonly message?: string; readonly retryAfterS?: number }
  /** Not a byte comes (`request`), or none after the first piece of the stream (`stream`). */
  | { readonly kind: 'hang'; readonly at: 'request' | 'stream' }
  /** The connection is torn down, at the same places. */
  | { readonly kind: 'cut'; readonly at: 'request' | 'stream' };

/** A process that does not come up as it should. */
export type StartFault =
  /** It writes `stderr` and ends with `code`, `afterMs` after its start. */
  | { readonly kind: 'exit'; readonly code: number; readonly stderr: string; readonly afterMs: number }
  /** It runs and never answers anything. It still ends on end of file and on SIGTERM. */
  | { readonly kind: 'silent' };

export interface ClaudeFaults {
  /** Asked once for each started process, `number` counting from 1. */
  start?(process: { readonly pid: number; readonly number: number }): StartFault | null;
  /** Asked for each request to the model. */
  model?(request: ModelRequestInfo): ModelFault | null;
}

/** The answer that takes the place of `usual`. */
export function faultyExchange(fault: ModelFault, usual: ModelExchange, key: AnswerKey): ModelExchange {
  if (fault.kind === 'status') {
    const { kind: _, ...step } = fault;
    const { headers, body } = errorAnswer('anthropic', { do: 'status', ...step }, key);
    return { status: fault.status, headers, chunks: [{ gapMs: 0, text: body }], end: { kind: 'close', gapMs: 0 } };
  }
  // A stream can only break where there is one.
  if (fault.at === 'stream' && usual.status !== 200) return usual;
  const chunks = fault.at === 'request' ? [] : [firstPiece(usual)];
  return { ...usual, status: 200, chunks, end: { kind: fault.kind, gapMs: 50 } };
}

/** The opening events of a stream up to its first delta, if it has one. */
function firstPiece(usual: ModelExchange): ModelExchange['chunks'][number] {
  const first = usual.chunks[0] ?? { gapMs: 0, text: '' };
  const delta = first.text.indexOf('event: content_block_delta\n');
  const end = first.text.indexOf('\n\n', Math.max(0, delta));
  return { ...first, text: end < 0 ? first.text : first.text.slice(0, end + 2) };
}
