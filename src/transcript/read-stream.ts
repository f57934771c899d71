/**
 * Reads a transcript from a stream, record by record. Rows are parsed by the `ndjson` package behind a line splitter of our own, because
 * the package alone is quadratic in the length of a line, ends the stream at a bare `null`, and knows no line numbers.
 */
import type { Readable } from 'node:stream';
import ndjson from 'ndjson';
import type { Json, TranscriptRecord } from './format.ts';
import { LineSplitter } from './lines.ts';
import type { ReadOptions, ReadResult, TranscriptError } from './read.ts';
import { invalidUtf8Column, MAX_LINE, parseRecord, tooLong, transcriptOf } from './read.ts';

export type StreamItem =
  | { readonly kind: 'record'; readonly line: number; readonly record: TranscriptRecord }
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
  const maxLine = options.maxLine ?? MAX_LINE;
  const splitter = new LineSplitter(maxLine);
  const rows = new RowParser();
  let line = 0;
  try {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      for (const split of splitter.push(chunk)) {
        line++;
        if (split.kind === 'too-long') {
          yield { kind: 'error', error: tooLong(fileName, line, split.length, maxLine) };
          return;
        }
        const item = itemOf(split.bytes, rows, fileName, line);
        if (item !== null) yield item;
        if (item?.kind === 'error') return;
      }
    }
    const last = splitter.end();
    if (last === null) return;
    line++;
    if (last.kind === 'too-long') yield { kind: 'error', error: tooLong(fileName, line, last.length, maxLine) };
    else {
      const item = itemOf(last.bytes, rows, fileName, line);
      const cut = item?.kind === 'error' && (item.error.code === 'json' || item.error.code === 'encoding');
      if (cut) yield { kind: 'cut', line };
      else if (item !== null) yield item;
    }
  } catch (error) {
    const message = `the stream failed: ${(error as Error).message}`;
    yield { kind: 'error', error: { fileName, line: line + 1, column: 1, code: 'io', message } };
  } finally {
    rows.close();
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
  let cut = false;
  for await (const item of readTranscriptStream(source, fileName, options)) {
    if (item.kind === 'error') return { ok: false, errors: [item.error] };
    if (item.kind === 'cut') cut = true;
    else {
      records.push(item.record);
      lines.push(item.line);
    }
  }
  return transcriptOf(records, lines, fileName, cut, []);
}

function itemOf(bytes: Buffer, rows: RowParser, fileName: string, line: number): StreamItem | null {
  const bad = invalidUtf8Column(bytes);
  if (bad !== null) {
    return { kind: 'error', error: { fileName, line, column: bad, code: 'encoding', message: 'not UTF-8' } };
  }
  const text = line === 1 ? bytes.toString('utf8').replace(/^\uFEFF/, '') : bytes.toString('utf8');
  const trimmed = text.trim();
  if (trimmed === '') return null;
  // A bare null would end the package's stream; it is no record anyway.
  const value = trimmed === 'null' ? undefined : rows.parse(text);
  const parsed = parseRecord(text, fileName, line, value);
  if (parsed === null) return null;
  return 'record' in parsed ? { kind: 'record', line, record: parsed.record } : { kind: 'error', error: parsed.error };
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
