import { type AcquireOptions, type SharedClient, SharedClients } from '../../src/core/providers/shared-clients.ts';
import type { ClientEnd, FailureClass, Outcome } from '../../src/core/providers/types.ts';
import { SteppedClock } from './stepped-clock.ts';

export class FakeClient implements SharedClient {
  end: ClientEnd | null = null;
  closes = 0;
  readonly key: string;
  readonly #listeners: ((end: ClientEnd) => void)[] = [];
  readonly #suspectListeners: ((reason: string) => void)[] = [];

  constructor(key: string) {
    this.key = key;
  }

  onEnd(listener: (end: ClientEnd) => void): void {
    if (this.end) listener(this.end);
    else this.#listeners.push(listener);
  }

  onSuspect(listener: (reason: string) => void): void {
    this.#suspectListeners.push(listener);
  }

  suspect(): void {
    for (const listener of this.#suspectListeners) listener('its login cannot be renewed');
  }

  /** Whether it answers when asked. */
  alive = false;

  async answers(): Promise<boolean> {
    return this.alive;
  }

  async close(): Promise<ClientEnd> {
    this.closes++;
    return this.finish('closed');
  }

  finish(kind: ClientEnd['kind']): ClientEnd {
    this.end ??= { kind, code: 0, signal: null, message: kind };
    for (const listener of this.#listeners.splice(0)) listener(this.end);
    return this.end;
  }
}

interface Waiting {
  readonly key: string;
  readonly initialized: () => void;
  readonly abort: { readonly aborted: boolean };
  readonly settle: (outcome: Outcome<FakeClient>) => void;
}

/** A registry whose starts wait for the test. */
export function setUp(startPausesMs: readonly number[] = []) {
  const started: FakeClient[] = [];
  const waiting: Waiting[] = [];
  const clock = new SteppedClock();
  const logged: string[] = [];
  const world = { fingerprint: 'one' };
  const clients = new SharedClients<FakeClient>({
    clock,
    log: { event: (type) => logged.push(type) },
    idleMs: 30_000,
    startPausesMs,
    resolve: (purpose) => {
      const key = `${purpose} ${world.fingerprint}`;
      return {
        key,
        purpose,
        start: (initialized, abort) =>
          new Promise((settle) => {
            waiting.push({ key, initialized, abort, settle });
          }),
      };
    },
  });
  const arrive = () => {
    const { key, settle } = waiting.shift()!;
    const client = new FakeClient(key);
    started.push(client);
    settle({ ok: true, value: client });
    return client;
  };
  const failToStart = (failureClass: FailureClass = 'timed-out') =>
    waiting.shift()!.settle({
      ok: false,
      failure: { class: failureClass, message: 'no', httpStatus: null, mayHaveRun: false },
    });
  return Object.assign(world, { clients, started, waiting, clock, logged, arrive, failToStart });
}

/** Several holders of one client. */
export async function leased(holders: number) {
  const world = setUp();
  const acquiring = Array.from({ length: holders }, (_, index) => world.clients.acquire('p1', `holder ${index}`));
  const client = world.arrive();
  const outcomes = await Promise.all(acquiring);
  const leases = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value] : []));
  return Object.assign(world, { client, leases });
}

export function deadlines(initializedWithinMs: number, readyWithinMs = initializedWithinMs): AcquireOptions {
  return { initializedWithinMs, readyWithinMs };
}
