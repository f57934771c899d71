/** Compares a value of a recording with the same value of another recording: both in the form of transcripts, so ids have names. */
import type { Json } from '../../transcript/format.ts';
import { asMatcher, isArray, isObject, typeOf } from '../../transcript/json.ts';
import { equalJson } from '../../transcript/match.ts';
import { parseTemplate } from '../../transcript/symbols.ts';
import { align } from './align.ts';
import type { Change } from './finding.ts';

export interface ValueChange {
  readonly change: Extract<
    Change,
    'field-removed' | 'field-added' | 'type-changed' | 'value-changed' | 'text-changed' | 'version-changed'
  >;
  readonly path: string;
  readonly was: string | null;
  readonly now: string | null;
}

/** Which symbol of the other recording stands for one of this recording: their numbers may differ, what is equal may not. */
export class SymbolPairs {
  readonly #forth = new Map<string, string>();
  readonly #back = new Map<string, string>();

  /** True when these two can be the same; from then on they are. */
  pair(was: string, now: string): boolean {
    const known = this.#forth.get(was);
    const other = this.#back.get(now);
    if (known === undefined && other === undefined) {
      this.#forth.set(was, now);
      this.#back.set(now, was);
      return true;
    }
    return known === now && other === was;
  }
}

/** Longer strings are text, and so is what has a space in it: nobody decides by their words. */
const MAX_TOKEN = 64;
const VERSION = /\d+\.\d+\.\d+(?:[-+][\w.]+)?/g;

/** Every place where the values differ; elements of arrays are all called `[]`. */
export function diffValues(was: Json, now: Json, path: string, pairs: SymbolPairs): ValueChange[] {
  const note = (change: ValueChange['change'], a: Json, b: Json): ValueChange[] => [
    { change, path, was: excerpt(a), now: excerpt(b) },
  ];
  if (isElided(was) || isElided(now)) return equalJson(was, now) ? [] : note('text-changed', was, now);
  if (typeof was === 'string' && typeof now === 'string') {
    if (sameTemplate(was, now, pairs)) return [];
    if (was.replace(VERSION, '') === now.replace(VERSION, '')) return note('version-changed', was, now);
    return note(isText(was) || isText(now) ? 'text-changed' : 'value-changed', was, now);
  }
  if (isArray(was) && isArray(now)) return diffArrays(was, now, path, pairs);
  if (isObject(was) && isObject(now)) return diffObjects(was, now, path, pairs);
  if (equalJson(was, now)) return [];
  const nullable = was === null || now === null;
  return note(typeOf(was) === typeOf(now) || nullable ? 'value-changed' : 'type-changed', was, now);
}

function diffArrays(was: readonly Json[], now: readonly Json[], path: string, pairs: SymbolPairs): ValueChange[] {
  if (was.length === now.length) {
    return was.flatMap((item, i) => diffValues(item, now[i] as Json, `${path}[]`, pairs));
  }
  const scalars = [...was, ...now].every((item) => !isObject(item) && !isArray(item));
  if (scalars) return [{ change: 'value-changed', path, was: excerpt(was), now: excerpt(now) }];
  const count = (items: readonly Json[]): string => `${items.length} elements`;
  return [
    { change: 'value-changed', path, was: count(was), now: count(now) },
    // What is left of a list is compared with what it was, not with its neighbour.
    ...align(was, now, kindOf).flatMap((one) =>
      one.kind === 'both' ? diffValues(one.was, one.now, `${path}[]`, pairs) : [],
    ),
  ];
}

/** What an element of a list is: a message of the user, a call of a tool, … */
function kindOf(item: Json): string {
  if (!isObject(item)) return typeOf(item);
  return JSON.stringify([item.type ?? null, item.role ?? null, item.name ?? null]);
}

function diffObjects(
  was: { readonly [key: string]: Json },
  now: { readonly [key: string]: Json },
  path: string,
  pairs: SymbolPairs,
): ValueChange[] {
  const changes: ValueChange[] = [];
  const rest = new Set(Object.keys(now));
  for (const [key, value] of Object.entries(was)) {
    // Keys may be ids.
    const other = rest.has(key) ? key : [...rest].find((one) => key.includes('<') && sameTemplate(key, one, pairs));
    if (other === undefined) {
      changes.push({ change: 'field-removed', path: `${path}.${plainKey(key)}`, was: excerpt(value), now: null });
      continue;
    }
    rest.delete(other);
    changes.push(...diffValues(value, now[other] as Json, `${path}.${plainKey(key)}`, pairs));
  }
  for (const key of rest) {
    changes.push({
      change: 'field-added',
      path: `${path}.${plainKey(key)}`,
      was: null,
      now: excerpt(now[key] as Json),
    });
  }
  return changes;
}

function sameTemplate(was: string, now: string, pairs: SymbolPairs): boolean {
  const a = parseTemplate(was);
  const b = parseTemplate(now);
  if (a.length !== b.length) return false;
  return a.every((part, i) => {
    const other = b[i]!;
    if ('text' in part || 'text' in other) return 'text' in part && 'text' in other && part.text === other.text;
    return part.kind === other.kind && (part.name === '' ? other.name === '' : pairs.pair(part.symbol, other.symbol));
  });
}

const isElided = (value: Json): boolean => {
  const matcher = isObject(value) ? asMatcher(value) : null;
  return matcher !== null && '$elided' in matcher;
};

const isText = (value: string): boolean => value.length > MAX_TOKEN || /\s/.test(value);

/** An id as a key has no name of its own. */
const plainKey = (key: string): string => key.replace(/<(\w+):[^>]+>/g, '<$1>');

const EXCERPT = 60;

export function excerpt(value: Json): string {
  const text = isElided(value) ? '(left out)' : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= EXCERPT ? text : `${text.slice(0, EXCERPT - 1)}…`;
}
