import { describe, expect, it } from 'vitest';
import { drain, inMacrotask, runKernel } from '../../src/kernel/drain.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { guardStall, StallError } from '../../src/kernel/stall.ts';

/** Real ms: everything here either returns at once or never. */
const SOON = 500;
const NEVER = 60_000;

describe('guardStall', () => {
  it('hands over the result and the error of what returns', () => {
    expect(guardStall(NEVER, () => 'value')).toBe('value');
    expect(guardStall(NEVER, () => undefined)).toBeUndefined();
    const failing = () =>
      guardStall(NEVER, () => {
        throw new Error('inside');
      });
    expect(failing).toThrow('inside');
    expect(guardStall(NEVER, () => guardStall(NEVER, () => 1) + 1)).toBe(2);
  });

  it('breaks off a loop without an await', async () => {
    const spinning = inMacrotask(() =>
      guardStall(SOON, () => {
        for (;;);
      }),
    );
    await expect(spinning).rejects.toThrow(StallError);
  });

  it('breaks off awaits that never end, for good, and leaves the process fit for the next run', async () => {
    let turns = 0;
    const kernel = new Kernel();
    kernel.schedule(3, () => {
      void (async () => {
        for (;;) {
          // What the code does about errors makes no difference.
          try {
            await null;
          } finally {
            turns++;
          }
        }
      })();
    });
    const spinning = inMacrotask(() => guardStall(SOON, () => runKernel(kernel)));
    await expect(spinning).rejects.toThrow(/stalled/);
    expect(kernel.now).toBe(3);
    const before = turns;
    let alive = false;
    await inMacrotask(() => {
      void Promise.resolve().then(() => {
        alive = true;
      });
      drain();
    });
    expect(alive).toBe(true);
    expect(turns).toBe(before);
  });
});
