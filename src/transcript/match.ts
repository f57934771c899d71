/** Compares what a transcript expects with what came: bindings, or an aligned and bounded list of differences. */
import { execBounded } from './bounded-regexp.ts';
import type { Elision, Json, JsonObject, Matcher } from './format.ts';
import { asMatcher, elisionOf, isArray, isObject, typeOf } from './json.ts';
import { renderElision } from './render.ts';
import type { Bindings } from './symbols.ts';
import { matchTemplate } from './template.ts';

/** One place where the values differ. `expected` or `got` is absent when that side has nothing there. */
export interface Difference {
  /** JSON path, e.g. `$.params.input[0].text`. */
  readonly path: string;
  readonly expected?: Json;
  readonly got?: Json;
  /** What else there is to say of it. */
  readonly note?: string;
}

/** More differences than this are counted, not listed. */
export const MAX_DIFFERENCES = 12;

export type MatchResult =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly differences: readonly Difference[];
      /** Differences beyond {@link MAX_DIFFERENCES}. */
      readonly more: number;
    };

/**
 * True match or list of differences between the template `expected` and the wire value `actual`. On success `bindings` holds what the
 * symbols stand for; on failure it is as before. Object keys match in any order.
 */
export function matchJson(expected: Json, actual: Json, bindings: Bindings): MatchResult {
  const mark = bindings.mark();
  const walk = new Walk(bindings);
  walk.compare(expected, actual, '$');
  if (walk.count === 0) return { ok: true };
  bindings.undo(mark);
  return { ok: false, differences: walk.differences, more: walk.count - walk.differences.length };
}

/** What the walks of one comparison share. */
interface Patience {
  /** A pattern had to be given up: no further one is tried, or a file with many of them would still take for ever. */
  over: boolean;
  /** How many more partners are tried for elements of unordered lists: n elements that are much alike have n! orders. */
  partners: number;
}

const MAX_PARTNERS = 20_000;

class Walk {
  readonly differences: Difference[] = [];
  count = 0;
  readonly #bindings: Bindings;
  readonly #patience: Patience;

  constructor(bindings: Bindings, patience: Patience = { over: false, partners: MAX_PARTNERS }) {
    this.#bindings = bindings;
    this.#patience = patience;
  }

  compare(expected: Json, actual: Json, path: string): void {
    if (typeof expected === 'string') {
      const scalar = typeof actual === 'string' || typeof actual === 'number';
      if (!scalar || !this.#attempt(() => matchTemplate(expected, actual, this.#bindings))) {
        this.#differ({ path, expected, got: actual });
      }
    } else if (isArray(expected)) {
      if (isArray(actual)) this.#arrays(expected, actual, path);
      else this.#differ({ path, expected, got: actual });
    } else if (isObject(expected)) {
      const matcher = asMatcher(expected);
      if (matcher !== null) this.#matcher(matcher, actual, path);
      else if (isObject(actual)) this.#objects(expected, actual, path);
      else this.#differ({ path, expected, got: actual });
    } else if (expected !== actual) this.#differ({ path, expected, got: actual });
  }

