/** What can be wrong with the bytes of a transcript, and where. */
import { isUtf8 } from 'node:buffer';

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
  /** Bytes of the input before the place of the error (of a text: of its UTF-8 form). */
  readonly offset: number;
  /** Which piece of a stream completed the line, from 0; what is read whole has one piece. */
  readonly chunk: number;
  readonly code: TranscriptErrorCode;
  readonly message: string;
}

/** An error within a line of which it is not known yet where it begins. */
export class LineFault {
  readonly line: number;
  readonly column: number;
  readonly code: TranscriptErrorCode;
  readonly message: string;

  constructor(line: number, column: number, code: TranscriptErrorCode, message: string) {
    this.line = line;
    this.column = column;
    this.code = code;
    this.message = message;
  }
}

/** `file:line:column: message`, as compilers write it, and behind it the byte, and the chunk of a stream that came in several. */
export function formatTranscriptError(error: TranscriptError): string {
  return `${error.fileName}:${error.line}:${error.column}: ${error.message} (${bytePlace(error)})`;
}

/** Where in the bytes, e.g. `byte 4312, chunk 3`; what came in one piece has no chunks. */
export function bytePlace({ offset, chunk }: Pick<TranscriptError, 'offset' | 'chunk'>): string {
  return chunk === 0 ? `byte ${offset}` : `byte ${offset}, chunk ${chunk}`;
}

export function tooLong(line: number, length: number, cap: number): LineFault {
  return new LineFault(line, cap + 1, 'too-long', `the line has ${length} characters, more than ${cap}`);
}

/** The errors of an input that was read whole, in its order. One pass over the bytes, whatever the number of faults. */
export function locate(faults: readonly LineFault[], input: string | Uint8Array, fileName: string): TranscriptError[] {
  const bytes = typeof input === 'string' ? Buffer.from(input) : bufferOf(input);
  const sorted = [...faults].sort((a, b) => a.line - b.line || a.column - b.column);
  let line = 1;
  let start = 0;
  return sorted.map((fault) => {
    for (; line < fault.line; line++) start = bytes.indexOf(10, start) + 1;
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    return errorAt(fault, start + bytesBefore(bytes.subarray(start, end), fault), 0, fileName);
  });
}

/** The error of a fault; `offset` is that of its place, `chunk` as in {@link TranscriptError}. */
export function errorAt(fault: LineFault, offset: number, chunk: number, fileName: string): TranscriptError {
  const { line, column, code, message } = fault;
  return { fileName, line, column, offset, chunk, code, message };
}

/** Bytes of the line before the fault's column. The byte order mark of a file is in no column. */
export function bytesBefore(line: Uint8Array, fault: LineFault): number {
  const buffer = bufferOf(line);
  const mark = fault.line === 1 ? markLength(buffer) : 0;
  if (fault.column <= 1) return mark;
  // A character has at most three bytes for each UTF-16 unit; a column beyond the text counts as its end.
  const text = buffer.toString('utf8', mark, mark + 3 * fault.column);
  return mark + Buffer.byteLength(text.slice(0, fault.column - 1), 'utf8');
}

/** Length of the byte order mark that the bytes begin with: 3, or 0. */
export function markLength(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** The same memory as a Buffer. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** 1-based column of the first ill-formed sequence of a line, or null. Takes time linear in the line. */
export function invalidUtf8Column(line: Buffer): number | null {
  if (isUtf8(line)) return null;
  // How much of the beginning is valid, found by halves: each step is taken twice at most.
  let valid = 0;
  for (let step = line.length >> 1; step >= 1; step >>= 1) {
    const end = characterStart(line, valid + step);
    if (isUtf8(line.subarray(valid, end))) valid = end;
  }
  for (let whole = true; whole; ) {
    const length = [1, 2, 3, 4].find((n) => valid + n <= line.length && isUtf8(line.subarray(valid, valid + n)));
    whole = length !== undefined;
    valid += length ?? 0;
  }
  return line.toString('utf8', 0, valid).length + 1;
}

/** The last position up to `at` that is not inside a character. */
function characterStart(bytes: Buffer, at: number): number {
  let start = at;
  // Bytes 10xxxxxx go on with a character, which has three of them at most.
  while (start > at - 3 && start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--;
  return start;
}
