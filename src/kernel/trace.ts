/** One thing that happened, in order. `cause` is the `seq` of the entry that brought it about, or -1. */
export interface TraceEntry {
  readonly seq: number;
  /** Virtual ms since the start of the run. */
  readonly time: number;
  /** Who it happened to, e.g. `daemon#2`, `tmux`, `codex work#1`, `user`. */
  readonly actor: string;
  /** What, as a stable dotted name, e.g. `exec.start`. */
  readonly type: string;
  readonly detail: string;
  readonly cause: number;
}

/**
 * The hash-chained record of a run. Equal hashes mean equal entries in equal order. Entries are kept only on demand:
 * a campaign needs the hash alone.
 */
export class Trace {
  readonly entries: TraceEntry[] = [];
  readonly #keep: boolean;
  #length = 0;
  /** The hash: two lanes of 32 bits, each a permutation of its state for any input, crossed after each entry. */
  #low = 0x1e3779b9;
  #high = 0x243f6a88;

  constructor(keep: boolean) {
    this.#keep = keep;
  }

  /** Number of entries so far, kept or not; also the `seq` of the next one. */
  get length(): number {
    return this.#length;
  }

  add(time: number, actor: string, type: string, detail: string, cause: number): number {
    const seq = this.#length++;
    this.#mixNumber(time);
    this.#mixNumber(cause);
    this.#mixText(actor);
    this.#mixText(type);
    this.#mixText(detail);
    this.#cross();
    if (this.#keep) this.entries.push({ seq, time, actor, type, detail, cause });
    return seq;
  }

  /** 16 hexadecimal digits over every entry so far. Not for secrets: an adversary could find collisions. */
  get hash(): string {
    return hex(this.#high) + hex(this.#low);
  }

  /** An integer; what lies beyond 32 bits counts too. */
  #mixNumber(value: number): void {
    this.#mix(value | 0);
    if (value !== (value | 0)) this.#mix(Math.floor(value / 0x1_0000_0000));
  }

  #mixText(text: string): void {
    const { length } = text;
    let low = this.#low;
    let high = this.#high;
    // The length comes first, so that ("ab", "c") is not ("a", "bc"). Two UTF-16 units make one 32-bit word.
    let word = length;
    for (let index = 0; ; index += 2) {
      low = Math.imul(low ^ word, 0x9e3779b1);
      low ^= low >>> 15;
      high = Math.imul(high ^ word, 0x5f356495);
      high ^= high >>> 13;
      if (index >= length) break;
      word = text.charCodeAt(index);
      if (index + 1 < length) word |= text.charCodeAt(index + 1) << 16;
    }
    this.#low = low;
    this.#high = high;
  }

  #mix(word: number): void {
    const low = Math.imul(this.#low ^ word, 0x85ebca77);
    const high = Math.imul(this.#high ^ word, 0xc2b2ae3d);
    this.#low = low ^ (low >>> 15);
    this.#high = high ^ (high >>> 13);
  }

  #cross(): void {
    this.#high = (this.#high + this.#low) | 0;
    this.#low ^= (this.#high << 7) | (this.#high >>> 25);
  }
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
