import { EventEmitter, once } from 'node:events';
import { Readable } from 'node:stream';
import { getResponse, HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { drain, inMacrotask, probeDrain, runKernel, runKernelAsync } from '../../src/kernel/drain.ts';
import { Kernel } from '../../src/kernel/kernel.ts';

/** Starts `work`, drains once, and says whether it was finished then. */
function finishesInOneDrain(work: () => Promise<unknown>): Promise<boolean> {
  return inMacrotask(() => {
    let finished = false;
    void work().then(() => {
      finished = true;
    });
    drain();
    return finished;
  });
}

async function hops(count: number): Promise<void> {
  for (let hop = 0; hop < count; hop++) await null;
}

const tick = () => new Promise<void>((resolve) => process.nextTick(resolve));

async function* counting(to: number): AsyncGenerator<number> {
  for (let at = 0; at < to; at++) {
    await hops(3);
    yield at;
  }
}

const webStream = (chunks: number) =>
  new ReadableStream<string>({
    async start(controller) {
      for (let at = 0; at < chunks; at++) {
        await null;
        controller.enqueue(`chunk ${at}`);
      }
      controller.close();
    },
  });

const handlers = [
  http.get('http://provider.test/stream', () => {
    const bytes = webStream(20).pipeThrough(new TextEncoderStream());
    return new HttpResponse(bytes, { headers: { 'content-type': 'text/event-stream' } });
  }),
];

/** Everything of which facts (simulation anchors 5.2) say that the synchronous drain completes it. */
const complete: Record<string, () => Promise<unknown>> = {
  '1 await': () => hops(1),
  '60 awaits': () => hops(60),
  '100,000 awaits': () => hops(100_000),
  'awaits nested 2,000 deep': () => {
    const nest = async (depth: number): Promise<void> => (depth === 0 ? undefined : await nest(depth - 1));
    return nest(2_000);
  },
  'Promise.all, race, allSettled, any': () =>
    Promise.all([Promise.race([hops(70), hops(90)]), Promise.allSettled([hops(80)]), Promise.any([hops(60)])]),
  'async generator': async () => {
    for await (const _ of counting(50));
  },
  'thenables that are slow to settle': async () => {
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    await { then: (resolve: () => void) => void hops(50).then(resolve) };
  },
  'process.nextTick': tick,
  'nextTick and await in turns, 200 times': async () => {
    for (let at = 0; at < 200; at++) {
      await tick();
      await hops(3);
    }
  },
  'queueMicrotask in a chain': () =>
    new Promise<void>((resolve) => {
      const next = (left: number): void => (left === 0 ? resolve() : queueMicrotask(() => next(left - 1)));
      next(500);
    }),
  'Readable.from, 20 chunks': async () => {
    for await (const _ of Readable.from(counting(20)));
  },
  'web stream, 20 chunks, through a transform': async () => {
    for await (const _ of webStream(20).pipeThrough(new TextEncoderStream()));
  },
  'events.once': async () => {
    const emitter = new EventEmitter();
    void hops(5).then(() => emitter.emit('go'));
    await once(emitter, 'go');
  },
  'Response.json': () => new Response('{"a":1}').json(),
  'a streamed answer of msw, in-process': async () => {
    const response = await getResponse(handlers, new Request('http://provider.test/stream'));
    expect((await response!.text()).length).toBeGreaterThan(100);
  },
};

describe('drain', () => {
  it.each(Object.entries(complete))('completes %s', async (_name, work) => {
    expect(await finishesInOneDrain(work)).toBe(true);
  });

  it('does not pretend to complete what needs a turn of the event loop', async () => {
    expect(await finishesInOneDrain(() => new Promise((resolve) => setImmediate(resolve)))).toBe(false);
  });

  it('is found by the probe on this Node', async () => {
    expect(await probeDrain()).toBe('tick-callback');
  });
});

describe('inMacrotask', () => {
  it('hands over results and errors', async () => {
    expect(await inMacrotask(() => 5)).toBe(5);
    const failing = inMacrotask(() => {
      throw new Error('inside');
    });
    await expect(failing).rejects.toThrow('inside');
  });
});

/** Ten tasks that sleep, exchange values and record what they see. */
function startTasks(kernel: Kernel): void {
  const sleep = (ms: number) => new Promise<void>((resolve) => void kernel.schedule(ms, resolve));
  const board: number[] = [];
  const task = async (id: number): Promise<void> => {
    for await (const round of counting(20)) {
      await sleep((id * 7 + round * 3) % 5);
      board.push(id);
      await hops(id * 10);
      kernel.record(`task ${id}`, 'saw', `${round}: ${board.slice(-3).join()}`);
    }
  };
  for (let id = 0; id < 10; id++) void task(id);
}

describe('runKernel', () => {
  it('drains to a fixed point between any two events', async () => {
    const kernel = new Kernel({ keepTrace: true });
    for (const name of ['a', 'b']) {
      kernel.schedule(0, () => void hops(1_000).then(() => kernel.record(name, 'done')));
    }
    kernel.schedule(0, () => void kernel.record('c', 'done'));
    await inMacrotask(() => runKernel(kernel));
    expect(kernel.trace.entries.map((entry) => entry.actor)).toEqual(['a', 'b', 'c']);
  });

  it('gives the same trace as its asynchronous fallback', async () => {
    const [fast, slow] = [new Kernel({ keepTrace: true }), new Kernel({ keepTrace: true })];
    await inMacrotask(() => {
      startTasks(fast);
      runKernel(fast);
    });
    startTasks(slow);
    await runKernelAsync(slow);
    expect(fast.trace.length).toBe(200);
    expect(slow.trace.entries).toEqual(fast.trace.entries);
    expect(slow.trace.hash).toBe(fast.trace.hash);
  });

  it('stops at the bound and goes on from there', async () => {
    const [whole, parts] = [new Kernel(), new Kernel()];
    await inMacrotask(() => {
      startTasks(whole);
      runKernel(whole);
    });
    await inMacrotask(() => {
      startTasks(parts);
      for (let until = 0; until < 200; until += 7) {
        runKernel(parts, until);
        expect(parts.now).toBeLessThanOrEqual(until);
      }
    });
    expect(parts.trace.hash).toBe(whole.trace.hash);
  });

  it('refuses to run where it could not drain, before anything has happened', async () => {
    const kernel = new Kernel();
    let ran = false;
    kernel.schedule(0, () => {
      ran = true;
    });
    await null;
    expect(() => runKernel(kernel)).toThrow(/inMacrotask/);
    expect(ran).toBe(false);
  });

  it('can run inside an event of another kernel', async () => {
    const outer = new Kernel({ keepTrace: true });
    outer.schedule(1, () => {
      const inner = new Kernel();
      startTasks(inner);
      runKernel(inner);
      outer.record('outer', 'inner', String(inner.trace.length));
    });
    await inMacrotask(() => runKernel(outer));
    expect(outer.trace.entries[0]?.detail).toBe('200');
  });
});
