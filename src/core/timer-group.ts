import type { Clock, Timer } from './ports.ts';

/** Timers of one owner. When it stops, none of them fires any more, and whoever sleeps is woken at once. */
export class TimerGroup {
  readonly #clock: Clock;
  /** What to do with each armed timer when its owner stops. */
  readonly #stops = new Set<() => void>();
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Calls `fire` in `ms`, unless its owner stops before. `purpose` names the timer. */
  after(ms: number, purpose: string, fire: () => void): void {
    this.#arm(ms, purpose, fire, () => {});
  }

  /** Resolves in `ms`, or when its owner stops. */
  sleep(ms: number, purpose: string): Promise<void> {
    return new Promise((resolve) => this.#arm(ms, purpose, resolve, resolve));
  }

  stop(): void {
    this.#stopped = true;
    for (const stop of this.#stops) stop();
    this.#stops.clear();
  }

  #arm(ms: number, purpose: string, fire: () => void, onStop: () => void): void {
    if (this.#stopped) {
      onStop();
      return;
    }
    const timer: Timer = this.#clock.timer(ms, purpose, () => {
      this.#stops.delete(stop);
      fire();
    });
    const stop = (): void => {
      timer.cancel();
      onStop();
    };
    this.#stops.add(stop);
  }
}
