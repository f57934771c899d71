/** Longest line kept, in UTF-16 code units. Real frames reach some MB (a patch, a file read by a tool). */
export const DEFAULT_MAX_LINE_LENGTH = 64 * 1024 * 1024;

export interface LineHandlers {
  /** A whole line without its end of line. Empty lines are delivered too. */
  line(text: string): void;
  /** A line longer than the cap ended; its text is gone, the stream goes on. `length` counts UTF-16 code units. */
  oversized(length: number): void;
}

/**
 * Cuts a stream of chunks into lines. Only LF ends a line (one CR before it is dropped): U+2028 and its like are
 * ordinary characters inside JSON strings. The cost is linear in the input, whatever the chunk sizes.
 */
export class LineSplitter {
  readonly #handlers: LineHandlers;
  readonly #maxLength: number;
  /** The unfinished line, in pieces: joining on each chunk would be quadratic. */
  #pieces: string[] = [];
  #length = 0;

  constructor(handlers: LineHandlers, maxLength = DEFAULT_MAX_LINE_LENGTH) {
    this.#handlers = handlers;
    this.#maxLength = maxLength;
  }

  push(chunk: string): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf('\n', start);
      if (end === -1) break;
      this.#add(chunk, start, end);
      this.#finish();
      start = end + 1;
    }
    this.#add(chunk, start, chunk.length);
  }

  /** The stream is over: delivers what follows the last end of line, if anything. */
  end(): void {
    if (this.#length > 0) this.#finish();
  }

  #add(chunk: string, start: number, end: number): void {
    if (start === end) return;
    this.#length += end - start;
    if (this.#length <= this.#maxLength) this.#pieces.push(chunk.slice(start, end));
    else this.#pieces = [];
  }

  #finish(): void {
    const length = this.#length;
    const text = this.#pieces.length === 1 ? this.#pieces[0]! : this.#pieces.join('');
    this.#pieces = [];
    this.#length = 0;
    if (length > this.#maxLength) this.#handlers.oversized(length);
    else this.#handlers.line(text.endsWith('\r') ? text.slice(0, -1) : text);
  }
}
