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
  #low = 0x9e3779b9;
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
    this.#mix(time);
    this.#mixText(actor);
    this.#mixText(type);
    this.#mixText(detail);
    if (this.#keep) this.entries.push({ seq, time, actor, type, detail, cause });
    return seq;
  }

  /** 16 hexadecimal digits over every entry so far. */
  get hash(): string {
    return hex(this.#high) + hex(this.#low);
  }

  #mixText(text: string): void {
    let low = this.#low;
    let high = this.#high;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      low = Math.imul(low ^ unit, 0x9e3779b1);
      high = Math.imul(high ^ unit, 0x5f356495);
    }
    this.#low = low;
    this.#high = high;
    // The length separates ("ab", "c") from ("a", "bc").
    this.#mix(text.length);
  }

  #mix(value: number): void {
    let low = Math.imul(this.#low ^ value, 0x85ebca77);
    let high = Math.imul(this.#high ^ (value + low), 0xc2b2ae3d);
    low ^= low >>> 15;
    high ^= high >>> 13;
    this.#low = low ^ high;
    this.#high = high;
  }
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
