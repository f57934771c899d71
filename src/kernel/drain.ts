import type { Kernel } from './kernel.ts';

/**
 * How promises are drained between two events. `tick-callback` runs microtasks and nextTicks to a fixed point at once,
 * without leaving the caller's turn of the event loop; `set-immediate` needs a turn of its own for each drain and is
 * the fallback where the first does not work (measured: design.md 3).
 */
export type DrainMethod = 'tick-callback' | 'set-immediate';

const { setImmediate } = globalThis;
const tickCallback = (globalThis.process as { _tickCallback?: () => void } | undefined)?._tickCallback;

/**
 * Drains promise reactions and nextTicks completely, whatever their depth. Only works when called from a macrotask: see
 * {@link inMacrotask}. Throws when the runtime offers no synchronous drain.
 */
export function drain(): void {
  if (!tickCallback) throw new Error('this runtime cannot drain promises synchronously; use runKernelAsync');
  tickCallback.call(globalThis.process);
}

/** Calls `body` from a macrotask, where {@link drain} works, and resolves with its result (or rejects with its error). */
export function inMacrotask<T>(body: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(body());
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** Finds out by trying: does a synchronous drain complete a chain of 100 awaits with nextTicks in between? */
export async function probeDrain(): Promise<DrainMethod> {
  const sound = await inMacrotask(() => {
    if (!tickCallback) return false;
    let done = false;
    void (async () => {
      for (let hop = 0; hop < 100; hop++) await null;
      await new Promise<void>((resolve) => globalThis.process.nextTick(resolve));
      done = true;
    })();
    drain();
    return done;
  });
  return sound ? 'tick-callback' : 'set-immediate';
}

/** Runs a kernel to rest, or to `untilMs`, in this turn of the event loop. Call it from a macrotask. */
export function runKernel(kernel: Kernel, untilMs?: number): void {
  drain();
  while (kernel.step(untilMs)) drain();
}

/** Same as {@link runKernel} for runtimes without a synchronous drain; several times slower. */
export async function runKernelAsync(kernel: Kernel, untilMs?: number): Promise<void> {
  const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));
  await turn();
  while (kernel.step(untilMs)) await turn();
}
