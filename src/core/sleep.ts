import type { Clock } from './ports.ts';

/** Resolves after `ms`. `purpose` names the timer. */
export function sleep(clock: Clock, ms: number, purpose: string): Promise<void> {
  return new Promise((resolve) => {
    clock.timer(ms, purpose, resolve);
  });
}
