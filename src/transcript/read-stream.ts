/**
 * Reads a transcript from a stream, record by record. Rows are parsed by the `ndjson` package behind a line splitter of our own, because
 * the package alone is quadratic in the length of a line, ends the stream at a bare `null`, and knows no line numbers.
 */
import type { Readable } from 'node:stream';
import ndjson from 'ndjson';
import type { Json, TranscriptRecord } from './format.ts';
import { tooDeepAt } from './json-error.ts';
import { LineSplitter, type SplitLine } from './lines.ts';
import type { ReadOptions, ReadResult } from './read.ts';
import { before, headerFaults, MAX_LINE, parseRecord, transcriptOf } from './read.ts';
import {
  bytesBefore,
  errorAt,
  invalidUtf8Column,
  LineFault,
  markLength,
  type TranscriptError,
  tooLong,
} from './read-errors.ts';
import { MAX_DEPTH } from './validate.ts';

export type StreamItem =
  | {
      readonly kind: 'record';
      /** 1-based. */
      readonly line: number;
      /** Bytes of the stream before the line. */
      readonly offset: number;
      readonly record: TranscriptRecord;
    }
  | { readonly kind: 'error'; readonly error: TranscriptError }
  /** The stream ended inside a line, which is left out. Always the last item. */
  | { readonly kind: 'cut'; readonly line: number };

/**
 * The records of `source` as they arrive. Stops after the first error item; never throws. Whether a header comes first is for the
 * caller to see (the first item is a `header` record).
 */
export async function* readTranscriptStream(
  source: Readable | AsyncIterable<Uint8Array>,
  fileName: string,
  options: ReadOptions = {},
): AsyncGenerator<StreamItem, void, void> {
  const splitter = new LineSplitter(options.maxLine ?? MAX_LINE);
  const reader = new LineReader(fileName, options.maxLine ?? MAX_LINE);
  try {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      for (const split of splitter.push(chunk)) {
        const item = reader.item(split);
        if (item !== null) yield item;
        if (item?.kind === 'error') return;
      }
      reader.chunk++;
    }
    const last = splitter.end();
    if (last === null) return;
    reader.chunk = Math.max(0, reader.chunk - 1);
    const item = reader.item(last);
    const cut = item?.kind === 'error' && (item.error.code === 'json' || item.error.code === 'encoding');
    if (cut) yield { kind: 'cut', line: reader.line };
    else if (item !== null) yield item;
  } catch (error) {
    const message = `the stream failed: ${error instanceof Error ? error.message : String(error)}`;
    const fault = new LineFault(reader.line + 1, 1, 'io', message);
    yield { kind: 'error', error: errorAt(fault, reader.offset, reader.chunk, fileName) };
  } finally {
    reader.close();
  }
}

/** Reads a whole transcript from a stream, e.g. a pipe. Gives the first error only. Never throws. */
export async function collectTranscript(
  source: Readable | AsyncIterable<Uint8Array>,
  fileName: string,
  options: ReadOptions = {},
): Promise<ReadResult> {
  const records: TranscriptRecord[] = [];
  const lines: number[] = [];
  const offsets: number[] = [];
  let cut = false;
  let error: TranscriptError | null = null;
  for await (const item of readTranscriptStream(source, fileName, options)) {
    if (item.kind === 'error') error = item.error;
    else if (item.kind === 'cut') cut = true;
    else {
      records.push(item.record);
      lines.push(item.line);
      offsets.push(item.offset);
    }
  }
  const [fault] = headerFaults(records, lines, cut, error === null ? [] : [error]);
  if (fault !== undefined) error = errorAt(fault, offsets[lines.indexOf(fault.line)] ?? 0, 0, fileName);
  if (error === null) return { ok: true, transcript: transcriptOf(records, lines, fileName, cut) };
  return { ok: false, errors: [error], before: before(error, records, lines, fileName) };
}

/** Makes items of lines, and knows where in the stream they are. */
class LineReader {
  line = 0;
  /** Bytes before the next line. */
  offset = 0;
  /** The chunk that is being read. */
  chunk = 0;
  readonly #fileName: string;
  readonly #maxLine: number;
  readonly #rows = new RowParser();

  constructor(fileName: string, maxLine: number) {
    this.#fileName = fileName;
    this.#maxLine = maxLine;
  }

  close(): void {
    this.#rows.close();
  }

  item(split: SplitLine): StreamItem | null {
    const { offset } = this;
    this.line++;
    if (split.kind === 'too-long') {
      this.offset += split.length + 1;
      return this.#error(tooLong(this.line, split.length, this.#maxLine), offset + this.#maxLine);
    }
    this.offset += split.bytes.length + 1;
    const parsed = this.#parse(split.bytes);
    if (parsed === null) return null;
    if (parsed instanceof LineFault) return this.#error(parsed, offset + bytesBefore(split.bytes, parsed));
    return { kind: 'record', line: this.line, offset, record: parsed };
  }

  #error(fault: LineFault, offset: number): StreamItem {
    return { kind: 'error', error: errorAt(fault, offset, this.chunk, this.#fileName) };
  }

  #parse(bytes: Buffer): TranscriptRecord | LineFault | null {
    const bad = invalidUtf8Column(bytes);
    if (bad !== null) return new LineFault(this.line, bad, 'encoding', 'not UTF-8');
    const text = bytes.toString('utf8', this.line === 1 ? markLength(bytes) : 0);
    // The package drops a blank line without an answer, and what is too deep is not to be parsed at all.
    if (text.trim() === '') return null;
    if (tooDeepAt(text, MAX_DEPTH) >= 0) return parseRecord(text, this.line);
    // A bare null would end the package's stream; it is no record anyway.
    return parseRecord(text, this.line, text.trim() === 'null' ? undefined : this.#rows.parse(text));
  }
}

/** The package's parser, fed one whole line at a time: then it answers synchronously and keeps nothing. */
class RowParser {
  readonly #parser = ndjson.parse();
  #row: Json | undefined;
  #answers = 0;

  constructor() {
    this.#parser.on('data', (row: Json) => {
      this.#row = row;
      this.#answers++;
    });
    // The error has neither line nor column: `parseRecord` finds both for a row without a value.
    this.#parser.on('error', () => {
      this.#answers++;
    });
  }

  /** The value of the line, or undefined when it is not JSON. Throws when the parser did not answer at once. */
  parse(line: string): Json | undefined {
    this.#row = undefined;
    this.#answers = 0;
    this.#parser.write(`${line}\n`);
    if (this.#answers !== 1) throw new Error('the ndjson parser did not answer a whole line at once');
    return this.#row;
  }

  close(): void {
    this.#parser.end();
  }
}
