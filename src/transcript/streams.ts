/** Text that a provider streams in pieces: a credential may be cut into frames none of which looks like one. */
import { editChunks, eventsIn } from './event-stream.ts';
import type { Json, LaneRecord } from './format.ts';
import { isObject } from './json.ts';
import type { Leaf } from './profile.ts';
import { mapLeaves } from './profile.ts';
import type { Redactor } from './redact.ts';

/** Keys whose strings are pieces of a longer text. */
const PIECES = new Set(['delta', 'text', 'partial_json', 'thinking', 'signature', 'chunk']);

/** Redacts over the seams of streamed texts; what is within one piece is left to the redactor's other methods. */
export function redactStreams(records: readonly LaneRecord[], redactor: Redactor): LaneRecord[] {
  const streams = new Map<string, string[]>();
  for (const record of records) eachPiece(record, (stream, text) => push(streams, stream, text));
  const redacted = new Map([...streams].map(([stream, texts]) => [stream, redactor.pieces(texts)]));
  const changed = [...streams].some(([stream, texts]) => texts.some((text, i) => text !== redacted.get(stream)?.[i]));
  return records.map((record) => {
    if (record.type === 'frame' && !changed) return record;
    return replacePieces(record, redactor, (stream) => redacted.get(stream)?.shift());
  });
}

/** Kinds of credentials that only the joined texts show; empty after {@link redactStreams}. */
export function secretsInStreams(records: readonly LaneRecord[], redactor: Redactor): string[] {
  const streams = new Map<string, string[]>();
  for (const record of records) {
    eachPiece(record, (stream, text) => push(streams, stream, text));
    if (record.type !== 'http' || record.response === null) continue;
    const chunks = record.response.chunks.map((chunk) => chunk.text);
    push(streams, `${record.lane} ${record.t} chunks`, chunks.join(''));
    for (const { body } of eventsIn(chunks.join(''))) {
      eachPieceOf(body, (key, text) => push(streams, `${record.lane} ${record.t} ${key}`, text));
    }
  }
  return [...streams.values()].flatMap((texts) => redactor.secretsInStream(texts.join('')));
}

function push(streams: Map<string, string[]>, stream: string, text: string): void {
  const texts = streams.get(stream);
  if (texts === undefined) streams.set(stream, [text]);
  else texts.push(text);
}

function eachPiece(record: LaneRecord, visit: (stream: string, text: string) => void): void {
  if (record.type !== 'frame' || record.body === undefined) return;
  eachPieceOf(record.body, (key, text) => visit(`${record.lane} ${record.dir} ${key}`, text), record.dir);
}

/** Pieces of one exchange: within its server-sent events first, then over the seams of the chunks themselves. */
export function redactChunks(chunks: readonly string[], redactor: Redactor): string[] {
  const events = eventsIn(chunks.join(''));
  const streams = new Map<string, string[]>();
  for (const { body } of events) eachPieceOf(body, (stream, text) => push(streams, stream, text));
  const redacted = new Map([...streams].map(([stream, texts]) => [stream, redactor.pieces(texts)]));
  const edits = events.flatMap(({ start, end, body }) => {
    const clean = changePieces(body, 'http', (stream) => redacted.get(stream)?.shift());
    // An event in which nothing changed keeps its spaces.
    return JSON.stringify(clean) === JSON.stringify(body) ? [] : [{ start, end, text: ` ${JSON.stringify(clean)}` }];
  });
  return redactor.pieces(editChunks(chunks, edits));
}

function eachPieceOf(body: Json, visit: (key: string, text: string) => void, dir: Leaf['dir'] = 'http'): void {
  mapLeaves(dir, body, (leaf, value) => {
    if (typeof value === 'string' && PIECES.has(leaf.key)) visit(streamOf(leaf), value);
    return undefined;
  });
}

function replacePieces(
  record: LaneRecord,
  redactor: Redactor,
  next: (stream: string) => string | undefined,
): LaneRecord {
  if (record.type === 'http' && record.response !== null) {
    const texts = redactChunks(
      record.response.chunks.map((chunk) => chunk.text),
      redactor,
    );
    if (record.response.chunks.every(({ text }, i) => text === texts[i])) return record;
    const chunks = record.response.chunks.map((chunk, i) => ({ ...chunk, text: texts[i] ?? '' }));
    return { ...record, response: { ...record.response, chunks } };
  }
  if (record.type !== 'frame' || record.body === undefined) return record;
  const { lane, dir, body } = record;
  return { ...record, body: changePieces(body, dir, (stream) => next(`${lane} ${dir} ${stream}`)) };
}

function changePieces(body: Json, dir: Leaf['dir'], next: (stream: string) => string | undefined): Json {
  return mapLeaves(dir, body, (leaf, value) =>
    typeof value === 'string' && PIECES.has(leaf.key) ? (next(streamOf(leaf)) ?? value) : undefined,
  );
}

/** Pieces of one text share the place in the frame, the method or type, and the item or block. */
function streamOf(leaf: Leaf): string {
  const { frame } = leaf;
  if (!isObject(frame)) return leaf.path.join('.');
  const params = isObject(frame.params) ? frame.params : {};
  const event = isObject(frame.event) ? frame.event : {};
  const owner = [frame.method ?? frame.type, params.threadId, params.itemId, frame.index ?? event.index, frame.item_id];
  return JSON.stringify([leaf.path.join('.'), ...owner.map((part) => part ?? null)]);
}
