import { setTimeout as sleep } from 'node:timers/promises';

/** Something that was expected did not happen. Both parts are for people. */
export class Unexpected extends Error {
  readonly expected: string;
  readonly seen: string;

  constructor(expected: string, seen: string) {
    super(`expected ${expected}; seen: ${seen}`);
    this.expected = expected;
    this.seen = seen;
  }
}

/** Throws {@link Unexpected} unless `holds`. */
export function expect(holds: boolean, expected: string, seen: unknown): asserts holds {
  if (!holds) throw new Unexpected(expected, typeof seen === 'string' ? seen : JSON.stringify(seen));
}

/** Some of what is waited for announces itself, some (a process, another program's session) has to be looked at. */
const LOOK_AGAIN_MS = 25;

/** Waits for what the daemon, the providers and tmux do. The cap is there for failures; nothing is timed by it. */
export class Watch {
  readonly #patienceMs: number;
  readonly #stop: AbortSignal;
  #waiters: (() => void)[] = [];

  /** `stop` ends all waiting. */
  constructor(patienceMs: number, stop: AbortSignal) {
    this.#patienceMs = patienceMs;
    this.#stop = stop;
  }

  /** Something happened: those who wait look again, after the code that is running now. */
  readonly pulse = (): void => {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter();
  };

  /** Resolves with what `look` sees as soon as that is not null. `what` completes "expected …". */
  async until<Seen>(what: string, look: () => Seen | null | Promise<Seen | null>): Promise<Seen> {
    const deadline = performance.now() + this.#patienceMs;
    for (;;) {
      this.#stop.throwIfAborted();
      const seen = await look();
      if (seen !== null) return seen;
      if (performance.now() > deadline)
        throw new Unexpected(what, `nothing of it within ${this.#patienceMs / 1_000} s`);
      await this.#next();
    }
  }

  /** The same for a promise that somebody else settles. */
  async of<Value>(what: string, promise: Promise<Value>): Promise<Value> {
    let outcome: { readonly value: Value } | { readonly error: unknown } | null = null;
    promise.then(
      (value) => {
        outcome = { value };
        this.pulse();
      },
      (error: unknown) => {
        outcome = { error };
        this.pulse();
      },
    );
    const settled = await this.until(what, () => outcome as { value: Value } | { error: unknown } | null);
    if ('error' in settled) throw settled.error;
    return settled.value;
  }

  async #next(): Promise<void> {
    const done = new AbortController();
    const pulse = new Promise<void>((resolve) => this.#waiters.push(resolve));
    await Promise.race([pulse, sleep(LOOK_AGAIN_MS, undefined, { signal: done.signal }).catch(() => {})]);
    done.abort();
  }
}
