/** Identifiers of a run: counters of the machine, so that they are unique across daemons and equal in every replay. */
export class WorldIds {
  readonly #counters = new Map<string, number>();

  next(kind: string): string {
    const count = (this.#counters.get(kind) ?? 0) + 1;
    this.#counters.set(kind, count);
    return `${kind}_${count}`;
  }

  /** Version 4 syntax; the counter is in the last group. */
  uuid(): string {
    const count = Number(this.next('uuid').slice('uuid_'.length));
    return `00000000-0000-4000-8000-${count.toString(16).padStart(12, '0')}`;
  }
}
