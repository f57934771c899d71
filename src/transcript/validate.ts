/** Says whether one JSON value is a record of format 1, and if not, which key is wrong and why. */
import type { Json, JsonObject, TranscriptRecord } from './format.ts';
import { FORMAT, type KEY_ORDER } from './format.ts';
import { asMatcher, isArray, isObject } from './json.ts';

export interface InvalidRecord {
  /** The key to blame, or null for the record as a whole. */
  readonly key: string | null;
  readonly message: string;
}

interface Rule {
  readonly is: (value: Json) => boolean;
  readonly what: string;
  readonly optional?: true;
}

/** Deeper JSON than any provider writes; recursion over bodies stays far from the end of the stack. */
export const MAX_DEPTH = 200;

const isText = (value: Json): value is string => typeof value === 'string';
const isName = (value: Json): boolean => isText(value) && value !== '';
const isCount = (value: Json): boolean => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
/** About 30 years. More is no time of a process, and no date can be made of it. */
export const MAX_TIME = 1e12;
const isTime = (value: Json): boolean => isCount(value) && (value as number) <= MAX_TIME;
const isInteger = (value: Json): boolean => typeof value === 'number' && Number.isSafeInteger(value);
const isTextMap = (value: Json): boolean => isObject(value) && Object.values(value).every(isText);
const oneOf = (...values: readonly string[]): Rule => ({
  is: (value) => isText(value) && values.includes(value),
  what: values.map((v) => `"${v}"`).join(' or '),
});
const optional = (rule: Rule): Rule => ({ ...rule, optional: true });

const TEXT: Rule = { is: isText, what: 'a string' };
const NAME: Rule = { is: isName, what: 'a string that is not empty' };
const LANE: Rule = {
  is: (value) => isText(value) && /^[A-Za-z0-9_-]+:\d+(\/[a-z]+)?$/.test(value),
  what: 'a lane name such as "codex:1" or "claude:2/http"',
};
const TIME: Rule = { is: isTime, what: `a whole number from 0 to ${MAX_TIME}` };
const TRUE: Rule = { is: (value) => value === true, what: 'true' };
const ENV: Rule = { is: isTextMap, what: 'an object of strings' };
const ARGS: Rule = { is: (value) => isArray(value) && value.every(isText), what: 'an array of strings' };
const NAMES: Rule = { is: (value) => isArray(value) && value.every(isName), what: 'an array of ids' };

const PLACED = { type: TEXT, lane: LANE, t: TIME, id: optional(NAME), after: optional(NAMES) };

