/** Reads transcripts. Any bytes give a transcript or errors with line, column and byte; nothing throws. */
import { isUtf8 } from 'node:buffer';
import type { HeaderRecord, Json, LaneRecord, Transcript, TranscriptRecord } from './format.ts';
import { jsonErrorAt, tooDeepAt } from './json-error.ts';
import { bufferOf, invalidUtf8Column, LineFault, locate, type TranscriptError, tooLong } from './read-errors.ts';
import { invalidity, MAX_DEPTH } from './validate.ts';

export { formatTranscriptError, type TranscriptError } from './read-errors.ts';

export type ReadResult =
  | { readonly ok: true; readonly transcript: Transcript }
  | {
      readonly ok: false;
      readonly errors: readonly [TranscriptError, ...TranscriptError[]];
      /** What stands before the first error (`cut` is set), or null when no header does. */
      readonly before: Transcript | null;
    };

export interface ReadOptions {
  /** Longest line in UTF-16 units (for streams: bytes); default {@link MAX_LINE}. */
  readonly maxLine?: number;
}

/** Longest line unless told otherwise: 64 Mi. */
export const MAX_LINE = 64 * 1024 * 1024;
/** After so many errors the rest of the file is not looked at. */
const MAX_ERRORS = 20;

/**
 * Reads a whole transcript. Blank lines, `\r\n` and a byte order mark are accepted. A last line without its `\n` that is no JSON is what a
 * killed writer leaves: it is left out and `cut` is set.
 */
export function readTranscript(input: string | Uint8Array, fileName: string, options: ReadOptions = {}): ReadResult {
  const faults: LineFault[] = [];
  const decoded = typeof input === 'string' ? { text: input, fault: null } : decode(input);
  const text = decoded.text.startsWith('\uFEFF') ? decoded.text.slice(1) : decoded.text;
  const maxLine = options.maxLine ?? MAX_LINE;
  const records: TranscriptRecord[] = [];
  const lines: number[] = [];
  let cut = false;
  let line = 0;
  for (let from = 0; from < text.length && faults.length < MAX_ERRORS; ) {
    line++;
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    const length = end - from;
    if (length > maxLine) faults.push(tooLong(line, length, maxLine));
    else {
      const parsed = parseRecord(text.slice(from, end), line);
      if (parsed === null) {
        // A blank line.
      } else if (!(parsed instanceof LineFault)) {
        records.push(parsed);
        lines.push(line);
      } else if (newline < 0 && parsed.code === 'json') cut = true;
      else faults.push(parsed);
    }
    from = end + 1;
  }
  if (decoded.fault !== null && faults.length < MAX_ERRORS) faults.push(decoded.fault);
  faults.push(...headerFaults(records, lines, cut, faults));
  if (faults.length === 0) return { ok: true, transcript: transcriptOf(records, lines, fileName, cut) };
  const errors = locate(faults, input, fileName) as [TranscriptError, ...TranscriptError[]];
  return { ok: false, errors, before: before(errors[0], records, lines, fileName) };
}

/** The records before the first error, as a transcript; null when they do not begin with a header. */
export function before(
  error: TranscriptError,
  records: readonly TranscriptRecord[],
  lines: readonly number[],
  fileName: string,
): Transcript | null {
  const count = lines.filter((line) => line < error.line).length;
  if (count === 0 || records[0]?.type !== 'header') return null;
  return transcriptOf(records.slice(0, count), lines.slice(0, count), fileName, true);
}

/** Of records that begin with the header. */
export function transcriptOf(
  records: readonly TranscriptRecord[],
  lines: readonly number[],
  fileName: string,
  cut: boolean,
): Transcript {
  const [header, ...rest] = records;
  return { fileName, header: header as HeaderRecord, records: rest as LaneRecord[], lines: lines.slice(1), cut };
}

/** One line: a record, what is wrong with it, or null for a blank line. `parsed` is the line's value, when it is known already. */
export function parseRecord(line: string, number: number, parsed?: Json): TranscriptRecord | LineFault | null {
  const deepAt = tooDeepAt(line, MAX_DEPTH);
  if (deepAt >= 0) return new LineFault(number, deepAt + 1, 'record', `nested deeper than ${MAX_DEPTH} levels`);
  let value: Json;
  try {
    value = parsed ?? (JSON.parse(line) as Json);
  } catch {
    return jsonFault(line, number);
  }
  const invalid = invalidity(value, line.includes('$'));
  if (invalid === null) return value as unknown as TranscriptRecord;
  const at = invalid.key === null ? 0 : Math.max(0, line.indexOf(JSON.stringify(invalid.key)));
  return new LineFault(number, at + 1, 'record', invalid.message);
}

/** Null for a blank line. */
function jsonFault(line: string, number: number): LineFault | null {
  if (line.trim() === '') return null;
  const at = jsonErrorAt(line);
  const found = at >= line.length || at < 0 ? 'the end of the line' : JSON.stringify(line[at]);
  return new LineFault(number, Math.max(at, 0) + 1, 'json', `not JSON: unexpected ${found}`);
}

/** What is wrong with the order of records: the first one, and no other, is a header. */
export function headerFaults(
  records: readonly TranscriptRecord[],
  lines: readonly number[],
  cut: boolean,
  faults: readonly { readonly line: number }[],
): LineFault[] {
  const first = records[0];
  if (first === undefined) {
    if (faults.length > 0) return [];
    return [new LineFault(1, 1, 'empty', cut ? 'no record: the only line is cut' : 'no record')];
  }
  const found: LineFault[] = [];
  const fault = (i: number, message: string): void => {
    found.push(new LineFault(lines[i] ?? 1, 1, 'header', message));
  };
  const hidden = faults.some(({ line }) => line < (lines[0] ?? 1));
  if (first.type !== 'header' && !hidden) fault(0, `the first record must be a header, not ${first.type}`);
  for (let i = 1; i < records.length; i++) if (records[i]?.type === 'header') fault(i, 'a second header');
  return found;
}

/**
 * The text of a file up to the first line that is not UTF-8. The part after the last newline may end within a character, as a killed writer
 * leaves it.
 */
function decode(bytes: Uint8Array): { text: string; fault: LineFault | null } {
  const buffer = bufferOf(bytes);
  try {
    const whole = buffer.lastIndexOf(10) + 1;
    const tail = buffer.subarray(whole);
    const end = tail.toString('utf8');
    if (isUtf8(buffer.subarray(0, whole)) && (isUtf8(tail) || jsonErrorAt(end) !== -1)) {
      return { text: buffer.toString('utf8', 0, whole) + end, fault: null };
    }
    return decodeUpToFault(buffer);
  } catch {
    return { text: '', fault: new LineFault(1, 1, 'encoding', 'too large to be read at once: read it as a stream') };
  }
}

function decodeUpToFault(buffer: Buffer): { text: string; fault: LineFault | null } {
  let line = 1;
  for (let from = 0; ; line++) {
    const newline = buffer.indexOf(10, from);
    const end = newline < 0 ? buffer.length : newline;
    const column = invalidUtf8Column(buffer.subarray(from, end));
    if (column !== null || newline < 0) {
      return {
        text: buffer.toString('utf8', 0, from),
        fault: new LineFault(line, column ?? 1, 'encoding', 'not UTF-8'),
      };
    }
    from = newline + 1;
  }
}
