/** Reads transcripts. Any bytes give a transcript or errors with line and column; nothing throws. */
import { isUtf8 } from 'node:buffer';
import type { HeaderRecord, Json, LaneRecord, Transcript, TranscriptRecord } from './format.ts';
import { jsonErrorAt } from './json-error.ts';
import { invalidity, MAX_DEPTH } from './validate.ts';

export type TranscriptErrorCode =
  /** No record at all. */
  | 'empty'
  /** The bytes are not UTF-8. */
  | 'encoding'
  | 'json'
  /** The JSON is no record of format 1. */
  | 'record'
  /** The first record is no header, or a later one is. */
  | 'header'
  /** A line is longer than the cap. */
  | 'too-long'
  /** The source of a stream failed. */
  | 'io';

export interface TranscriptError {
  readonly fileName: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 units. */
  readonly column: number;
  readonly code: TranscriptErrorCode;
  readonly message: string;
}

export type ReadResult =
  | { readonly ok: true; readonly transcript: Transcript }
  | { readonly ok: false; readonly errors: readonly [TranscriptError, ...TranscriptError[]] };

export interface ReadOptions {
  /** Longest line in UTF-16 units (for streams: bytes); default 64 Mi. */
  readonly maxLine?: number;
}

export const MAX_LINE = 64 * 1024 * 1024;
/** After so many errors the rest of the file is not looked at. */
const MAX_ERRORS = 20;

/** `file:line:column: message`, as compilers write it. */
export function formatTranscriptError(error: TranscriptError): string {
  return `${error.fileName}:${error.line}:${error.column}: ${error.message}`;
}

/**
 * Reads a whole transcript. Blank lines, `\r\n` and a byte order mark are accepted. A last line without its `\n` that is no JSON is what a
 * killed writer leaves: it is left out and `cut` is set.
 */
export function readTranscript(input: string | Uint8Array, fileName: string, options: ReadOptions = {}): ReadResult {
  const errors: TranscriptError[] = [];
  const decoded = typeof input === 'string' ? input : decode(input, fileName, errors);
  if (decoded === null) return { ok: false, errors: errors as [TranscriptError] };
  const text = decoded.startsWith('\uFEFF') ? decoded.slice(1) : decoded;
  const maxLine = options.maxLine ?? MAX_LINE;
  const records: TranscriptRecord[] = [];
  const lines: number[] = [];
  let cut = false;
  let line = 0;
  for (let from = 0; from < text.length && errors.length < MAX_ERRORS; ) {
    line++;
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    const length = end - from;
    if (length > maxLine) errors.push(tooLong(fileName, line, length, maxLine));
    else {
      const parsed = parseRecord(text.slice(from, end), fileName, line);
      if (parsed === null) {
        // A blank line.
      } else if ('record' in parsed) {
        records.push(parsed.record);
        lines.push(line);
      } else if (newline < 0 && parsed.error.code === 'json') cut = true;
      else errors.push(parsed.error);
    }
    from = end + 1;
  }
  return transcriptOf(records, lines, fileName, cut, errors);
}

/** A transcript of what was read, or every error, those of the header included. `errors` is used up. */
export function transcriptOf(
  records: readonly TranscriptRecord[],
  lines: readonly number[],
  fileName: string,
  cut: boolean,
  errors: TranscriptError[],
): ReadResult {
  headerErrors(records, lines, fileName, cut, errors);
  const first = errors[0];
  if (first !== undefined) {
    errors.sort((a, b) => a.line - b.line || a.column - b.column);
    return { ok: false, errors: errors as [TranscriptError, ...TranscriptError[]] };
  }
  const [header, ...rest] = records;
  return {
    ok: true,
    transcript: { fileName, header: header as HeaderRecord, records: rest as LaneRecord[], lines: lines.slice(1), cut },
  };
}

/** One line: a record, an error, or null for a blank line. `parsed` is the line's value, when it is known already. */
export function parseRecord(
  line: string,
  fileName: string,
  number: number,
  parsed?: Json,
): { readonly record: TranscriptRecord } | { readonly error: TranscriptError } | null {
  let value: Json;
  try {
    value = parsed ?? (JSON.parse(line) as Json);
  } catch {
    if (line.trim() === '') return null;
    const at = jsonErrorAt(line);
    const found = at >= line.length || at < 0 ? 'the end of the line' : JSON.stringify(line[at]);
    return {
      error: {
        fileName,
        line: number,
        column: Math.max(at, 0) + 1,
        code: 'json',
        message: `not JSON: unexpected ${found}`,
      },
    };
  }
  return checkRecord(value, line, fileName, number);
}

