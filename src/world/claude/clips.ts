import type { Json, JsonObject, Transcript } from '../../transcript/format.ts';
import { asMatcher, isArray, isObject } from '../../transcript/json.ts';
import { renderElision } from '../../transcript/render.ts';
import { UnmodelledError } from '../unmodelled.ts';

/** What the model says in the provider's own words: taken from recordings, never written by hand. */
export interface ClaudeClips {
  /** Answer to `initialize`. */
  readonly initialize: JsonObject;
  readonly init: JsonObject;
  /** A `result` of a completed turn. */
  readonly result: JsonObject;
  /** The `<synthetic>` assistant frame of an API error. */
  readonly apiError: JsonObject;
  /** Markers in the conversation after an interrupt, while the model wrote and while a tool ran. */
  readonly interrupted: string;
  readonly interruptedTool: string;
  /** Result of a tool that was interrupted while its permission was asked for, and while it ran. */
  readonly toolRefused: string;
  readonly toolStopped: string;
  /** Sent to the model when its stream broke after a complete block. */
  readonly cutOff: string;
}

type Found = { -readonly [K in keyof ClaudeClips]?: ClaudeClips[K] };

/** Collects the clips from recordings. A clip that none of them has makes the model throw when it needs it. */
export function clipsFrom(transcripts: Iterable<Transcript>): ClaudeClips {
  const found: Found = {};
  for (const { records } of transcripts) {
    let permissionPending = false;
    for (const record of records) {
      if (record.type !== 'frame' || record.dir !== 'recv' || !isObject(record.body)) continue;
      const frame = plain(record.body) as JsonObject;
      if (frame.type === 'control_cancel_request') permissionPending = true;
      if (frame.type === 'result') permissionPending = false;
      collect(found, frame, permissionPending);
    }
  }
  return new Proxy(found, {
    get(target, name: keyof ClaudeClips) {
      const clip = target[name];
      if (clip === undefined) throw new UnmodelledError('claude', `text "${name}", which no recording has,`);
      return clip;
    },
  }) as ClaudeClips;
}

function collect(found: Found, frame: JsonObject, permissionPending: boolean): void {
  switch (frame.type) {
    case 'control_response': {
      const answer = isObject(frame.response) ? frame.response.response : undefined;
      if (isObject(answer) && 'commands' in answer) found.initialize ??= answer;
      break;
    }
    case 'system':
      if (frame.subtype === 'init') found.init ??= frame;
      break;
    case 'result':
      if (frame.is_error === false) found.result ??= frame;
      break;
    case 'assistant':
      if (frame.api_error_status === 401) found.apiError ??= frame;
      break;
    case 'user':
      collectUser(found, frame, permissionPending);
  }
}

function collectUser(found: Found, frame: JsonObject, permissionPending: boolean): void {
  const content = isObject(frame.message) ? frame.message.content : null;
  const block = isArray(content) ? content[0] : null;
  if (!isObject(block)) return;
  if (frame.tool_use_result === 'User rejected tool use' && typeof block.content === 'string') {
    if (permissionPending) found.toolRefused ??= block.content;
    else found.toolStopped ??= block.content;
  }
  if (typeof block.text !== 'string') return;
  if (frame.isSynthetic === true) found.cutOff ??= block.text;
  else if (block.text.endsWith('for tool use]')) found.interruptedTool ??= block.text;
  else if (block.text.startsWith('[Request interrupted')) found.interrupted ??= block.text;
}

/** The wire value of a recorded body, except for its symbols: the model overwrites every member that has one. */
function plain(value: Json): Json {
  if (isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  const matcher = asMatcher(value);
  if (matcher !== null && '$elided' in matcher) return renderElision(matcher.$elided);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
