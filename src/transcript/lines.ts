/** Splits a stream of bytes at `\n`, in time and memory linear in the input however long a line is, with a cap on its length. */

export type SplitLine =
  | { readonly kind: 'line'; readonly bytes: Buffer }
  /** A line over the cap; its bytes are dropped, `length` is how many there were. */
  | { readonly kind: 'too-long'; readonly length: number };

/** The least room that is made for a line of several chunks, in bytes. */
const ROOM = 1024;

export class LineSplitter {
  readonly #maxBytes: number;
  /** The beginning of an unfinished line is in the first `#length` bytes, unless it is over the cap. */
  #carry: Buffer = Buffer.alloc(0);
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that `chunk` completes, without their `\n`. The bytes may alias `chunk`. */
  push(chunk: Uint8Array): SplitLine[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: SplitLine[] = [];
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      lines.push(this.#take(bytes.subarray(from, end)));
      from = end + 1;
    }
    if (from < bytes.length) this.#keep(bytes.subarray(from));
    return lines;
  }

  /** The unfinished last line, or null. */
  end(): SplitLine | null {
    return this.#length === 0 ? null : this.#take(Buffer.alloc(0));
  }

  /** Room doubles, so that a line of many small chunks is copied about twice and takes about twice its length. */
  #keep(part: Buffer): void {
    const length = this.#length + part.length;
    if (length > this.#maxBytes) this.#carry = Buffer.alloc(0);
    else {
      if (length > this.#carry.length) {
        const room = Buffer.allocUnsafe(Math.max(ROOM, 2 * this.#carry.length, length));
        this.#carry.copy(room, 0, 0, this.#length);
        this.#carry = room;
      }
      part.copy(this.#carry, this.#length);
    }
    this.#length = length;
  }

  #take(last: Buffer): SplitLine {
    const length = this.#length + last.length;
    if (length > this.#maxBytes) {
      this.#carry = Buffer.alloc(0);
      this.#length = 0;
      return { kind: 'too-long', length };
    }
    if (this.#length === 0) return { kind: 'line', bytes: last };
    this.#keep(last);
    const bytes = this.#carry.subarray(0, length);
    // The line keeps its memory: the next one gets another.
    this.#carry = Buffer.alloc(0);
    this.#length = 0;
    return { kind: 'line', bytes };
  }
}
