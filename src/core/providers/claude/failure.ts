import type { Failure, FailureClass } from '../types.ts';
import { asArray, asNumber, asString, type Json } from './json.ts';

/** Builds a failure; `httpStatus` is null unless the provider named one. */
export function failure(
  cls: FailureClass,
  message: string,
  mayHaveRun: boolean,
  httpStatus: number | null = null,
): Failure {
  return { class: cls, message, httpStatus, mayHaveRun };
}

/** What a status of the model's API means for handling. Null: the status alone does not say. */
function classOfStatus(status: number | null): FailureClass | null {
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 429) return 'rate-limited';
  if (status === 529 || status === 503) return 'overloaded';
  if (status !== null && status >= 400 && status < 500) return 'rejected';
  return null;
}

/** The `error` word of a `<synthetic>` assistant frame; it is all there is when no request was made (facts 4: no credentials). */
function classOfWord(word: string | null): FailureClass | null {
  switch (word) {
    case 'authentication_failed':
      return 'unauthorized';
    case 'rate_limit':
      return 'rate-limited';
    case 'overloaded':
      return 'overloaded';
    case 'invalid_request':
    case 'model_not_found':
      return 'rejected';
    default:
      return null;
  }
}

/**
 * The failure that a `result` frame with `is_error` reports. `errorWord` is the `error` member of the last synthetic
 * assistant frame of the turn. An API failure has `subtype: "success"` (facts 0.5), so the subtype is not consulted.
 */
export function failureOfResult(result: Json, errorWord: string | null): Failure {
  const status = asNumber(result.api_error_status);
  const errors = asArray(result.errors).filter((item): item is string => typeof item === 'string');
  const message = asString(result.result) ?? (errors.length > 0 ? errors.join('\n') : asString(result.subtype));
  const cls = classOfStatus(status) ?? classOfWord(errorWord) ?? 'other';
  return failure(cls, message ?? 'the turn failed without a message', true, status);
}

/** Claude has no such session to resume: it was never written, e.g. because the process died during its first turn. */
export function isUnknownSession(why: Failure): boolean {
  return why.class === 'rejected' && why.message.startsWith('No conversation found with session ID');
}
