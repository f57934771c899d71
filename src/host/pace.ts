import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Real time for a scripted model (the `Pacer` of its handlers): waits are timers, gates are opened by the driver. A gate
 * that was opened stays open.
 */
export class RealPace {
  readonly #open = new Map<string, Deferred>();
  readonly #reached = new Map<string, Deferred>();
  readonly #stop = new AbortController();

  wait(ms: number, signal: AbortSignal): Promise<void> {
    return sleep(ms, undefined, { signal: AbortSignal.any([signal, this.#stop.signal]) });
  }

  async gate(name: string, signal: AbortSignal): Promise<void> {
    get(this.#reached, name).resolve();
    const given = rejection(AbortSignal.any([signal, this.#stop.signal]));
    await Promise.race([get(this.#open, name).promise, given]);
  }

  /** Lets everything pass that waits, or will wait, at this gate. */
  release(name: string): void {
    get(this.#open, name).resolve();
  }

  /** Resolves once an answer waits (or waited) at this gate: what the model said before is then on its way. */
  reached(name: string): Promise<void> {
    return get(this.#reached, name).promise;
  }

  /** Ends all waits; the answers that were waiting break off. */
  stop(): void {
    this.#stop.abort(new Error('the scripted model was stopped'));
  }
}

interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function get(map: Map<string, Deferred>, name: string): Deferred {
  const known = map.get(name);
  if (known) return known;
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  const fresh = { promise, resolve };
  map.set(name, fresh);
  return fresh;
}

const rejection = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
