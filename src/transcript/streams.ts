/** Text that a provider streams in pieces: a credential may be cut into frames none of which looks like one. */
import type { FrameRecord, Json, LaneRecord } from './format.ts';
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
  return records.map((record) => replacePieces(record, (stream) => redacted.get(stream)?.shift()));
}

/** Kinds of credentials that only the joined texts show; empty after {@link redactStreams}, except inside server-sent events. */
export function secretsInStreams(records: readonly LaneRecord[], redactor: Redactor): string[] {
  const streams = new Map<string, string[]>();
  for (const record of records) {
    eachPiece(record, (stream, text) => push(streams, stream, text));
    if (record.type === 'http') eventPieces(record.response?.chunks.map((chunk) => chunk.text) ?? [], streams, record);
  }
  return [...streams.values()].flatMap((texts) => redactor.findSecrets(texts.join('')).map(({ kind }) => kind));
}

function push(streams: Map<string, string[]>, stream: string, text: string): void {
  const texts = streams.get(stream);
  if (texts === undefined) streams.set(stream, [text]);
  else texts.push(text);
}

/** Server-sent events carry pieces inside JSON inside text: their joined pieces are looked at, too. */
function eventPieces(chunks: readonly string[], streams: Map<string, string[]>, owner: LaneRecord): void {
  for (const line of chunks.join('').split('\n')) {
    if (!line.startsWith('data:')) continue;
    try {
      eachPieceOf(JSON.parse(line.slice(5)) as Json, (key, text) =>
        push(streams, `${owner.lane} ${owner.t} ${key}`, text),
      );
    } catch {
      // Not JSON (`[DONE]`, or malformed on purpose): the line itself is scanned as part of its chunk.
    }
  }
}

function eachPiece(record: LaneRecord, visit: (stream: string, text: string) => void): void {
  if (record.type === 'http')
    for (const chunk of record.response?.chunks ?? []) visit(`${record.lane} ${record.t}`, chunk.text);
  if (record.type !== 'frame' || record.body === undefined) return;
  eachPieceOf(record.body, (key, text) => visit(`${record.lane} ${record.dir} ${key}`, text), record.dir);
}

function eachPieceOf(body: Json, visit: (key: string, text: string) => void, dir: Leaf['dir'] = 'http'): void {
  mapLeaves(dir, body, (leaf, value) => {
    if (typeof value === 'string' && PIECES.has(leaf.key)) visit(streamOf(leaf), value);
    return undefined;
  });
}

function replacePieces(record: LaneRecord, next: (stream: string) => string | undefined): LaneRecord {
  if (record.type === 'http' && record.response !== null) {
    const chunks = record.response.chunks.map((chunk) => ({
      ...chunk,
      text: next(`${record.lane} ${record.t}`) ?? chunk.text,
    }));
    return { ...record, response: { ...record.response, chunks } };
  }
  if (record.type !== 'frame' || record.body === undefined) return record;
  const frame: FrameRecord = record;
  const body = mapLeaves(frame.dir, frame.body as Json, (leaf, value) => {
    const piece = typeof value === 'string' && PIECES.has(leaf.key);
    return piece ? (next(`${frame.lane} ${frame.dir} ${streamOf(leaf)}`) ?? value) : undefined;
  });
  return { ...frame, body };
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
