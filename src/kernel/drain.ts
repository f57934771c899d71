import type { Kernel } from './kernel.ts';
import { realSetImmediate, runtimeProcess } from './runtime.ts';

/**
 * How promises are drained between two events. `tick-callback` runs microtasks and nextTicks to a fixed point at once,
 * without leaving the caller's turn of the event loop; `set-immediate` needs a turn of its own for each drain and is
 * the fallback where the first does not work (measured: design.md 3).
 */
export type DrainMethod = 'tick-callback' | 'set-immediate';

const tickCallback = runtimeProcess._tickCallback;

/**
 * Drains promise reactions and nextTicks completely, whatever their depth. Only works when called from a macrotask: see
 * {@link inMacrotask}. Throws when the runtime offers no synchronous drain, and what a nextTick callback throws.
 */
export function drain(): void {
  if (!tickCallback) throw new Error('this runtime cannot drain promises synchronously; use runKernelAsync');
  tickCallback.call(runtimeProcess);
}

/** Calls `body` from a macrotask, where {@link drain} works, and resolves with its result (or rejects with its error). */
export function inMacrotask<T>(body: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    realSetImmediate(() => {
      try {
        resolve(body());
      } catch (error) {
        reject(error);
      }
    });
  });
}

/** Finds out by trying: does a synchronous drain complete awaits and nextTicks that wait for each other? */
export async function probeDrain(): Promise<DrainMethod> {
  const sound = await inMacrotask(() => {
    if (!tickCallback) return false;
    let done = false;
    void (async () => {
      for (let round = 0; round < 20; round++) {
        for (let hop = 0; hop < 10; hop++) await null;
        await new Promise<void>((resolve) => runtimeProcess.nextTick(resolve));
      }
      done = true;
    })();
    drain();
    return done;
  });
  return sound ? 'tick-callback' : 'set-immediate';
}

/**
 * Throws when {@link drain} would do nothing here. Inside a promise reaction it does so silently, and every await of a
 * run would seem to hang. What is pending is drained. Costs less than 1 µs.
 */
export function requireMacrotask(): void {
  let drained = false;
  void Promise.resolve().then(() => {
    drained = true;
  });
  drain();
  if (!drained) throw new Error('a run was started from a promise reaction, where it cannot drain: use inMacrotask');
}

/**
 * Runs a kernel to rest, or until nothing is due by `untilMs`, in this turn of the event loop. Call it from a macrotask
 * ({@link inMacrotask}): elsewhere it throws, before any event has run. Whatever an event throws comes out of here, with
 * nothing left pending that could run behind the caller's back.
 */
export function runKernel(kernel: Kernel, untilMs?: number): void {
  requireMacrotask();
  try {
    while (kernel.step(untilMs)) drain();
  } catch (error) {
    drain();
    throw error;
  }
}

/** Same as {@link runKernel} for runtimes without a synchronous drain; several times slower. Same trace, same hash. */
export async function runKernelAsync(kernel: Kernel, untilMs?: number): Promise<void> {
  const turn = () => new Promise<void>((resolve) => void realSetImmediate(resolve));
  await turn();
  while (kernel.step(untilMs)) await turn();
}
