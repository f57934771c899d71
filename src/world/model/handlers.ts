import { HttpResponse, http, type RequestHandler } from 'msw';
import { anthropicDialect, wholeMessage } from './anthropic.ts';
import { anthropicAsk, findRule, type ModelAsk, openaiAsk } from './ask.ts';
import { errorAnswer } from './errors.ts';
import { type ModelExchange, toResponse } from './exchange.ts';
import { AnswerCounter, type AnswerKey } from './ids.ts';
import { openaiDialect } from './openai.ts';
import { type Pacer, pacedResponse } from './paced.ts';
import { playReply } from './reply.ts';
import { checkScript, type ModelProvider, type ModelRule, type ModelScript } from './script.ts';

export interface ModelOptions {
  /**
   * Delivers the chunks in time, for `setupServer`. Without it a response is complete at once and its timing is data:
   * see `modelExchange`.
   */
  readonly pacer?: Pacer;
  /** Told of each request and the rule that answers it; `rule` is null when none does, which a driver should treat as its own failure. */
  readonly onAsk?: (ask: ModelAsk, key: AnswerKey, rule: ModelRule | null) => void;
}

/**
 * The providers' HTTP interfaces, answered from a script: `POST …/v1/responses` and `GET …/v1/models` for codex,
 * `POST …/v1/messages` for claude. One set of handlers for one scripted world: it counts the requests of each
 * conversation. Throws when the script is malformed.
 */
export function modelHandlers(script: ModelScript, options: ModelOptions = {}): RequestHandler[] {
  checkScript(script);
  const counter = new AnswerCounter();
  const { pacer, onAsk } = options;

  const respond = (exchange: ModelExchange, request: Request): Response | Promise<Response> =>
    pacer ? pacedResponse(exchange, pacer, request.signal) : toResponse(exchange);

  const post = (path: string, read: (headers: Headers, body: Record<string, unknown>) => ModelAsk): RequestHandler =>
    http.post(path, async ({ request }) => {
      const ask = read(request.headers, (await request.json()) as Record<string, unknown>);
      const key = counter.count(ask, request.headers);
      const rule = findRule(script, ask, key.attempt);
      onAsk?.(ask, key, rule ?? null);
      return respond(scriptedAnswer(rule, ask, key), request);
    });

  return [
    post('*/v1/responses', openaiAsk),
    post('*/v1/messages', anthropicAsk),
    http.get('*/v1/models', () => HttpResponse.json({ object: 'list', data: [], models: [] })),
  ];
}

/** What the script says to `ask`; a 400 that says so when no rule answers. Pure: the key decides about all ids. */
export function scriptedAnswer(rule: ModelRule | undefined, ask: ModelAsk, key: AnswerKey): ModelExchange {
  return rule ? answer(rule, ask, key) : unscripted(ask, key);
}

function answer(rule: ModelRule, ask: ModelAsk, key: AnswerKey): ModelExchange {
  if (ask.provider === 'anthropic') {
    const exchange = playReply(rule, ask, key, anthropicDialect(ask, key, rule));
    return ask.stream ? exchange : wholeMessage(exchange);
  }
  if (!ask.stream)
    throw new Error('POST /v1/responses without "stream": codex always streams, so this is not modelled');
  return playReply(rule, ask, key, openaiDialect(ask, key, rule));
}

function unscripted(ask: ModelAsk, key: AnswerKey): ModelExchange {
  const end = ask.toolResults.at(-1);
  const last =
    end === undefined ? `user text ${quote(ask.user)}` : `tool result ${quote(end)} (user text ${quote(ask.user)})`;
  const message = `model script: no rule answers round ${ask.round}, attempt ${key.attempt}, ${last}`;
  return errorExchange(ask.provider, key, message);
}

function errorExchange(provider: ModelProvider, key: AnswerKey, message: string): ModelExchange {
  const { headers, body } = errorAnswer(provider, { do: 'status', status: 400, message }, key);
  return { status: 400, headers, chunks: [{ gapMs: 0, text: body }], end: { kind: 'close', gapMs: 0 } };
}

const quote = (text: string): string => JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
