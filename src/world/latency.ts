import type { Kernel } from '../kernel/kernel.ts';

/** What a `delay` choice adds to a latency, in virtual ms: nothing, a little, a scheduler hiccup, a stall, a long stall. */
export const EXTRA_MS = [0, 1, 7, 60, 800] as const;

/** `usualMs`, or longer if the choice list says so. */
export function latency(kernel: Kernel, usualMs: number): number {
  return usualMs + EXTRA_MS[kernel.choose('delay', EXTRA_MS.length)]!;
}
