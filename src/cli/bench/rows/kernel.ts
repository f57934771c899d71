import { runKernelAsync } from '../../../kernel/drain.ts';
import { EventHeap } from '../../../kernel/event-heap.ts';
import { PendingEvent } from '../../../kernel/pending-event.ts';
import { kernelWith, sleepOnKernel } from '../kernel-sleepers.ts';
import type { Row, Sample } from '../row.ts';
import { type Sleepers, startSleepers } from '../sleepers.ts';

const MEASURED: Sleepers = { tasks: 1_000, sleeps: 500 };
const WARM_UP: Sleepers = { tasks: 1_000, sleeps: 50 };

/** Measures the second of two runs: the first is for the compiler. */
async function warm(run: (size: Sleepers) => Promise<string>): Promise<Sample> {
  await run(WARM_UP);
  const start = performance.now();
  const proof = await run(MEASURED);
  return { amount: MEASURED.tasks * MEASURED.sleeps, ms: performance.now() - start, proof };
}

/** The common way: a heap of due times, and one turn of the event loop to let promises react. No trace. */
async function setImmediateLoop(size: Sleepers): Promise<string> {
  const heap = new EventHeap();
  let now = 0;
  let seq = 0;
  const sleep = (ms: number) =>
    new Promise<void>((resolve) =>
      heap.push(new PendingEvent(now + ms, seq++, -1, resolve, undefined, undefined, 0, 'input')),
    );
  const finished = startSleepers(size, { now: () => now, sleep, woke() {} });
  const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));
  await turn();
  for (let event = heap.pop(); event; event = heap.pop()) {
    now = event.due;
    event.run!();
    await turn();
  }
  return finished();
}

async function drainedByTurns(size: Sleepers): Promise<string> {
  const { kernel, finished } = kernelWith(size);
  await runKernelAsync(kernel);
  return finished();
}

export const row: Row = {
  title: 'kernel alone: 1,000 tasks × 500 sleeps in real async code; the kernel with trace and hash',
  unit: ['event', 'events'],
  mechanisms: {
    'await setImmediate': () => warm(setImmediateLoop),
    kernel: () => warm(sleepOnKernel),
    'kernel without a synchronous drain': () => warm(drainedByTurns),
  },
  goals: [{ kind: 'faster', mechanism: 'kernel', factor: 3, than: 'await setImmediate' }],
};
