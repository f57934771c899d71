import type { Clock, Timer } from '../../src/core/ports.ts';

/** Time that moves when a test says so; between two timers promises have their effects. */
export class SteppedClock implements Clock {
  #now = 0;
  #timers: { readonly at: number; readonly purpose: string; readonly fire: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  timer(delayMs: number, purpose: string, fire: () => void): Timer {
    const timer = { at: this.#now + delayMs, purpose, fire };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((each) => each !== timer);
      },
    };
  }

  /** Purposes of the timers that wait. */
  get waiting(): readonly string[] {
    return this.#timers.map(({ purpose }) => purpose);
  }

  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settled();
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((left, right) => left.at - right.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((each) => each !== next);
      this.#now = next.at;
      next.fire();
      await settled();
    }
    this.#now = until;
  }
}

/** Lets promises that are settled have their effects. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}
