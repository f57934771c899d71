/** Lines of a foreign file, and what of them cannot be carried over. */
import type { Json, JsonObject, Speaker } from '../format.ts';
import { isObject } from '../json.ts';
import { jsonErrorAt, tooDeepAt } from '../json-error.ts';
import { LineSplitter } from '../lines.ts';
import type { Places } from '../normalise.ts';
import type { RawRecord } from '../raw.ts';
import { invalidUtf8Column, markLength } from '../read-errors.ts';
import { MAX_DEPTH, MAX_TIME } from '../validate.ts';

/** Something of a foreign file that the transcript does not say, or says on an assumption. */
export interface Loss {
  /** 1-based line of the foreign file; null for the file as a whole. */
  readonly line: number | null;
  readonly what: string;
  readonly why: string;
}

export interface SourceLine {
  /** 1-based. */
  readonly number: number;
  /** Without line end and byte order mark. */
  readonly text: string;
}

/** A foreign file in the terms of a recording. */
export interface Imported {
  readonly log: readonly RawRecord[];
  readonly speaker: Speaker;
  /** Null when the file does not say it. */
  readonly version: string | null;
  /** Day (UTC) on which it was recorded, when the file says it. */
  readonly recorded?: string;
  readonly places: Places;
  /** True when the order of the file binds: what the provider wrote comes after all that the client had written before. */
  readonly ordered: boolean;
}

/** The lines that are text, blank ones left out; those that are not become losses. Linear, and one line at most `maxLine` bytes. */
export function sourceLines(bytes: Uint8Array, maxLine: number, losses: Loss[]): SourceLine[] {
  const splitter = new LineSplitter(maxLine);
  const split = splitter.push(bytes);
  const last = splitter.end();
  const lines: SourceLine[] = [];
  [...split, ...(last === null ? [] : [last])].forEach((found, i) => {
    const number = i + 1;
    if (found.kind === 'too-long') {
      losses.push({ line: number, what: 'the line', why: `it has ${found.length} bytes, more than ${maxLine}` });
      return;
    }
    const column = invalidUtf8Column(found.bytes);
    if (column !== null) {
      losses.push({ line: number, what: 'the line', why: `it is not UTF-8 from column ${column} on` });
      return;
    }
    const text = found.bytes.toString('utf8', number === 1 ? markLength(found.bytes) : 0).replace(/\r$/, '');
    if (text.trim() !== '') lines.push({ number, text });
  });
  return lines;
}

/** The JSON of a text, or why there is none. */
export function parseJson(text: string): { readonly value: Json } | { readonly why: string } {
  if (tooDeepAt(text, MAX_DEPTH) >= 0) return { why: `it is nested deeper than ${MAX_DEPTH} levels` };
  try {
    return { value: JSON.parse(text) as Json };
  } catch {
    return { why: `it is no JSON: column ${Math.max(0, jsonErrorAt(text)) + 1}` };
  }
}

/** The lines that are JSON objects; the others become losses. */
export function objectLines(lines: readonly SourceLine[], losses: Loss[]): { number: number; value: JsonObject }[] {
  return lines.flatMap(({ number, text }) => {
    const parsed = parseJson(text);
    if ('value' in parsed && isObject(parsed.value)) return [{ number, value: parsed.value }];
    const why = 'why' in parsed ? parsed.why : 'it is JSON, but no object';
    losses.push({ line: number, what: 'the line', why });
    return [];
  });
}

/** The time of a line, in ms since the first one: `at`, but not before `t`, the time of the line before, nor later than can be. */
export function timeAfter(t: number, at: number, line: number, losses: Loss[]): number {
  if (at <= MAX_TIME) return Math.max(t, at);
  losses.push({ line, what: 'its time', why: `it is more than ${MAX_TIME} ms after the first one` });
  return t;
}

/** The string under a key, or null. */
export function textAt(value: JsonObject, key: string): string | null {
  const found = Object.hasOwn(value, key) ? value[key] : undefined;
  return typeof found === 'string' && found !== '' ? found : null;
}

/** A name of a foreign file as it may stand in a message: short, and in one line. */
export function quoted(text: string): string {
  return JSON.stringify(text.length <= 60 ? text : `${text.slice(0, 57)}...`);
}
