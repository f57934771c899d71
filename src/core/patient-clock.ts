import type { Clock, Timer } from './ports.ts';

/** A timer that waits once more for as long as it was late waits no longer than this (ms). */
const CATCH_UP_MS = 1_000;
/** Later than this (ms), and the daemon did not get to run again. */
const LATE_MS = 20;

/**
 * A clock whose timers do not mistake a pause of the daemon itself (a machine that slept, SIGSTOP, a busy event loop) for
 * silence of others. When such a pause ends, overdue timers may fire before what has come meanwhile is read (measured with
 * Node 20, 22 and 24: whenever the process was stopped while idle). So each timer, when it is due, lets what waits be
 * read first, for as long again as it is late, and fires then unless that has cancelled it.
 */
export class PatientClock implements Clock {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  timer(delayMs: number, purpose: string, fire: () => void): Timer {
    const clock = this.#clock;
    let timer: Timer;
    const arm = (ms: number, what: string, limitMs: number): void => {
      const due = clock.monotonic() + ms;
      timer = clock.timer(ms, what, () => {
        const lateMs = clock.monotonic() - due;
        if (lateMs < limitMs) fire();
        else arm(Math.max(0, Math.min(lateMs, CATCH_UP_MS)), `${purpose}, after what waits`, LATE_MS);
      });
    };
    // Also one that is not late: the pause may have ended just in time.
    arm(delayMs, purpose, Number.NEGATIVE_INFINITY);
    return { cancel: () => timer.cancel() };
  }
}