  #differ(difference: Difference): void {
    this.count++;
    if (this.differences.length < MAX_DIFFERENCES) this.differences.push(difference);
  }

  #attempt(match: () => boolean): boolean {
    const mark = this.#bindings.mark();
    const ok = match();
    if (!ok) this.#bindings.undo(mark);
    return ok;
  }

  /** True when the values match; nothing is reported, and bindings are kept only then. */
  #matches(expected: Json, actual: Json): boolean {
    return this.#attempt(() => {
      const inner = new Walk(this.#bindings, this.#patience);
      inner.compare(expected, actual, '');
      return inner.count === 0;
    });
  }

  #objects(expected: JsonObject, actual: JsonObject, path: string): void {
    const rest = new Set(Object.keys(actual));
    const open: string[] = [];
    for (const key of Object.keys(expected)) {
      if (key === '$more') continue;
      if (rest.delete(key)) this.compare(expected[key] as Json, actual[key] as Json, at(path, key));
      else open.push(key);
    }
    // Keys may be symbols (codex `agentsStates` is keyed by thread id): try them once the plain ones have bound what they can.
    for (const key of open) {
      const found = [...rest].find((k) =>
        this.#attempt(() => key.includes('<') && matchTemplate(key, k, this.#bindings)),
      );
      if (found === undefined) this.#differ({ path: at(path, key), expected: expected[key] as Json });
      else {
        rest.delete(found);
        this.compare(expected[key] as Json, actual[found] as Json, at(path, found));
      }
    }
    if (expected.$more === true) return;
    for (const key of rest) this.#differ({ path: at(path, key), got: actual[key] as Json });
  }

  #arrays(expected: readonly Json[], actual: readonly Json[], path: string): void {
    if (expected.length === actual.length) {
      expected.forEach((item, i) => {
        this.compare(item, actual[i] as Json, `${path}[${i}]`);
      });
      return;
    }
    // Of different length: what is alike at both ends is no news, the middle is.
    let start = 0;
    const shorter = Math.min(expected.length, actual.length);
    while (start < shorter && this.#matches(expected[start] as Json, actual[start] as Json)) start++;
    let end = 0;
    while (end < shorter - start && this.#matches(expected.at(-1 - end) as Json, actual.at(-1 - end) as Json)) end++;
    for (let i = start; i < expected.length - end; i++) {
      this.#differ({ path: `${path}[${i}]`, expected: expected[i] as Json });
    }
    for (let i = start; i < actual.length - end; i++) {
      this.#differ({ path: `${path}[${i}]`, got: actual[i] as Json });
    }
  }

  #matcher(matcher: Matcher, actual: Json, path: string): void {
    if ('$any' in matcher) {
      if (matcher.$any !== true && typeOf(actual) !== matcher.$any)
        this.#differ({ path, expected: matcher, got: actual });
    } else if ('$pattern' in matcher) {
      this.#pattern(matcher, actual, path);
    } else if ('$elided' in matcher) {
      if (!sameElision(matcher.$elided, actual))
        this.#differ({ path, expected: matcher as unknown as Json, got: actual });
    } else if ('$unordered' in matcher) {
      this.#unordered(matcher.$unordered, actual, path);
    } else if (!equalJson(matcher.$literal, actual)) this.#differ({ path, expected: matcher.$literal, got: actual });
  }

  #pattern(matcher: { readonly $pattern: string }, actual: Json, path: string): void {
    if (typeof actual === 'string' && !this.#patience.over) {
      const found = execBounded(new RegExp(`^(?:${matcher.$pattern})$`, 'su'), actual);
      if (found !== null && found !== 'gave-up') return;
      this.#patience.over = found === 'gave-up';
    }
    const note = this.#patience.over
      ? { note: 'given up: the pattern takes too long; repeat nothing that repeats' }
      : {};
    this.#differ({ path, expected: matcher, got: actual, ...note });
  }

  #unordered(expected: readonly Json[], actual: Json, path: string): void {
    if (!isArray(actual) || actual.length !== expected.length || !this.#assign(expected, actual, 0, new Set())) {
      const note = this.#patience.partners < 0 ? { note: 'given up: too many orders are possible' } : {};
      this.#differ({ path, expected: { $unordered: expected }, got: actual, ...note });
    }
  }

  /** Finds a partner in `actual` for each expected element from `i` on, taking choices back when a later one finds none. */
  #assign(expected: readonly Json[], actual: readonly Json[], i: number, taken: Set<number>): boolean {
    if (i === expected.length) return true;
    for (let j = 0; j < actual.length; j++) {
      if (taken.has(j)) continue;
      if (--this.#patience.partners < 0) return false;
      const mark = this.#bindings.mark();
      if (this.#matches(expected[i] as Json, actual[j] as Json)) {
        taken.add(j);
        if (this.#assign(expected, actual, i + 1, taken)) return true;
        taken.delete(j);
        this.#bindings.undo(mark);
      }
    }
    return false;
  }
}

function sameElision(expected: Elision, actual: Json): boolean {
  const type = typeOf(actual);
  if ((expected.type ?? 'string') !== type) return false;
  if (equalJson(renderElision(expected), actual)) return true;
  if ('volatile' in expected) return true;
  const own = elisionOf(actual);
  return 'sha256' in own && own.sha256 === expected.sha256 && own.length === expected.length;
}

/** Same JSON value, whatever the order of object keys. */
export function equalJson(a: Json, b: Json): boolean {
  if (isArray(a)) return isArray(b) && a.length === b.length && a.every((item, i) => equalJson(item, b[i] as Json));
  if (!isObject(a)) return a === b;
  if (!isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equalJson(a[key] as Json, b[key] as Json))
  );
}

function at(path: string, key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}
