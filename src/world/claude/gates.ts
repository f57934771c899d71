/** Points of a model's answer at which it waits until the driver of the scenario lets it go on. What was opened stays open. */
export class Gates {
  readonly #open = new Set<string>();
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Runs `go` now, or when the gate is opened. Returns how to stop waiting. */
  pass(name: string | undefined, go: () => void): () => void {
    if (name === undefined || this.#open.has(name)) {
      go();
      return () => {};
    }
    const waiting = this.#waiting.get(name) ?? new Set();
    this.#waiting.set(name, waiting.add(go));
    return () => waiting.delete(go);
  }

  /** True while an answer waits at this gate. */
  reached(name: string): boolean {
    return (this.#waiting.get(name)?.size ?? 0) > 0;
  }

  open(name: string): void {
    this.#open.add(name);
    const waiting = this.#waiting.get(name);
    this.#waiting.delete(name);
    for (const go of waiting ?? []) go();
  }
}
