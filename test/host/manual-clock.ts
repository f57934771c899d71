import type { Clock } from '../../src/core/ports.ts';

/** Timers that fire when the test says so, in the order in which they were set. */
export interface ManualClock extends Clock {
  /** Purposes of the timers that wait. */
  readonly waiting: readonly string[];
  fireNext(): void;
}

export function manualClock(): ManualClock {
  const timers: { purpose: string; fire: () => void }[] = [];
  return {
    now: () => 0,
    monotonic: () => 0,
    timer(_delayMs, purpose, fire) {
      const timer = { purpose, fire };
      timers.push(timer);
      return {
        cancel() {
          const at = timers.indexOf(timer);
          if (at >= 0) timers.splice(at, 1);
        },
      };
    },
    get waiting() {
      return timers.map((timer) => timer.purpose);
    },
    fireNext() {
      const timer = timers.shift();
      if (!timer) throw new Error('no timer waits');
      timer.fire();
    },
  };
}
