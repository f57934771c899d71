import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as importedTimer } from 'node:timers';
import { setTimeout as importedSleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { getResponse, HttpResponse, http } from 'msw';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { inMacrotask, runKernel, runKernelAsync } from '../../src/kernel/drain.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { EscapeError, EscapeTrap, type UnhandledError } from '../../src/kernel/trap.ts';

const trap = new EscapeTrap();
afterEach(() => trap.disarm());

/** Runs `body` as one event of a simulated run and returns what was reported. */
async function underTrap(body: () => unknown): Promise<(EscapeError | UnhandledError)[]> {
  const reported: (EscapeError | UnhandledError)[] = [];
  const kernel = new Kernel();
  kernel.schedule(1, () => void (async () => body())());
  await inMacrotask(() => {
    trap.arm((violation) => reported.push(violation));
    try {
      runKernel(kernel);
    } finally {
      trap.disarm();
    }
  });
  return reported;
}

/** The line of this file where the calls below stand is part of the expectation. */
const HERE = 'test/kernel/trap.test.ts';

/** Every source of facts (simulation anchors 5.3), and what a drain cannot complete; `name` as it is reported. */
const escapes: [name: string, use: () => unknown][] = [
  ['Date.now', () => Date.now()],
  ['Date.now', () => [1].map(Date.now)],
  ['new Date()', () => new Date()],
  ['new Date()', () => new (new Date(0).constructor as DateConstructor)()],
  ['new Date()', () => new (class extends Date {})()],
  ['Date()', () => Date()],
  ['Intl.DateTimeFormat format', () => new Intl.DateTimeFormat().format()],
  ['Intl.DateTimeFormat formatToParts', () => new Intl.DateTimeFormat().formatToParts()],
  ['performance.now', () => performance.now()],
  ['performance.mark', () => performance.mark('here')],
  ['performance.timeOrigin', () => performance.timeOrigin],
  ['Event timeStamp', () => new Event('x').timeStamp],
  ['new File()', () => new File([], 'x')],
  ['process.hrtime', () => process.hrtime()],
  ['process.hrtime.bigint', () => process.hrtime.bigint()],
  ['process.uptime', () => process.uptime()],
  ['process.memoryUsage', () => process.memoryUsage()],
  ['setTimeout', () => setTimeout(() => {}, 1)],
  ['setTimeout', () => importedTimer(() => {}, 1)],
  ['setInterval', () => setInterval(() => {}, 1)],
  ['setImmediate', () => setImmediate(() => {})],
  ['timers/promises setTimeout', () => importedSleep(1)],
  ['timers/promises setTimeout', () => promisify(setTimeout)(1)],
  ['AbortSignal.timeout', () => AbortSignal.timeout(1)],
  ['process.nextTick', () => process.nextTick(() => {})],
  ['Math.random', () => Math.random()],
  ['crypto.randomUUID', () => crypto.randomUUID()],
  ['crypto.getRandomValues', () => crypto.getRandomValues(new Uint8Array(1))],
  ['crypto.randomBytes', () => randomBytes(1)],
  ['crypto.subtle.digest', () => crypto.subtle.digest('SHA-256', new Uint8Array(1))],
  ['fetch', () => fetch('http://127.0.0.1:1/')],
  ['new MessageChannel()', () => new MessageChannel()],
  ['new BroadcastChannel()', () => new BroadcastChannel('x')],
  ['new WeakRef()', () => new WeakRef({})],
  ['new FinalizationRegistry()', () => new FinalizationRegistry(() => {})],
];

/** What looks alike and depends on its input alone. */
const harmless: [name: string, use: () => unknown, result: unknown][] = [
  ['new Date(ms)', () => new Date(5).toISOString(), '1970-01-01T00:00:00.005Z'],
  ['Date.parse', () => Date.parse('2020-01-01T00:00:00Z'), 1_577_836_800_000],
  ['Date.UTC', () => Date.UTC(2020, 0), 1_577_836_800_000],
  ['instanceof Date', () => new Date(0) instanceof Date, true],
  ['a formatter with a date', () => new Intl.DateTimeFormat('en', { timeZone: 'UTC' }).format(0), '1/1/1970'],
  ['new File with a time', () => new File([], 'x', { lastModified: 5 }).lastModified, 5],
  ['Math.max', () => Math.max(1, 2), 2],
];

describe('during a run', () => {
  it.each(escapes)('%s fails with the place of the caller (%s)', async (name, use) => {
    let thrown: unknown;
    const reported = await underTrap(() => {
      try {
        use();
      } catch (error) {
        thrown = error;
      }
    });
    expect(thrown).toBeInstanceOf(EscapeError);
    expect(reported).toEqual([thrown]);
    const violation = thrown as EscapeError;
    expect(violation.source).toBe(name);
    expect(violation.location).toMatch(new RegExp(`^${HERE}:\\d+:\\d+$`));
    expect(violation.message).toContain(`${violation.location}: ${name} was used during a simulated run.`);
  });

  it('names the very line', async () => {
    const marker = new Error('the next line escapes');
    const [violation] = await underTrap(() => Math.random());
    const line = Number(/trap\.test\.ts:(\d+)/.exec(marker.stack!)![1]) + 1;
    expect((violation as EscapeError).location).toMatch(new RegExp(`:${line}:\\d+$`));
  });

  it.each(harmless)('%s works', async (_name, use, result) => {
    let seen: unknown;
    expect(await underTrap(() => (seen = use()))).toEqual([]);
    expect(seen).toEqual(result);
  });

  it('reports what the code caught, in async code too', async () => {
    const reported = await underTrap(async () => {
      await null;
      await Promise.resolve(Date.now()).catch(() => 0);
    });
    expect(reported.map((violation) => violation.name)).toEqual(['EscapeError']);
  });

  it('reports what only a promise would have told, once', async () => {
    const reported = await underTrap(() => void new Promise((resolve) => setTimeout(resolve, 1)));
    expect(reported.map((violation) => violation.name)).toEqual(['EscapeError']);
  });

  it('lets Node itself and installed packages pass', async () => {
    const handlers = [
      http.post('http://provider.test/echo', async ({ request }) => HttpResponse.json(await request.json())),
    ];
    let echoed: unknown;
    let streamed = '';
    const reported = await underTrap(async () => {
      const request = new Request('http://provider.test/echo', { method: 'POST', body: '{"a":[1]}' });
      echoed = await (await getResponse(handlers, request))!.json();
      for await (const chunk of Readable.from(['a', 'b', 'c'])) streamed += chunk;
    });
    expect(reported).toEqual([]);
    expect([echoed, streamed]).toEqual([{ a: [1] }, 'abc']);
  });

  it('takes rejections that nobody handles, and errors thrown in callbacks, from the process', async () => {
    const reported = await underTrap(() => {
      void Promise.reject(new Error('lost'));
      queueMicrotask(() => {
        throw new Error('thrown');
      });
    });
    expect(reported.map((violation) => violation.message)).toEqual([
      'unhandled exception during a simulated run: thrown',
      'unhandled rejection during a simulated run: lost',
    ]);
    expect((reported[1] as Error).cause).toEqual(new Error('lost'));
    expect(reported[1]!.stack).toContain(HERE);
  });

  it('does not report a rejection that is handled before the event is over', async () => {
    const reported = await underTrap(async () => {
      const failing = Promise.reject(new Error('caught'));
      await null;
      await failing.catch(() => {});
    });
    expect(reported).toEqual([]);
  });

  it('holds under the asynchronous driver, whose own turns are not escapes', async () => {
    const reported: unknown[] = [];
    const kernel = new Kernel();
    kernel.schedule(1, () => void Promise.resolve().then(() => Math.random()));
    trap.arm((violation) => reported.push(violation));
    await runKernelAsync(kernel);
    trap.disarm();
    expect(reported).toHaveLength(1);
  });
});

describe('outside of a run', () => {
  it('everything works as before', async () => {
    await underTrap(() => {});
    expect(Math.abs(Date.parse(new Date().toISOString()) - Date.now())).toBeLessThan(60_000);
    expect(Date.name).toBe('Date');
    expect(setTimeout.length).toBeGreaterThan(0);
    await promisify(setTimeout)(0);
    await promisify(setImmediate)();
    await importedSleep(0);
    expect(crypto.randomUUID()).toMatch(/^[0-9a-f-]{36}$/);
    expect(new WeakRef({ a: 1 }).deref()).toEqual({ a: 1 });
    expect(Object.getPrototypeOf(new File(['x'], 'name'))).toBe(File.prototype);
  });

  it('one run at a time: a second trap cannot be armed, nor disarm the first', async () => {
    const other = new EscapeTrap();
    const reported: unknown[] = [];
    trap.arm((violation) => reported.push(violation));
    expect(() => other.arm(() => {})).toThrow(/one simulated run at a time/);
    expect(() => trap.arm(() => {})).toThrow(/one simulated run at a time/);
    other.disarm();
    expect(() => Math.random()).toThrow(EscapeError);
    trap.disarm();
    trap.disarm();
    expect(Math.random()).toBeLessThan(1);
    expect(reported).toHaveLength(1);
  });

  it('what a tool has put in the place of a source is watched too', async () => {
    await underTrap(() => {});
    vi.useFakeTimers({ now: 1_000 });
    try {
      expect(Date.now()).toBe(1_000);
      const kernel = new Kernel();
      const names: string[] = [];
      kernel.schedule(1, () => {
        for (const use of [() => Date.now(), () => new Date(), () => setTimeout(() => {}, 1)]) expect(use).toThrow();
      });
      trap.arm((violation) => names.push((violation as EscapeError).source));
      kernel.step();
      trap.disarm();
      expect(names).toEqual(['Date.now', 'new Date()', 'setTimeout']);
      let fired = 0;
      setTimeout(() => fired++, 50);
      vi.advanceTimersByTime(50);
      expect([fired, Date.now(), new Date().toISOString()]).toEqual([1, 1_050, '1970-01-01T00:00:01.050Z']);
    } finally {
      vi.useRealTimers();
    }
    expect(Date.now()).toBeGreaterThan(1_000_000);
    const reported = await underTrap(() => Date.now());
    expect(reported).toHaveLength(1);
  });
});
