/** Small tools over JSON values. */
import { createHash } from 'node:crypto';
import type { Elision, Json, JsonObject, JsonType, Matcher } from './format.ts';

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `Array.isArray` that narrows a {@link Json} to its array case. */
export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

export function typeOf(value: Json): JsonType | 'null' {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as JsonType;
}

/** The same value with the keys of every object sorted. */
export function sortKeys(value: Json): Json {
  if (isArray(value)) return value.map(sortKeys);
  if (!isObject(value)) return value;
  return objectFrom(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortKeys(value[key] as Json)]),
  );
}

/** `Object.fromEntries` that keeps a key named `__proto__` an ordinary key. */
export function objectFrom(entries: Iterable<readonly [string, Json]>): JsonObject {
  return Object.fromEntries(entries);
}

/** JSON text with sorted keys: equal values give equal text. */
export function canonical(value: Json): string {
  return JSON.stringify(sortKeys(value));
}

/** Calls `visit` with every string and every object key. */
export function eachString(value: Json, visit: (text: string, key: string) => void, key = ''): void {
  if (typeof value === 'string') visit(value, key);
  else if (isArray(value)) for (const item of value) eachString(item, visit, key);
  else if (isObject(value)) {
    for (const [k, v] of Object.entries(value)) {
      visit(k, k);
      eachString(v, visit, k);
    }
  }
}

/** Calls `visit` with every template string and template key of a transcript's value, leaving out what matchers hold literally. */
export function eachTemplate(value: Json, visit: (template: string) => void): void {
  if (typeof value === 'string') visit(value);
  else if (isArray(value)) for (const item of value) eachTemplate(item, visit);
  else if (isObject(value)) {
    const matcher = asMatcher(value);
    if (matcher !== null) {
      if ('$unordered' in matcher) eachTemplate(matcher.$unordered, visit);
      return;
    }
    for (const [key, item] of Object.entries(value)) {
      visit(key);
      eachTemplate(item, visit);
    }
  }
}

export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Digest and length by which an elided value is known; see {@link Elision}. */
export function elisionOf(value: Json): Elision {
  const text = typeof value === 'string' ? value : canonical(value);
  const type = typeOf(value);
  const digest = { sha256: sha256(text), length: Buffer.byteLength(text, 'utf8') };
  return type === 'array' || type === 'object' ? { ...digest, type } : digest;
}

const MATCHER_KEYS = new Set(['$any', '$pattern', '$unordered', '$elided', '$literal']);

/** The matcher that an object of a transcript is, or null for an ordinary object. */
export function asMatcher(value: JsonObject): Matcher | null {
  const keys = Object.keys(value);
  const only = keys[0];
  return keys.length === 1 && only !== undefined && MATCHER_KEYS.has(only) ? (value as unknown as Matcher) : null;
}

/** True for an object of the wire that a transcript must write as `{"$literal": …}`. */
export function needsLiteral(value: JsonObject): boolean {
  return asMatcher(value) !== null || Object.hasOwn(value, '$more');
}
