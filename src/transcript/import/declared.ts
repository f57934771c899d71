/**
 * What the four-record format's comparison leaves out or lets vary (facts/orchestration-v2 5.3), as matchers that the transcript declares:
 * `<any>` and `<workspace>`, and for codex the fields that its replayer ignores.
 */
import type { Json, JsonObject, LaneRecord } from '../format.ts';
import { asMatcher, isArray, isObject, objectFrom } from '../json.ts';
import { KINDS, parseTemplate } from '../symbols.ts';
import { escapeRegExp } from '../template.ts';

const ANY = '<any>';
const HANDOFF = 'Context handoff (';
const HANDOFF_END = 'User message:';

/** The sealed record with matchers, if it is something that the client sends. */
export function declareMatchers(record: LaneRecord): LaneRecord {
  if (record.type !== 'frame' || record.dir !== 'send' || record.body === undefined) return record;
  return { ...record, body: wildcards(ignored(record.body)) };
}

function wildcards(value: Json): Json {
  if (typeof value === 'string') return wildcard(value);
  if (isArray(value)) return value.map(wildcards);
  if (!isObject(value) || asMatcher(value) !== null) return value;
  return objectFrom(Object.entries(value).map(([key, item]) => [key, wildcards(item)]));
}

function wildcard(text: string): Json {
  if (text === ANY) return { $any: true };
  if (text === '<workspace>') return '<path:ws>';
  if (text.includes(ANY)) return { $pattern: text.split(ANY).map(patternOf).join('.*') };
  if (!text.startsWith(HANDOFF)) return text;
  const end = text.indexOf(HANDOFF_END);
  return end < 0
    ? { $pattern: `${escapeRegExp(HANDOFF)}.*` }
    : { $pattern: `${escapeRegExp(HANDOFF)}.*${patternOf(text.slice(end))}` };
}

/** A pattern for a part of a template: symbols may stand for any value of their kind. */
function patternOf(template: string): string {
  return parseTemplate(template)
    .map((part) =>
      'text' in part ? escapeRegExp(part.text) : `(?:${KINDS[part.kind]?.pattern || escapeRegExp(part.symbol)})`,
    )
    .join('');
}

/** A codex request without what the comparison does not look at; `$more` lets it be there. */
function ignored(body: Json): Json {
  if (!isObject(body) || !isObject(body.params)) return body;
  const params: JsonObject = body.params;
  if (body.method === 'initialize' && isObject(params.clientInfo) && 'version' in params.clientInfo) {
    return { ...body, params: { ...params, clientInfo: { ...params.clientInfo, version: { $any: true } } } };
  }
  if (body.method === 'thread/start' || body.method === 'thread/resume' || body.method === 'thread/fork') {
    return { ...body, params: without(params, ['cwd', 'model', 'config']) };
  }
  return body.method === 'turn/start' ? { ...body, params: ignoredOfTurn(params) } : body;
}

function ignoredOfTurn(params: JsonObject): JsonObject {
  const sandbox = isObject(params.sandboxPolicy) ? params.sandboxPolicy.type : params.sandboxPolicy;
  const dropped = [
    ...(params.approvalPolicy === 'never' ? ['approvalPolicy'] : []),
    ...(sandbox === 'dangerFullAccess' ? ['sandboxPolicy'] : []),
  ];
  const rest = dropped.length === 0 ? params : without(params, dropped);
  const mode = rest.collaborationMode;
  if (!isObject(mode) || !isObject(mode.settings) || !('developer_instructions' in mode.settings)) return rest;
  const settings = { ...mode.settings, developer_instructions: { $any: true } };
  return { ...rest, collaborationMode: { ...mode, settings } };
}

function without(params: JsonObject, keys: readonly string[]): JsonObject {
  return { ...objectFrom(Object.entries(params).filter(([key]) => !keys.includes(key))), $more: true };
}
