import type { Clock } from '../core/ports.ts';

/** Node's own timers fire at once when asked for more than this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's clocks and timers. */
export function createClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    timer(delayMs, _purpose, fire) {
      const due = performance.now() + delayMs;
      let handle: NodeJS.Timeout;
      const arm = (leftMs: number): void => {
        handle =
          leftMs > LONGEST_TIMER_MS
            ? setTimeout(() => arm(due - performance.now()), LONGEST_TIMER_MS)
            : setTimeout(fire, Math.max(0, leftMs));
      };
      arm(delayMs);
      return { cancel: () => clearTimeout(handle) };
    },
  };
}
