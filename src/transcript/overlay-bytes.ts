/** What a fault makes of one line of a provider. Pure: the bytes, not the writing. */
import type { Json } from './format.ts';
import { isArray, isObject, objectFrom } from './json.ts';
import { SEPARATORS } from './overlay.ts';

/** Cuts a line into pieces of at least one byte, at places that `random` chooses; a piece may begin inside a character. */
export function splitBytes(line: Buffer, pieces: number, random: () => number): Buffer[] {
  const cuts = new Set<number>();
  const most = Math.min(pieces - 1, line.length - 1);
  while (cuts.size < most) cuts.add(1 + Math.floor(random() * (line.length - 1)));
  const ends = [...cuts].sort((a, b) => a - b);
  return [0, ...ends].map((from, i) => line.subarray(from, ends[i] ?? line.length));
}

/** The frame with a line separator in the middle of its longest text; null when it has no text. */
export function withSeparator(line: string, character: string): string | null {
  const separator = SEPARATORS[character] as string;
  return changeLongest(line, (text) => {
    const middle = Math.floor(text.length / 2);
    return text.slice(0, middle) + separator + text.slice(middle);
  });
}

/** The frame with its longest text filled up until the line, its end included, has `bytes` bytes; null when it has no text. */
export function withLength(line: string, bytes: number): string | null {
  const missing = bytes - Buffer.byteLength(line, 'utf8');
  return changeLongest(line, (text) => text + '.'.repeat(Math.max(0, missing)));
}

/** The answer under an id that nobody asked with; null when the line is no answer. */
export function withWrongId(line: string): string | null {
  const body = JSON.parse(line) as Json;
  if (!isObject(body)) return null;
  const wrong = (id: Json | undefined): Json => (typeof id === 'number' ? id + 1_000_000 : `${String(id)}-unknown`);
  if (isObject(body.response)) {
    return `${JSON.stringify({ ...body, response: { ...body.response, request_id: wrong(body.response.request_id) } })}\n`;
  }
  return body.id === undefined ? null : `${JSON.stringify({ ...body, id: wrong(body.id) })}\n`;
}

/** Where a provider's text stands; texts elsewhere may be ids, and are touched only when there is none here. */
const TEXT_KEYS = new Set([
  'delta',
  'text',
  'partial_json',
  'thinking',
  'content',
  'message',
  'result',
  'aggregatedOutput',
]);

function changeLongest(line: string, change: (text: string) => string): string | null {
  const body = JSON.parse(line) as Json;
  const found: { text: string; good: boolean }[] = [];
  walk(body, '', (text, key) => {
    found.push({ text, good: TEXT_KEYS.has(key) });
    return text;
  });
  const candidates = found.some(({ good }) => good) ? found.filter(({ good }) => good) : found;
  const longest = candidates.reduce((best, next) => (next.text.length > best.text.length ? next : best), {
    text: '',
    good: false,
  });
  if (longest.text === '') return null;
  const at = found.indexOf(longest);
  let seen = -1;
  const changed = walk(body, '', (text) => {
    seen++;
    return seen === at ? change(text) : text;
  });
  return `${JSON.stringify(changed)}\n`;
}

function walk(value: Json, key: string, change: (text: string, key: string) => string): Json {
  if (typeof value === 'string') return change(value, key);
  if (isArray(value)) return value.map((item) => walk(item, key, change));
  if (!isObject(value)) return value;
  return objectFrom(Object.entries(value).map(([name, item]) => [name, walk(item, name, change)]));
}
