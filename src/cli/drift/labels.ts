/** What a frame is called, on the wire and in a transcript alike: frames of one kind have one name. */
import type { Direction, Json, JsonObject, Provider } from '../../transcript/format.ts';
import { isArray, isObject } from '../../transcript/json.ts';

/** Names the frames of one process, in the order in which they pass: an answer is named by what it answers. */
export class Labels {
  readonly #provider: Provider;
  readonly #asked = new Map<string, string>();

  constructor(provider: Provider) {
    this.#provider = provider;
  }

  /** `turn/completed`, `answer to turn/start`, `result/success`; `(not an object)` for other JSON. */
  of(dir: Direction, body: Json): string {
    if (!isObject(body)) return '(not an object)';
    return this.#provider === 'codex' ? this.#codex(dir, body) : this.#claude(dir, body);
  }

  #codex(dir: Direction, body: JsonObject): string {
    const asker = dir === 'send' ? 'client' : 'server';
    if (typeof body.method === 'string') {
      if (body.id !== undefined) this.#asked.set(`${asker} ${JSON.stringify(body.id)}`, body.method);
      const params = isObject(body.params) ? body.params : {};
      const kind = typeOfPart(params.item) ?? typeOfPart(params.status);
      return kind === null ? body.method : `${body.method} (${kind})`;
    }
    const asked = this.#asked.get(`${asker === 'client' ? 'server' : 'client'} ${JSON.stringify(body.id ?? null)}`);
    return `${body.error === undefined ? 'answer' : 'error'} to ${asked ?? 'an unknown request'}`;
  }

  #claude(dir: Direction, body: JsonObject): string {
    const type = String(body.type ?? '(no type)');
    const { request, response, event, message } = body;
    if (type === 'control_request' && isObject(request)) {
      const subtype = String(request.subtype);
      this.#asked.set(`${dir} ${JSON.stringify(body.request_id ?? null)}`, subtype);
      return `control_request/${subtype}`;
    }
    if (type === 'control_response' && isObject(response)) {
      const other = dir === 'send' ? 'recv' : 'send';
      const asked = this.#asked.get(`${other} ${JSON.stringify(response.request_id ?? null)}`) ?? 'an unknown request';
      return `${response.subtype === 'error' ? 'error' : 'answer'} to ${asked}`;
    }
    if (type === 'stream_event' && isObject(event)) {
      const inner = typeOfPart(event.delta) ?? typeOfPart(event.content_block);
      return [type, String(event.type), ...(inner === null ? [] : [inner])].join('/');
    }
    if ((type === 'assistant' || type === 'user') && isObject(message)) {
      const blocks = isArray(message.content) ? message.content.map((block) => typeOfPart(block) ?? 'text') : ['text'];
      return `${type}/${[...new Set(blocks)].join('+')}`;
    }
    if (body.subtype === 'session_state_changed') return `${type}/session_state_changed (${String(body.state)})`;
    return typeof body.subtype === 'string' ? `${type}/${body.subtype}` : type;
  }
}

/** The request to which a frame is an answer, or that can be answered; null for a frame that has no such id. */
export function exchangeId(body: Json): Json {
  if (!isObject(body)) return null;
  if (body.id !== undefined) return body.id;
  if (isObject(body.response) && body.response.request_id !== undefined) return body.response.request_id;
  return body.request_id ?? null;
}

/** The thread that a frame of codex is about, or null. */
export function threadOf(body: Json): Json {
  const params = isObject(body) && isObject(body.params) ? body.params : null;
  return params?.threadId ?? null;
}

function typeOfPart(value: Json | undefined): string | null {
  return isObject(value) && typeof value.type === 'string' ? value.type : null;
}
