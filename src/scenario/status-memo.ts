import type { DaemonStatus } from '../core/index.ts';
import type { Kernel } from '../kernel/kernel.ts';

interface Asked {
  readonly changes: number;
  /** Length of the trace then; null when everything was at rest, so that only a change can make it untrue. */
  readonly entries: number | null;
  readonly value: DaemonStatus | null;
}

/** The daemon's own account of itself, asked for only when it may be another one. */
export class StatusMemo {
  readonly #kernel: Kernel;
  readonly #ask: () => DaemonStatus | null;
  readonly #always: boolean;
  #asked: Asked | null = null;
  #atRest = false;
  /** The latest answer, and how many different ones there have been. */
  #value: DaemonStatus | null = null;
  #versions = 0;

  /** `always`: ask every time. */
  constructor(kernel: Kernel, ask: () => DaemonStatus | null, always: boolean) {
    this.#kernel = kernel;
    this.#ask = ask;
    this.#always = always;
  }

  /** What it said when it was last asked: before the present step, when nobody has asked in that. */
  get last(): DaemonStatus | null {
    return this.#asked?.value ?? null;
  }

  /** `changes`: a number that goes up with everything that may change the answer. */
  at(changes: number): DaemonStatus | null {
    const { length } = this.#kernel.trace;
    const known = this.#asked;
    const holds = known?.changes === changes && (known.entries === null || known.entries === length);
    if (holds && !this.#always) return known.value;
    const value = this.#ask();
    if (!isSame(value, this.#value)) {
      this.#value = value;
      this.#versions++;
    }
    this.#asked = { changes, entries: this.#atRest ? null : length, value: this.#value };
    return this.#value;
  }

  /** Goes up with each answer that is another one than the answer before. */
  get versions(): number {
    return this.#versions;
  }

  /** An event is over, and all that follows from it; or another one begins. */
  set atRest(atRest: boolean) {
    this.#atRest = atRest;
    if (atRest && this.#asked?.entries !== null) this.#asked = null;
  }
}

/** The daemon gives out the same objects for what has not changed. */
function isSame(one: DaemonStatus | null, other: DaemonStatus | null): boolean {
  if (!one || !other) return one === other;
  return (
    one.phase === other.phase &&
    one.locks === other.locks &&
    areSame(one.pairs, other.pairs) &&
    areSame(one.chats, other.chats)
  );
}

function areSame(ones: readonly object[], others: readonly object[]): boolean {
  if (ones.length !== others.length) return false;
  for (let index = 0; index < ones.length; index++) if (ones[index] !== others[index]) return false;
  return true;
}
