import { inMacrotask, runKernel } from '../../kernel/drain.ts';
import { Kernel } from '../../kernel/kernel.ts';
import { type Sleepers, startSleepers } from './sleepers.ts';

/** A kernel with the sleepers started on it, trace and hash on. */
export function kernelWith(size: Sleepers): { kernel: Kernel; finished: () => string } {
  const kernel = new Kernel({ maxEvents: Number.POSITIVE_INFINITY });
  const sleep = (ms: number) => new Promise<void>((resolve) => void kernel.schedule(ms, resolve));
  const woke = (actor: string) => void kernel.record(actor, 'woke');
  return { kernel, finished: startSleepers(size, { now: () => kernel.now, sleep, woke }) };
}

/** Runs the sleepers to their end on the kernel, with its synchronous drain. Returns their hash. */
export function sleepOnKernel(size: Sleepers): Promise<string> {
  return inMacrotask(() => {
    const { kernel, finished } = kernelWith(size);
    runKernel(kernel);
    return finished();
  });
}
