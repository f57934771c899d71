/** Identifiers as the app-server mints them, drawn from one counter of the machine: unique, and equal in every replay. */
export class CodexIds {
  #count = 0;

  /** UUID version 7: the wall clock in ms in front, then a number that grows with each id. */
  v7(nowMs: number): string {
    const count = ++this.#count;
    const time = nowMs.toString(16).padStart(12, '0');
    const mixed = (Math.imul(count, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
    const tail = count.toString(16).padStart(4, '0').slice(-4);
    return `${time.slice(0, 8)}-${time.slice(8)}-7${mixed.slice(0, 3)}-8${mixed.slice(3, 6)}-${mixed}${tail}`;
  }

  /** UUID version 4 syntax. */
  v4(): string {
    const count = ++this.#count;
    const mixed = (Math.imul(count, 0x85ebca77) >>> 0).toString(16).padStart(8, '0');
    const tail = count.toString(16).padStart(12, '0');
    return `${mixed}-${mixed.slice(0, 4)}-4${mixed.slice(4, 7)}-9${mixed.slice(5)}-${tail}`;
  }

  /** Number of an exec session: it looks like a pid but is none. */
  processId(): string {
    return String(10_000 + ((++this.#count * 7_919) % 89_999));
  }

  /** Six hexadecimal digits that head the output of a tool. */
  chunkId(): string {
    return (Math.imul(++this.#count, 0x9e3779b1) >>> 8).toString(16).padStart(6, '0').slice(-6);
  }
}
