import { expect, it } from 'vitest';
import { type QueuePlace, SerialQueue } from '../../../src/core/chats/serial-queue.ts';
import { SteppedClock } from '../stepped-clock.ts';

const never = () => new Promise<void>(() => {});

function bench(ms: number | null = 1_000) {
  const clock = new SteppedClock();
  const log: string[] = [];
  const cap = ms === null ? null : { clock, ms, purpose: 'cap' };
  const queue = new SerialQueue((error) => void log.push(String(error)), cap);
  const add = (name: string, task: (place: QueuePlace) => Promise<void> = async () => {}) =>
    queue.add(
      async (place) => {
        log.push(name);
        await task(place);
      },
      () => void log.push(`${name} stuck`),
    );
  return { clock, log, queue, add };
}

it('runs one task after another, also after one that failed', async () => {
  const { add, log, queue } = bench(null);
  void add('a', async () => {
    await Promise.resolve();
    log.push('a done');
    throw new Error('a failed');
  });
  expect(queue.idle).toBe(false);
  await add('b');
  expect(log).toEqual(['a', 'a done', 'Error: a failed', 'b']);
  expect(queue.idle).toBe(true);
});

it('goes on without a task that never ends, and tells it and its owner', async () => {
  const { add, log, clock, queue } = bench();
  let place: QueuePlace | null = null;
  const left = add('a', (its) => {
    place = its;
    return never();
  });
  const next = add('b');
  await clock.advance(999);
  expect([log, place!.current]).toEqual([['a'], true]);
  await clock.advance(1);
  await Promise.all([left, next]);
  expect([log, place!.current, queue.idle]).toEqual([['a', 'a stuck', 'b'], false, true]);
  expect(clock.waiting).toEqual([]);
});

it('gives a task the time that somebody else watches, and the whole cap again after that', async () => {
  const { add, log, clock } = bench();
  let place: QueuePlace | null = null;
  void add('a', (its) => {
    place = its;
    return never();
  });
  await clock.advance(900);
  place!.suspendCap();
  await clock.advance(50_000);
  expect(log).toEqual(['a']);
  place!.resumeCap();
  await clock.advance(999);
  expect(log).toEqual(['a']);
  await clock.advance(1);
  expect(log).toEqual(['a', 'a stuck']);
});

it('does not count the time that a task waits for its turn', async () => {
  const { add, log, clock } = bench();
  void add('a', never);
  void add('b', never);
  await clock.advance(1_999);
  expect(log).toEqual(['a', 'a stuck', 'b']);
  await clock.advance(1);
  expect(log).toEqual(['a', 'a stuck', 'b', 'b stuck']);
});