/** True when the line has brackets enough for more than {@link MAX_DEPTH} levels; looking at the parsed value would cost more. */
function mayBeDeep(line: string): boolean {
  if (line.length <= 2 * MAX_DEPTH) return false;
  let left = MAX_DEPTH;
  for (const bracket of '{[') {
    for (let at = line.indexOf(bracket); at >= 0; at = line.indexOf(bracket, at + 1)) if (left-- === 0) return true;
  }
  return false;
}

function checkRecord(
  value: Json,
  line: string,
  fileName: string,
  number: number,
): { readonly record: TranscriptRecord } | { readonly error: TranscriptError } {
  const invalid = invalidity(value, mayBeDeep(line), line.includes('$'));
  if (invalid === null) return { record: value as unknown as TranscriptRecord };
  const at = invalid.key === null ? 0 : Math.max(0, line.indexOf(JSON.stringify(invalid.key)));
  return { error: { fileName, line: number, column: at + 1, code: 'record', message: invalid.message } };
}

export function tooLong(fileName: string, line: number, length: number, cap: number): TranscriptError {
  return {
    fileName,
    line,
    column: cap + 1,
    code: 'too-long',
    message: `the line has ${length} characters, more than ${cap}`,
  };
}

function headerErrors(
  records: readonly TranscriptRecord[],
  lines: readonly number[],
  fileName: string,
  cut: boolean,
  errors: TranscriptError[],
): void {
  const at = (i: number): { fileName: string; line: number; column: number } => ({
    fileName,
    line: lines[i] ?? 1,
    column: 1,
  });
  const first = records[0];
  if (first === undefined) {
    if (errors.length > 0) return;
    const message = cut ? 'no record: the only line is cut' : 'no record';
    errors.push({ ...at(0), code: 'empty', message });
  } else if (first.type !== 'header' && !errors.some((error) => error.line < (lines[0] ?? 1))) {
    errors.push({ ...at(0), code: 'header', message: `the first record must be a header, not ${first.type}` });
  }
  records.forEach((record, i) => {
    if (i > 0 && record.type === 'header') errors.push({ ...at(i), code: 'header', message: 'a second header' });
  });
}

/** The text of a file; the part after its last newline may end within a character, as a killed writer leaves it. */
function decode(bytes: Uint8Array, fileName: string, errors: TranscriptError[]): string | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = buffer.lastIndexOf(10) + 1;
  const tail = buffer.subarray(whole);
  try {
    const end = tail.toString('utf8');
    if (isUtf8(buffer.subarray(0, whole)) && (isUtf8(tail) || jsonErrorAt(end) !== -1)) {
      return buffer.toString('utf8', 0, whole) + end;
    }
  } catch {
    // Longer than a string may be.
  }
  errors.push(encodingError(buffer, fileName));
  return null;
}

/** Finds the first byte that is not UTF-8, line by line. */
function encodingError(buffer: Buffer, fileName: string): TranscriptError {
  let line = 1;
  for (let from = 0; from <= buffer.length; line++) {
    const newline = buffer.indexOf(10, from);
    const end = newline < 0 ? buffer.length : newline;
    const column = invalidUtf8Column(buffer.subarray(from, end));
    if (column !== null) return { fileName, line, column, code: 'encoding', message: 'not UTF-8' };
    from = end + 1;
  }
  return { fileName, line: 1, column: 1, code: 'encoding', message: 'not UTF-8 (or too large to decode)' };
}

/** 1-based column of the first ill-formed sequence, or null. */
export function invalidUtf8Column(line: Buffer): number | null {
  const text = line.toString('utf8');
  for (let at = text.indexOf('\uFFFD'); at >= 0; at = text.indexOf('\uFFFD', at + 1)) {
    const byte = Buffer.byteLength(text.slice(0, at), 'utf8');
    if (line.subarray(byte, byte + 3).toString('hex') !== 'efbfbd') return at + 1;
  }
  return null;
}
