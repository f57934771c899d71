/** Splits a stream of bytes at `\n`, in time linear in the input however long a line is, with a cap on its length. */

export type SplitLine =
  | { readonly kind: 'line'; readonly bytes: Buffer }
  /** A line over the cap; its bytes are dropped, `length` is how many there were. */
  | { readonly kind: 'too-long'; readonly length: number };

export class LineSplitter {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
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
      this.#add(bytes.subarray(from, end));
      lines.push(this.#take());
      from = end + 1;
    }
    this.#add(bytes.subarray(from));
    return lines;
  }

  /** The unfinished last line, or null. */
  end(): SplitLine | null {
    return this.#length === 0 ? null : this.#take();
  }

  #add(part: Buffer): void {
    if (part.length === 0) return;
    this.#length += part.length;
    if (this.#length > this.#maxBytes) this.#parts = [];
    else this.#parts.push(part);
  }

  #take(): SplitLine {
    const length = this.#length;
    const parts = this.#parts;
    this.#parts = [];
    this.#length = 0;
    if (length > this.#maxBytes) return { kind: 'too-long', length };
    return { kind: 'line', bytes: parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts) };
  }
}
