import type { RequestHandler } from 'msw';
import { findRule, type ModelAsk } from './ask.ts';
import { type ModelExchange, modelExchange } from './exchange.ts';
import { scriptedAnswer } from './handlers.ts';
import { type AnswerKey, ATTEMPT_HEADER, STEP_HEADER } from './ids.ts';
import { checkScript, type ModelScript } from './script.ts';

/** A request of a simulated provider to its model. */
export interface ModelQuestion {
  readonly ask: ModelAsk;
  /** Counted by the one who asks, so that an answer depends on the question alone. */
  readonly key: AnswerKey;
  /** The HTTP request itself; built only by sources that go through request handlers. */
  http(): ModelHttpRequest;
}

export interface ModelHttpRequest {
  /** Path and query, e.g. `/v1/messages?beta=true`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Where a simulated provider gets the answers of its model. */
export interface ModelSource {
  /**
   * Calls `deliver` once with the whole answer; its timing is data, played on the virtual clock by the caller. At once,
   * or from microtasks alone: no real time passes, so draining promises is enough to see it happen.
   */
  answer(question: ModelQuestion, deliver: (exchange: ModelExchange) => void): void;
}

/** Answers by pure look-up in the script: no HTTP, no promises. For exploration. Throws when the script is malformed. */
export function scriptSource(script: ModelScript): ModelSource {
  checkScript(script);
  return {
    answer({ ask, key }, deliver) {
      deliver(scriptedAnswer(findRule(script, ask, key.attempt), ask, key));
    },
  };
}

/** Answers through msw request handlers, as a real provider binary would be answered. `failed` is told when no handler answers. */
export function handlerSource(handlers: readonly RequestHandler[], failed: (error: unknown) => void): ModelSource {
  return {
    answer({ key, http }, deliver) {
      const { path, headers, body } = http();
      const request = new Request(`http://127.0.0.1${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...headers,
          [STEP_HEADER]: String(key.step),
          [ATTEMPT_HEADER]: String(key.attempt),
        },
        body: JSON.stringify(body),
      });
      modelExchange(handlers, request).then(deliver).catch(failed);
    },
  };
}
