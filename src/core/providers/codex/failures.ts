import type { Failure, FailureClass } from '../types.ts';
import { integer, object, text } from './wire.ts';

/** Codes of `codexErrorInfo` that are plain strings. Names as the server writes them (facts/codex-wire.md 4). */
const BY_CODE: Readonly<Record<string, FailureClass>> = {
  unauthorized: 'unauthorized',
  usageLimitExceeded: 'rate-limited',
  rateLimitExceeded: 'rate-limited',
  serverOverloaded: 'overloaded',
  contextWindowExceeded: 'rejected',
  badRequest: 'rejected',
};

/** Of codex 0.169.0, when its client has no new tokens for it, or not in time, or something else. */
const UNAUTHORIZED_TEXT = /^(auth refresh request (failed|timed out)|invalid auth refresh response)\b/;
const STATUS_TEXT = /^(?:unexpected status )?([45]\d\d) /;
/** JSON-RPC code of "Server overloaded; retry later."; every other refusal of this server has the same code -32600. */
const OVERLOADED = -32001;

/** HTTP status of the model's answer, where the error names one. */
export function statusOf(error: unknown): number | null {
  const { codexErrorInfo } = object(error);
  for (const detail of Object.values(object(codexErrorInfo))) {
    const status = integer(object(detail).httpStatusCode);
    if (status !== null) return status;
  }
  return null;
}

/**
 * The failure of a turn from its `error` object. 401 takes several shapes and only one of them says "unauthorized"
 * (facts/codex-wire.md 4.2), hence the look at status, code and text.
 */
export function turnFailure(error: unknown): Failure {
  const { codexErrorInfo, message } = object(error);
  const words = text(message) ?? 'the turn failed without an error message';
  const httpStatus = statusOf(error);
  const code = text(codexErrorInfo);
  const byCode = code === null ? undefined : BY_CODE[code];
  return { class: byCode ?? classify(httpStatus, words), message: words, httpStatus, mayHaveRun: true };
}

/** The failure of a request from the `error` member of its response: it was understood and refused. */
export function rpcFailure(error: unknown): Failure {
  const { code, message } = object(error);
  const words = text(message) ?? 'the request was refused without a message';
  const status = STATUS_TEXT.exec(words);
  const httpStatus = status ? Number(status[1]) : null;
  const byText = classify(httpStatus, words);
  const failureClass = code === OVERLOADED ? 'overloaded' : byText === 'other' ? 'rejected' : byText;
  return { class: failureClass, message: words, httpStatus, mayHaveRun: false };
}

function classify(httpStatus: number | null, words: string): FailureClass {
  if (httpStatus === 401 || httpStatus === 403 || UNAUTHORIZED_TEXT.test(words)) return 'unauthorized';
  if (httpStatus === 429) return 'rate-limited';
  if (httpStatus === 503 || httpStatus === 529) return 'overloaded';
  if (httpStatus === 400 || httpStatus === 413) return 'rejected';
  return 'other';
}

/**
 * The server has no such thread: one without a single turn is not stored (`no rollout found for thread id …`), so it is
 * gone with its process. Other refusals to resume, e.g. another active writer, are not this.
 */
export function isUnknownThread(failure: Failure): boolean {
  return failure.class === 'rejected' && /^(no rollout found for thread id|thread not found:) /.test(failure.message);
}
