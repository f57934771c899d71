/** Tells a task that nobody wants its outcome any more. */
export interface AbortNotice {
  readonly aborted: boolean;
  /** Calls back once when that happens, at once if it has. Returns how to stop listening. */
  onAbort(listener: () => void): () => void;
}

/** The side that gives the notice. `AbortSignal` without its events and its ambient timers. */
export class AbortSource implements AbortNotice {
  readonly #listeners = new Set<() => void>();
  #aborted = false;

  /** Gives the notice when `event` happens. */
  static after(event: Promise<unknown>): AbortSource {
    const source = new AbortSource();
    void event.then(() => source.abort());
    return source;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  onAbort(listener: () => void): () => void {
    if (this.#aborted) {
      listener();
      return () => {};
    }
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Idempotent. */
  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }
}
