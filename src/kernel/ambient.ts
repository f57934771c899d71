import { builtin } from './runtime.ts';

/** One property that leads to time, randomness, other threads or the outside world. */
export interface AmbientSource {
  /** The object where it is looked up; undefined where this runtime has none. */
  readonly owner: object | undefined;
  readonly key: PropertyKey;
  /** As people write it. */
  readonly name: string;
  /** What code under simulation does instead: a sentence. */
  readonly instead: string;
  /** `formatter`: a getter that makes a function for which `when` holds. `date`: the Date constructor, see the trap. */
  readonly shape: 'function' | 'getter' | 'constructor' | 'formatter' | 'date';
  /** Whether a call with these arguments is meant; all are when it is left out. */
  readonly when?: (args: readonly unknown[]) => boolean;
}

const TIME = 'Use the clock port (now, monotonic).';
const TIMER = 'Use the timer of the clock port.';
const RANDOM = 'Use the ids port, or a choice of the run.';
const NETWORK = 'Use the port that reaches the outside world.';
const TICK = 'Await a promise, or use queueMicrotask.';
const COLLECTOR = 'What the garbage collector does is not part of a run: keep an ordinary reference.';
const THREAD = 'Other threads and later turns of the event loop are not part of a run: use a port.';

const noDate = (args: readonly unknown[]) => args[0] === undefined;
const noArguments = (args: readonly unknown[]) => args.length === 0;
const noModificationTime = (args: readonly unknown[]) =>
  (args[2] as { lastModified?: unknown } | undefined)?.lastModified === undefined;

/**
 * Every ambient source that is watched, among them all that stay real under fake timers (facts: simulation anchors 5.3)
 * and what a drain cannot complete (5.2). Modules of Node that the code imports by name are watched as well.
 */
export function ambientSources(): AmbientSource[] {
  const global = globalThis as unknown as Record<string, { readonly prototype: object; readonly Now?: object }>;
  const { process, crypto, performance, AbortSignal } = globalThis;
  const nodeCrypto = builtin<object>('node:crypto');
  const timers = builtin<object>('node:timers');
  const timersPromises = builtin<{ readonly scheduler: object }>('node:timers/promises');
  const now = global.Temporal?.Now;
  const timerNames = ['setTimeout', 'setInterval', 'setImmediate'];
  const dateTimeFormat = Intl.DateTimeFormat.prototype;
  return [
    ...watch(globalThis, '', ['Date'], TIME, 'date', noArguments),
    ...watch(dateTimeFormat, 'Intl.DateTimeFormat ', ['format'], TIME, 'formatter', noDate),
    ...watch(dateTimeFormat, 'Intl.DateTimeFormat ', ['formatToParts'], TIME, 'function', noDate),
    ...watch(performance, 'performance.', ['now', 'mark', 'measure'], TIME),
    ...watch(performance, 'performance.', ['timeOrigin'], TIME, 'getter'),
    ...watch(global.Event?.prototype, 'Event ', ['timeStamp'], TIME, 'getter'),
    ...watch(globalThis, '', ['File'], TIME, 'constructor', noModificationTime),
    ...watch(now, 'Temporal.Now.', now ? Object.getOwnPropertyNames(now) : [], TIME),
    // Before hrtime itself: what stands in for that takes over its properties.
    ...watch(process.hrtime, 'process.hrtime.', ['bigint'], TIME),
    ...watch(process, 'process.', ['hrtime', 'uptime', 'cpuUsage', 'memoryUsage'], TIME),
    ...watch(globalThis, '', timerNames, TIMER),
    ...watch(timers, 'timers.', timerNames, TIMER),
    ...watch(timersPromises, 'timers/promises ', timerNames, TIMER),
    ...watch(timersPromises?.scheduler, 'timers/promises scheduler.', ['wait', 'yield'], TIMER),
    ...watch(AbortSignal, 'AbortSignal.', ['timeout'], TIMER),
    ...watch(process, 'process.', ['nextTick'], TICK),
    ...watch(Math, 'Math.', ['random'], RANDOM),
    ...watch(crypto, 'crypto.', ['randomUUID', 'getRandomValues'], RANDOM),
    ...watch(nodeCrypto, 'crypto.', ['randomUUID', 'randomBytes', 'randomInt'], RANDOM),
    ...watch(nodeCrypto, 'crypto.', ['randomFill', 'randomFillSync', 'generateKeyPairSync', 'generateKeySync'], RANDOM),
    ...watch(crypto.subtle, 'crypto.subtle.', ['digest', 'encrypt', 'decrypt', 'sign', 'verify'], THREAD),
    ...watch(crypto.subtle, 'crypto.subtle.', ['generateKey', 'deriveKey', 'deriveBits', 'importKey'], THREAD),
    ...watch(globalThis, '', ['MessageChannel', 'BroadcastChannel'], THREAD, 'constructor'),
    ...watch(globalThis, '', ['fetch'], NETWORK),
    ...watch(globalThis, '', ['WebSocket', 'EventSource'], NETWORK, 'constructor'),
    ...watch(globalThis, '', ['WeakRef', 'FinalizationRegistry'], COLLECTOR, 'constructor'),
  ];
}

function watch(
  owner: object | undefined,
  prefix: string,
  keys: readonly string[],
  instead: string,
  shape: AmbientSource['shape'] = 'function',
  when?: AmbientSource['when'],
): AmbientSource[] {
  return keys.map((key) => ({ owner, key, name: prefix + key, instead, shape, ...(when && { when }) }));
}
