import { UnmodelledError } from '../unmodelled.ts';
import { errorObject } from './frames.ts';
import type { ModelFailure } from './model-failures.ts';
import type { JsonObject } from './params.ts';
import type { CodexConfig } from './store.ts';
import { TIMING } from './timings.ts';

export interface Retry {
  readonly delayMs: number;
  /** The `error` object that tells the client; null for a retry inside a request, of which it learns nothing. */
  readonly notice: JsonObject | null;
}

/** Which failures of the model a turn tries again, and when (facts/codex-wire.md 4). */
export class Retries {
  readonly #config: CodexConfig;
  #requests = 0;
  #streams = 0;

  constructor(config: CodexConfig) {
    this.#config = config;
  }

  /** The model has answered: failures count from zero again. */
  reset(): void {
    this.#requests = 0;
    this.#streams = 0;
  }

  /** Null when the turn fails. */
  next(failure: ModelFailure): Retry | null {
    const { requestRetries, streamRetries } = this.#config;
    const busy = failure.error.codexErrorInfo === 'internalServerError';
    if (busy && this.#requests < requestRetries) {
      return { delayMs: delayOf(TIMING.requestRetry, this.#requests++), notice: null };
    }
    this.#requests = 0;
    if (this.#streams >= streamRetries) return null;
    if (failure.retried === 'unknown') {
      throw new UnmodelledError('codex', `retries after "${failure.error.message}"`);
    }
    const usualMs = delayOf(TIMING.streamRetry, this.#streams++);
    const notice = errorObject({
      message: `Reconnecting... ${this.#streams}/${streamRetries}`,
      codexErrorInfo: { responseStreamDisconnected: { httpStatusCode: failure.retryStatus } },
      additionalDetails: failure.error.message,
    });
    return { delayMs: failure.retryAfterMs ?? usualMs, notice };
  }
}

function delayOf(delays: readonly number[], index: number): number {
  return delays[Math.min(index, delays.length - 1)]!;
}
