/** The model's side of a recording: an HTTP server on loopback that answers the provider with what was recorded. */
import { HttpResponse, http, type RequestHandler } from 'msw';
import type { HttpRecord, Json } from '../../transcript/format.ts';
import { processOf } from '../../transcript/format.ts';
import { isArray, isObject } from '../../transcript/json.ts';
import { equalJson } from '../../transcript/match.ts';
import { renderTemplate } from '../../transcript/template.ts';
import type { Conversation } from './conversation.ts';
import { learn } from './learn.ts';

/** From the last words to the cut of a connection (ms). */
const CUT_AFTER_MS = 100;

/** Handlers for `startLoopback`. Exchanges without a partner in the recording are answered with 503. */
export function recordedModel(conversationOf: () => Conversation): RequestHandler[] {
  let unused: Set<HttpRecord> | null = null;
  return [
    http.all('*', async ({ request }) => {
      const conversation = conversationOf();
      unused ??= new Set(conversation.transcript.records.filter((record) => record.type === 'http'));
      const body = parseOr(await request.clone().text());
      const { pathname, search } = new URL(request.url);
      const lane = conversation.lastSpawned;
      const asked: Asked = { method: request.method, path: pathname + search, body };
      const record = nearest(
        [...unused].filter((one) => processOf(one.lane) === lane),
        asked,
      );
      if (record === null) return HttpResponse.json({ error: { message: 'not in the recording' } }, { status: 503 });
      unused.delete(record);
      learn(record.request.body, body, conversation.bindings);
      for (const [name, value] of Object.entries(record.request.headers)) {
        learn(value, request.headers.get(name), conversation.bindings);
      }
      return answer(record, conversation, request.signal);
    }),
  ];
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: Json;
}

/** The first of the exchanges that are most like what is asked; null when none has this method, path and model. */
function nearest(records: readonly HttpRecord[], asked: Asked): HttpRecord | null {
  const withoutQuery = (path: string): string => path.replace(/\?.*/, '');
  const possible = records.filter(
    ({ request }) =>
      request.method === asked.method &&
      withoutQuery(request.path) === withoutQuery(asked.path) &&
      // Side work (warming up, titles) goes to other models, and must not use up what was recorded for the conversation.
      modelOf(request.body) === modelOf(asked.body),
  );
  let best: { record: HttpRecord; score: number } | null = null;
  for (const record of possible) {
    const score = alike(record.request.body, asked.body);
    if (best === null || score > best.score) best = { record, score };
  }
  return best?.record ?? null;
}

/** The model that a request is for, or null. */
export const modelOf = (body: Json): Json => (isObject(body) ? (body.model ?? null) : null);

/** How many values at the ends of both are equal; arrays are compared from their ends, where what is new stands. */
function alike(expected: Json, actual: Json): number {
  if (isArray(expected) && isArray(actual)) {
    const length = Math.min(expected.length, actual.length);
    const pairs = Array.from({ length }, (_, i) => alike(expected.at(-1 - i) as Json, actual.at(-1 - i) as Json));
    return pairs.reduce((sum, one) => sum + one, expected.length === actual.length ? 1 : 0);
  }
  if (isObject(expected) && isObject(actual)) {
    const shared = Object.keys(expected).filter((key) => Object.hasOwn(actual, key));
    return shared.reduce((sum, key) => sum + alike(expected[key] as Json, actual[key] as Json), 0);
  }
  return equalJson(expected, actual) ? 1 : 0;
}

function answer(record: HttpRecord, conversation: Conversation, signal: AbortSignal): Response | Promise<Response> {
  const { response } = record;
  if (response === null) return HttpResponse.error();
  const text = (template: string): string =>
    String(renderTemplate(template, conversation.bindings, conversation.minter));
  const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, text(value)]));
  const encoder = new TextEncoder();
  const process = processOf(record.lane);
  let sent = record.t;
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      try {
        for (const chunk of response.chunks) {
          await conversation.until(process, chunk.t, chunk.t - sent, signal);
          sent = chunk.t;
          controller.enqueue(encoder.encode(text(chunk.text)));
        }
        if (response.end === 'complete') controller.close();
        else if (response.end === 'cut') {
          // When it was cut is not recorded; what was sent before must have arrived.
          await conversation.until(process, sent, CUT_AFTER_MS, signal);
          controller.error(new Error('cut, as recorded'));
        }
        // Given up by the provider: nothing more comes until it does so again.
      } catch (error) {
        controller.error(error);
      }
    },
  });
  return new HttpResponse(body, { status: response.status, headers });
}

function parseOr(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