const isChunk = (value: Json): boolean => isObject(value) && isTime(value.t ?? null) && isText(value.text ?? null);
const RULES: { readonly [T in TranscriptRecord['type']]: Readonly<Record<(typeof KEY_ORDER)[T][number], Rule>> } = {
  header: {
    type: TEXT,
    format: { is: (value) => value === FORMAT, what: `${FORMAT} (the only format that this version reads)` },
    provider: oneOf('codex', 'claude', 'ndjson', 'tmux', 'zellij', 'herdr'),
    protocol: NAME,
    providerVersion: NAME,
    scenario: NAME,
    schemaDigest: { is: (value) => value === null || isName(value), what: 'a digest or null' },
    platform: NAME,
    recorder: NAME,
    recorded: optional({ is: (v) => isText(v) && /^\d{4}-\d\d-\d\d$/.test(v), what: 'a day such as "2026-11-21"' }),
    redactions: { is: (value) => isObject(value) && Object.values(value).every(isCount), what: 'an object of counts' },
  },
  spawn: { ...PLACED, file: NAME, args: ARGS, cwd: optional(TEXT), env: ENV, notStarted: optional(NAME) },
  frame: {
    ...PLACED,
    dir: oneOf('send', 'recv', 'err'),
    unordered: optional(NAME),
    strand: optional(NAME),
    floats: optional(TRUE),
    optional: optional(TRUE),
    body: { is: () => true, what: 'JSON', optional: true },
    raw: optional(TEXT),
    cut: optional(TRUE),
  },
  http: {
    ...PLACED,
    request: {
      is: (v) =>
        isObject(v) &&
        isName(v.method ?? null) &&
        isText(v.path ?? null) &&
        isTextMap(v.headers ?? null) &&
        'body' in v,
      what: 'an object with method, path, headers and body',
    },
    response: {
      is: (v) =>
        v === null ||
        (isObject(v) &&
          isCount(v.status ?? null) &&
          isTextMap(v.headers ?? null) &&
          isArray(v.chunks) &&
          v.chunks.every(isChunk) &&
          oneOf('complete', 'cut', 'aborted').is(v.end ?? null)),
      what: 'null or an object with status, headers, chunks ({t, text}) and end',
    },
  },
  eof: PLACED,
  signal: { ...PLACED, signal: NAME, scope: oneOf('process', 'group') },
  broken: { ...PLACED, stream: oneOf('stdin', 'stdout'), errno: NAME },
  exit: {
    ...PLACED,
    code: { is: (v) => v === null || isInteger(v), what: 'a whole number or null' },
    signal: { is: (v) => v === null || isName(v), what: 'the name of a signal or null' },
  },
  exec: {
    ...PLACED,
    file: NAME,
    args: ARGS,
    cwd: optional(TEXT),
    stdin: {
      is: (v) => v === null || (isObject(v) && isName(v.sha256 ?? null) && isCount(v.bytes ?? null)),
      what: 'null or an object with sha256 and bytes',
    },
    stdout: TEXT,
    stderr: TEXT,
    code: { is: (v) => v === null || isInteger(v), what: 'a whole number or null' },
    signal: { is: (v) => v === null || isName(v), what: 'the name of a signal or null' },
    ms: TIME,
  },
};

/** What is known of one key of a record type. */
type Rules = ReadonlyMap<string, Rule>;

const RULE_MAPS: ReadonlyMap<string, Rules> = new Map(
  Object.entries(RULES).map(([type, rules]) => [type, new Map(Object.entries(rules))]),
);
/** How many keys each type cannot do without. */
const REQUIRED: ReadonlyMap<Rules, number> = new Map(
  [...RULE_MAPS.values()].map((rules) => [rules, [...rules.values()].filter((rule) => rule.optional !== true).length]),
);

/** Null when `value` is a {@link TranscriptRecord}. `matchers` says that it may hold matchers: they are looked at only then. */
export function invalidity(value: Json, matchers: boolean): InvalidRecord | null {
  if (isPlainFrame(value)) return matchers ? inBody(badMatcher(value.body as Json)) : null;
  if (!isObject(value)) return { key: null, message: `a record is an object, not ${show(value)}` };
  const type = value.type;
  if (!isText(type ?? null)) return { key: 'type', message: `"type" must be a string, not ${show(type)}` };
  const rules = RULE_MAPS.get(type as string);
  if (rules === undefined) {
    return { key: 'type', message: `unknown record type ${show(type)}; known: ${Object.keys(RULES).join(', ')}` };
  }
  let required = 0;
  // Own keys only: JSON has no others, not even for `__proto__`.
  for (const key in value) {
    const rule = rules.get(key);
    if (rule === undefined) return { key, message: `${show(key)} is not a key of a ${type} record` };
    if (!rule.is(value[key] as Json)) return { key, message: `"${key}" must be ${rule.what}, not ${show(value[key])}` };
    if (rule.optional !== true) required++;
  }
  if (required !== REQUIRED.get(rules)) {
    const missing = [...rules].find(([key, rule]) => rule.optional !== true && !Object.hasOwn(value, key));
    return { key: null, message: `"${missing?.[0]}" is missing in a ${type} record` };
  }
  const wrong = contradiction(value);
  if (wrong !== null) return wrong;
  return matchers ? inBody(badMatcher(value.body ?? null)) : null;
}

