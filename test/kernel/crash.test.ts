import { describe, expect, it } from 'vitest';
import { inMacrotask, runKernel } from '../../src/kernel/drain.ts';
import { Fence, Kernel, Lane } from '../../src/kernel/kernel.ts';

/**
 * A daemon as small as can be, on ports that are fenced the way every port must be: what is due when the fence is closed
 * never arrives, and what is asked after that is never answered.
 */
class Incarnation {
  readonly #kernel: Kernel;
  readonly #name: string;
  readonly fence = new Fence();
  /** What outlives a crash. */
  readonly #disk: string[];

  constructor(kernel: Kernel, name: string, disk: string[]) {
    this.#kernel = kernel;
    this.#name = name;
    this.#disk = disk;
  }

  call(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#kernel.schedule(ms, resolve, { fence: this.fence }));
  }

  timer(ms: number, fire: () => void): void {
    this.#kernel.schedule(ms, fire, { fence: this.fence });
  }

  write(line: string): void {
    if (this.fence.closed) return;
    this.#disk.push(`${this.#name} ${line}@${this.#kernel.now}`);
  }

  start(): void {
    void this.#worker();
    void this.#generator();
    this.timer(25, () => this.write('one-shot'));
    const every = (): void => {
      this.write('beat');
      this.timer(10, every);
    };
    this.timer(10, every);
  }

  async #worker(): Promise<void> {
    try {
      for (;;) {
        await this.call(7);
        this.write('work');
      }
    } finally {
      this.write('cleanup');
    }
  }

  async #generator(): Promise<void> {
    const self = this;
    async function* steps(): AsyncGenerator<number> {
      try {
        for (let step = 0; ; step++) {
          await Promise.all([self.call(9), self.call(4)]);
          yield step;
        }
      } finally {
        self.write('generator closed');
      }
    }
    for await (const step of steps()) this.write(`step ${step}`);
  }
}

describe('a crash', () => {
  it('ends everything of that incarnation, at every possible instant, and nothing of the next', async () => {
    for (let crashAt = 0; crashAt <= 40; crashAt++) {
      const kernel = new Kernel();
      const disk: string[] = [];
      let writtenBefore = -1;
      await inMacrotask(() => {
        const first = new Incarnation(kernel, 'first', disk);
        const second = new Incarnation(kernel, 'second', disk);
        first.start();
        kernel.schedule(crashAt, () => {
          first.fence.close();
          writtenBefore = disk.length;
        });
        kernel.schedule(crashAt + 5, () => second.start());
        runKernel(kernel, crashAt + 40);
      });
      const after = disk.slice(writtenBefore);
      expect(disk.slice(0, writtenBefore).every((line) => line.startsWith('first'))).toBe(true);
      expect(after.filter((line) => line.startsWith('first'))).toEqual([]);
      // The restart worked: 5 beats less the first 10 ms, works and steps at their own pace.
      expect(after.filter((line) => line.startsWith('second beat'))).toHaveLength(3);
      expect(disk.join()).not.toMatch(/cleanup|closed/);
    }
  });

  it('drops completions that were due in the very instant of the crash, but not those before it', async () => {
    const kernel = new Kernel();
    const fence = new Fence();
    const seen: string[] = [];
    const at = (ms: number, what: string) =>
      kernel.schedule(ms, () => void Promise.resolve().then(() => seen.push(what)), { fence });
    at(5, 'before');
    kernel.schedule(5, () => fence.close());
    at(5, 'same instant');
    at(6, 'after');
    await inMacrotask(() => runKernel(kernel));
    expect(seen).toEqual(['before']);
    expect(kernel.events).toBe(2);
  });

  it('drops what is scheduled under a fence that is closed already, without holding up its lane', async () => {
    const kernel = new Kernel();
    const fence = new Fence();
    const lane = new Lane();
    fence.close();
    const seen: string[] = [];
    kernel.schedule(1, () => void seen.push('dead'), { fence, lane });
    kernel.schedule(1, () => void seen.push('alive'), { lane });
    await inMacrotask(() => runKernel(kernel));
    expect(seen).toEqual(['alive']);
  });
});
