import { describe, expect, it } from 'vitest';
import { ChoiceList } from '../../src/kernel/choices.ts';
import { inMacrotask, runKernel } from '../../src/kernel/drain.ts';
import { Fence, Kernel, Lane, RunawayError } from '../../src/kernel/kernel.ts';

/** Runs a kernel whose events are plain callbacks. */
function runToRest(kernel: Kernel): void {
  while (kernel.step());
}

describe('Kernel', () => {
  it('jumps to the due time and runs ties first come, first served', () => {
    const kernel = new Kernel();
    const seen: string[] = [];
    const note = (name: string) => () => void seen.push(`${name}@${kernel.now}`);
    kernel.schedule(30_000, note('late'));
    kernel.schedule(5, note('a'));
    kernel.schedule(5, note('b'));
    kernel.schedule(0, note('now'));
    runToRest(kernel);
    expect(seen).toEqual(['now@0', 'a@5', 'b@5', 'late@30000']);
    expect(kernel.events).toBe(4);
  });

  it('runs a tie in the order the choices say, each named by its ordinal', () => {
    const order = (choices: ChoiceList) => {
      const kernel = new Kernel({ choices });
      const seen: number[] = [];
      for (let id = 0; id < 4; id++) kernel.schedule(1, () => void seen.push(id));
      runToRest(kernel);
      return seen;
    };
    expect(order(new ChoiceList([]))).toEqual([0, 1, 2, 3]);
    expect(order(new ChoiceList([['pick', 0, 2]]))).toEqual([2, 0, 1, 3]);
    expect(order(new ChoiceList([['pick', 1, 5]]))).toEqual([0, 3, 1, 2]);
  });

  it('asks for no choice where there is none: one event, one lane, or only dead rivals', () => {
    const choices = new ChoiceList([]);
    const kernel = new Kernel({ choices });
    const lane = new Lane();
    const fence = new Fence();
    kernel.schedule(1, () => {}, { lane });
    kernel.schedule(1, () => {}, { lane });
    kernel.schedule(1, () => {}, { fence });
    kernel.schedule(1, () => {}).cancel();
    fence.close();
    runToRest(kernel);
    expect(kernel.events).toBe(2);
    expect(choices.asked.pick).toBe(0);
  });

  it('leaves what is due after the bound, also within an instant that has begun', () => {
    const kernel = new Kernel();
    const seen: number[] = [];
    kernel.schedule(10, () => void seen.push(1));
    kernel.schedule(10, () => void seen.push(2));
    expect(kernel.step(9)).toBe(false);
    expect(kernel.now).toBe(0);
    expect(kernel.step(10)).toBe(true);
    expect(kernel.step(9)).toBe(false);
    kernel.schedule(0, () => void seen.push(3));
    runToRest(kernel);
    expect(seen).toEqual([1, 2, 3]);
  });

  it('takes something earlier that was scheduled after a bounded look at something later', () => {
    const kernel = new Kernel();
    const seen: string[] = [];
    kernel.schedule(5_000, () => void seen.push(`far@${kernel.now}`));
    expect(kernel.step(100)).toBe(false);
    kernel.schedule(50, () => void seen.push(`near@${kernel.now}`));
    runToRest(kernel);
    expect(seen).toEqual(['near@50', 'far@5000']);
  });

  it('names the cause: the entry before in the same event, else the last one when the event was scheduled', () => {
    const kernel = new Kernel({ keepTrace: true });
    kernel.record('user', 'start');
    kernel.schedule(1, () => {
      kernel.record('a', 'first');
      kernel.record('a', 'second');
      kernel.schedule(5, () => void kernel.record('a', 'third'));
    });
    kernel.schedule(2, () => {
      kernel.schedule(1, () => void kernel.record('b', 'other'));
    });
    runToRest(kernel);
    expect(kernel.trace.entries.map(({ type, cause }) => [type, cause])).toEqual([
      ['start', -1],
      ['first', 0],
      ['second', 1],
      ['other', 0],
      ['third', 2],
    ]);
  });

  it('gives no cause to what comes from outside once everything due has run', () => {
    const kernel = new Kernel({ keepTrace: true });
    kernel.schedule(1, () => void kernel.record('a', 'first'));
    while (kernel.step(10));
    kernel.schedule(1, () => void kernel.record('user', 'step'));
    runToRest(kernel);
    expect(kernel.trace.entries.map(({ type, cause }) => [type, cause])).toEqual([
      ['first', -1],
      ['step', -1],
    ]);
  });

  it('lets time pass where nothing is due, and not over something that is', () => {
    const kernel = new Kernel();
    const seen: number[] = [];
    const note = () => void seen.push(kernel.now);
    kernel.schedule(2_000, note);
    kernel.schedule(3_000, note).cancel();
    expect(() => kernel.advanceTo(2_000)).toThrow(/due by 2000 ms/);
    kernel.advanceTo(1_999);
    kernel.advanceTo(5);
    expect(kernel.now).toBe(1_999);
    kernel.schedule(0, note);
    kernel.schedule(1, note);
    runToRest(kernel);
    kernel.advanceTo(9_000);
    kernel.schedule(1_500, note);
    kernel.schedule(3, note);
    runToRest(kernel);
    expect(seen).toEqual([1_999, 2_000, 2_000, 9_003, 10_500]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses a delay of %d ms', (delay) => {
    expect(() => new Kernel().schedule(delay, () => {})).toThrow(RangeError);
  });

  it('ends a run that schedules for ever', () => {
    const kernel = new Kernel({ maxEvents: 1_000 });
    const again = (): void => void kernel.schedule(0, again);
    again();
    expect(() => runToRest(kernel)).toThrow(new RunawayError(1_000, 0));
    expect(kernel.now).toBe(0);
  });

  it('lets an error of an event out, with nothing of it left pending', async () => {
    const kernel = new Kernel();
    const seen: string[] = [];
    kernel.schedule(1, () => {
      void Promise.resolve().then(() => seen.push('reaction'));
      throw new Error('event failed');
    });
    kernel.schedule(2, () => void seen.push('next event'));
    const failed = inMacrotask(() => {
      try {
        runKernel(kernel);
        return 'no error';
      } catch (error) {
        return `${(error as Error).message}, ${seen.join()}`;
      }
    });
    expect(await failed).toBe('event failed, reaction');
    await inMacrotask(() => runKernel(kernel));
    expect(seen).toEqual(['reaction', 'next event']);
  });
});

describe('a fence that is held', () => {
  /** A fence, something that notes when and from what it was called, and what is scheduled under the fence. */
  function held() {
    const kernel = new Kernel({ keepTrace: true });
    const fence = new Fence();
    const seen: string[] = [];
    const note = (name: string) => () => void seen.push(`${name}@${kernel.now}`);
    fence.hold();
    return { kernel, fence, seen, note };
  }
  const asTheyCame = <T>(waiting: readonly T[]) => [...waiting];

  it('lets nothing run that is due under it, and everything else', () => {
    const { kernel, fence, seen, note } = held();
    kernel.schedule(5, note('held'), { fence });
    kernel.schedule(6, note('free'));
    kernel.schedule(7, note('of another'), { fence: new Fence() });
    runToRest(kernel);
    expect(seen).toEqual(['free@6', 'of another@7']);
    expect(kernel.events).toBe(2);
  });

  it('lets it run when it is released: in the order that is wanted, one in each event, with its own cause', () => {
    const { kernel, fence, seen, note } = held();
    const cause = kernel.record('user', 'asks');
    kernel.schedule(1, () => kernel.record('daemon', 'answers'), { fence, nature: 'timer' });
    kernel.schedule(2, note('later'), { fence });
    const cancelled = kernel.schedule(3, note('cancelled'), { fence });
    runToRest(kernel);
    cancelled.cancel();
    kernel.schedule(7, () =>
      kernel.release(fence, (waiting) => {
        expect(waiting.map(({ due, delayMs, nature }) => [due, delayMs, nature])).toEqual([
          [1, 1, 'timer'],
          [2, 2, 'input'],
        ]);
        return [...waiting].reverse();
      }),
    );
    runToRest(kernel);
    expect(seen).toEqual(['later@10']);
    expect(kernel.trace.entries.at(-1)).toMatchObject({ time: 10, type: 'answers', cause });
    expect(kernel.events).toBe(3);
    expect(fence.held).toBe(false);
  });

  it('lets what becomes due meanwhile run after what has waited, also on a lane', () => {
    const { kernel, fence, seen, note } = held();
    const lane = new Lane();
    const first = () => {
      note('first')();
      kernel.schedule(0, note('follows'), { fence });
    };
    kernel.schedule(1, first, { fence });
    kernel.schedule(2, note('a'), { fence, lane });
    kernel.schedule(10, () => kernel.release(fence, asTheyCame));
    kernel.schedule(10, note('b'), { fence, lane });
    runToRest(kernel);
    expect(seen).toEqual(['first@10', 'a@10', 'b@10', 'follows@10']);
  });

  it('can be closed: then nothing of it runs any more', () => {
    const { kernel, fence, seen, note } = held();
    kernel.schedule(1, () => fence.close(), { fence });
    kernel.schedule(2, note('a'), { fence });
    kernel.schedule(10, () => kernel.release(fence, asTheyCame));
    kernel.schedule(11, note('b'), { fence });
    runToRest(kernel);
    expect(seen).toEqual([]);
  });
});

describe('ChoiceList', () => {
  it('answers 0 for everything it does not mention, kind by kind', () => {
    const list = new ChoiceList([
      ['delay', 1, 7],
      ['pick', 0, 3],
    ]);
    expect([list.next('delay'), list.next('pick'), list.next('delay'), list.next('delay'), list.next('pick')]).toEqual([
      0, 3, 7, 0, 0,
    ]);
    expect(list.asked).toEqual({ pick: 2, delay: 3 });
  });

  it.each([[['pick', 0, 0]], [['pick', -1, 1]], [['delay', 0.5, 1]], [['delay', 0, Number.NaN]], [['coin', 0, 1]]])(
    'refuses %j',
    (choice) => {
      expect(() => new ChoiceList([choice as never])).toThrow(/choice 0/);
    },
  );

  it('refuses the same place twice', () => {
    const twice = () =>
      new ChoiceList([
        ['pick', 4, 1],
        ['pick', 4, 2],
      ]);
    expect(twice).toThrow(/choice 1 .*pick 4/);
  });
});
