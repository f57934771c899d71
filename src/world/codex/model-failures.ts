import { UnmodelledError } from '../unmodelled.ts';
import type { TurnError } from './frames.ts';

/** A request to the model, or its stream, failed. */
export interface ModelFailure {
  readonly error: TurnError;
  /** Status in the notice of a retry; null when there was none, or when the server does not tell. */
  readonly retryStatus: number | null;
  /** Whether stream retries apply. `unknown`: never recorded. */
  readonly retried: 'yes' | 'unknown';
  /** A pause that the answer asked for, instead of the usual one before a retry. */
  readonly retryAfterMs: number | null;
}

const REASONS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
};

const BUSY = 'We’re currently experiencing high demand, which may cause temporary errors.';
const FULL = 'Selected model is at capacity. Please try a different model.';

/** What codex makes of an answer that is no 200 (facts/codex-wire.md 4). */
export function statusFailure(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>>,
  modelUrl: string,
): ModelFailure {
  if (status === 400) return failure(body, 'other', 'unknown');
  if (status === 429) {
    if (body.includes('usage_limit_reached')) {
      throw new UnmodelledError('codex', 'a 429 with usage_limit_reached');
    }
    const message = `exceeded retry limit, last status: 429 Too Many Requests${requestIdSuffix(headers)}`;
    const seconds = Number(headers['retry-after'] ?? Number.NaN);
    return {
      error: turnError(message, { responseTooManyFailedAttempts: { httpStatusCode: 429 } }),
      retryStatus: 429,
      retried: 'yes',
      retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : null,
    };
  }
  if (status === 503 && body.includes('server_is_overloaded')) return failure(FULL, 'serverOverloaded', 'unknown');
  if (status >= 500) return failure(BUSY, 'internalServerError', 'yes');
  const reason = REASONS[status];
  if (reason === undefined) {
    throw new UnmodelledError('codex', `an answer with HTTP status ${status}`);
  }
  const where = `url: ${modelUrl}/responses${requestIdSuffix(headers)}`;
  const message = `unexpected status ${status} ${reason}: ${errorMessage(body)}, ${where}`;
  return {
    error: turnError(message, { httpConnectionFailed: { httpStatusCode: status } }),
    retryStatus: status,
    retried: 'yes',
    retryAfterMs: null,
  };
}

/** `response.failed` inside a stream. */
export function streamFailure(code: string, words: string): ModelFailure {
  switch (code) {
    case 'rate_limit_exceeded':
      return failure(`rate limit exceeded: ${words}`, 'rateLimitExceeded', 'unknown');
    case 'server_is_overloaded':
      return failure(FULL, 'serverOverloaded', 'unknown');
    case 'insufficient_quota':
      return failure('Quota exceeded. Check your plan and billing details.', 'usageLimitExceeded', 'unknown');
    case 'context_length_exceeded':
      throw new UnmodelledError('codex', 'response.failed with context_length_exceeded');
    default:
      return failure(`stream disconnected before completion: ${words}`, 'other', 'unknown');
  }
}

/** The connection was cut, or went silent. */
export function brokenStream(why: 'before-head' | 'cut' | 'no-completed' | 'idle'): ModelFailure {
  const reasons = {
    'before-head': 'error sending request',
    cut: 'Transport error: network error: error decoding response body',
    'no-completed': 'stream closed before response.completed',
    idle: 'idle timeout waiting for SSE',
  };
  return failure(`stream disconnected before completion: ${reasons[why]}`, 'other', 'yes');
}

function failure(message: string, info: string, retried: ModelFailure['retried']): ModelFailure {
  return { error: turnError(message, info), retryStatus: null, retried, retryAfterMs: null };
}

function turnError(message: string, codexErrorInfo: TurnError['codexErrorInfo']): TurnError {
  return { message, codexErrorInfo, additionalDetails: null };
}

function requestIdSuffix(headers: Readonly<Record<string, string>>): string {
  const requestId = headers['x-request-id'];
  return requestId === undefined ? '' : `, request id: ${requestId}`;
}

function errorMessage(body: string): string {
  try {
    const parsed: { error?: { message?: unknown } } = JSON.parse(body);
    if (typeof parsed.error?.message === 'string') return parsed.error.message;
  } catch {
    // Not JSON: codex shows the body itself.
  }
  return body;
}