const inBody = (message: string | null): InvalidRecord | null => (message === null ? null : { key: 'body', message });

/** Keys that exclude or need each other. */
function contradiction(record: JsonObject): InvalidRecord | null {
  if ((record.type === 'exit' || record.type === 'exec') && (record.code === null) === (record.signal === null)) {
    return { key: 'code', message: `exactly one of "code" and "signal" of an ${record.type} must be null` };
  }
  if (record.type !== 'frame') return null;
  const has = (key: string): boolean => Object.hasOwn(record, key);
  if (has('body') === has('raw')) return { key: 'raw', message: 'a frame has either "body" or "raw"' };
  if (has('cut') && has('body')) return { key: 'cut', message: 'a cut line is "raw"' };
  if (has('strand') && !has('unordered')) return { key: 'strand', message: '"strand" needs "unordered"' };
  for (const key of ['unordered', 'floats', 'optional']) {
    if (has(key) && record.dir === 'send') {
      return { key, message: `"${key}" is for what the provider writes; the client's acts are in order` };
    }
  }
  if (has('floats') && has('unordered'))
    return { key: 'floats', message: 'a frame that floats is in no unordered group' };
  return null;
}

/** Most lines of a transcript: told by five to seven keys, without the table. */
function isPlainFrame(value: Json): value is JsonObject {
  if (!isObject(value) || value.type !== 'frame' || value.body === undefined) return false;
  const { lane, dir, t, id, after } = value;
  if (lane !== plainLane) {
    if (typeof lane !== 'string' || !LANE.is(lane)) return false;
    plainLane = lane;
  }
  if ((dir !== 'recv' && dir !== 'send') || !isTime(t as Json)) return false;
  let expected = 5;
  if (id !== undefined) {
    if (!isName(id)) return false;
    expected++;
  }
  if (after !== undefined) {
    if (!NAMES.is(after)) return false;
    expected++;
  }
  let keys = 0;
  for (const _ in value) keys++;
  return keys === expected;
}

/** The last lane name that was found valid: neighbours mostly have the same. */
let plainLane = '';

function badMatcher(value: Json): string | null {
  if (isArray(value)) return first(value);
  if (!isObject(value)) return null;
  const matcher = asMatcher(value);
  if (matcher === null) {
    if (Object.hasOwn(value, '$more') && value.$more !== true) return '"$more" must be true';
    return first(Object.values(value));
  }
  if ('$literal' in matcher) return null;
  if ('$unordered' in matcher)
    return isArray(value.$unordered) ? first(value.$unordered) : '"$unordered" must be an array';
  if ('$any' in matcher) {
    const types = ['string', 'number', 'boolean', 'array', 'object'];
    return value.$any === true || types.includes(value.$any as string)
      ? null
      : `"$any" must be true or one of ${types.join(', ')}`;
  }
  if ('$pattern' in matcher) return badPattern(value.$pattern ?? null);
  const elided = value.$elided;
  const digest =
    isObject(elided) && (elided.volatile === true || (isText(elided.sha256 ?? null) && isCount(elided.length ?? null)));
  return digest ? null : '"$elided" must have "sha256" and "length", or "volatile": true';
}

function first(values: readonly Json[]): string | null {
  for (const value of values) {
    const message = badMatcher(value);
    if (message !== null) return message;
  }
  return null;
}

function badPattern(pattern: Json): string | null {
  if (!isText(pattern)) return '"$pattern" must be a string';
  try {
    new RegExp(pattern, 'su');
    return null;
  } catch (error) {
    return `"$pattern" is no regular expression: ${JSON.stringify((error as Error).message.slice(0, 160))}`;
  }
}

function show(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (isText(value)) return value.length <= 40 ? JSON.stringify(value) : `a string of ${value.length} characters`;
  return isArray(value) ? 'an array' : 'an object';
}
