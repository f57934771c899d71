import type { Clock, Log, Timer } from '../ports.ts';
import type { TimerGroup } from '../timer-group.ts';
import { type AbortNotice, AbortSource } from './abort.ts';
import { localFailure } from './failure.ts';
import type { AcquireOptions, Lease, SharedClient } from './shared-clients.ts';
import type { Failure, Outcome } from './types.ts';

/** No deadline of a waiter is shorter than this many ms (facts B1, O04: arithmetic must not become an instant time-out). */
const DEADLINE_FLOOR_MS = 100;

/** How to start one client. */
export interface ClientStart<Client extends SharedClient> {
  /** Everything that must be equal for one process to serve two purposes; without secrets (see `client-key.ts`). */
  readonly key: string;
  /** For logs: the purpose it serves. */
  readonly purpose: string;
  /**
   * Starts it; must not reject, and must have ended what it started when it fails. `initialized` is called after the
   * handshake; what follows is authentication. When `abort` is given nobody waits any more.
   */
  start(initialized: () => void, abort: AbortNotice): Promise<Outcome<Client>>;
}

interface EntryOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Stopped when the registry is closed. */
  readonly timers: TimerGroup;
  readonly idleMs: number;
  readonly startPausesMs: readonly number[];
  /** The entry does not serve anybody new. */
  readonly left: () => void;
  /** Its process is gone, and no other will be started. */
  readonly ended: () => void;
}

interface Waiter {
  initialized(): void;
}

/** @internal One physical client, from the decision to start it to its end. */
export class ClientEntry<Client extends SharedClient> {
  readonly leases = new Set<Lease<Client>>();
  readonly retireListeners: ((reason: string) => void)[] = [];
  readonly #start: ClientStart<Client>;
  readonly #options: EntryOptions;
  readonly #abort = new AbortSource();
  readonly #waiters = new Set<Waiter>();
  #started: Promise<Outcome<Client>> | null = null;
  #client: Client | null = null;
  #initialized = false;
  #retired = false;
  #idle: Timer | null = null;

  constructor(start: ClientStart<Client>, options: EntryOptions) {
    this.#start = start;
    this.#options = options;
  }

  /** What it was started for. */
  get purpose(): string {
    return this.#start.purpose;
  }

  get retired(): boolean {
    return this.#retired;
  }

  /** Acquirers that wait for the start. */
  get pending(): number {
    return this.#waiters.size;
  }

  begin(): void {
    this.#started = this.#startWithRetries();
    void this.#started.then((started) => this.#onStarted(started));
  }

  /** Waits for the client, no longer than `options` allow. `take` makes the waiter a user before anything else happens. */
  wait<T>(options: AcquireOptions, take: (client: Client) => T): Promise<Outcome<T>> {
    return new Promise((resolve) => {
      let timer: Timer | null = null;
      let unlisten: (() => void) | undefined;
      const settle = (started: Outcome<Client>): void => {
        if (!this.#waiters.has(waiter)) return;
        const ended = started.ok && started.value.end;
        const outcome = ended ? failed('transport', ended.message) : started;
        const taken = outcome.ok ? { ok: true as const, value: take(outcome.value) } : outcome;
        this.#waiters.delete(waiter);
        timer?.cancel();
        unlisten?.();
        resolve(taken);
        if (!taken.ok) this.#afterGivingUp();
      };
      const deadline = (ms: number | undefined, what: string): void => {
        timer?.cancel();
        if (ms === undefined) return;
        const late = failed('timed-out', `codex app-server ${what} timed out`);
        timer = this.#options.clock.timer(Math.max(ms, DEADLINE_FLOOR_MS), `acquire ${what}`, () => settle(late));
      };
      const waiter: Waiter = { initialized: () => deadline(options.readyWithinMs, 'authentication') };
      this.#waiters.add(waiter);
      if (this.#initialized) waiter.initialized();
      else deadline(options.initializedWithinMs, 'initialize');
      void this.#started?.then(settle);
      unlisten = options.abort?.onAbort(() => settle(failed('aborted', 'codex app-server startup aborted')));
    });
  }

  lease(lease: Lease<Client>): void {
    this.leases.add(lease);
    this.#idle?.cancel();
    this.#idle = null;
  }

  release(lease: Lease<Client>): void {
    if (this.leases.delete(lease)) this.#onUnused();
  }

  retire(reason: string): void {
    if (this.#retired) return;
    this.#retired = true;
    this.#options.left();
    this.#options.log.event('client.retired', { purpose: this.#start.purpose, reason, leases: this.leases.size });
    for (const listener of this.retireListeners) listener(reason);
    this.#closeIfUnused();
  }

  /** Ends the process, or its start, under everybody. Resolves when it is gone. */
  async closeNow(why: string): Promise<void> {
    this.#abort.abort();
    await this.#client?.close(why);
    await this.#started;
    await this.#client?.close(why);
  }

  /**
   * Silence alone is no proof: all its turns may wait for their users. One that does not answer a question now is ended
   * under everybody, so that nobody waits for it for ever (facts B3 O18).
   */
  async closeUnlessItAnswers(): Promise<void> {
    if (await this.#client?.answers()) return;
    await this.closeNow('codex app-server client is closed: it stopped answering');
  }

  async #startWithRetries(): Promise<Outcome<Client>> {
    for (let attempt = 0; ; attempt++) {
      const started = await this.#start.start(() => this.#onInitialized(), this.#abort);
      const pauseMs = this.#options.startPausesMs[attempt];
      // Only a process that broke off may do better next time; what it answered, or did not, stays as it is.
      if (started.ok || started.failure.class !== 'transport' || pauseMs === undefined) return started;
      this.#options.log.event('client.start-again', { purpose: this.#start.purpose, reason: started.failure.message });
      await this.#pause(pauseMs);
      if (this.#abort.aborted || this.#options.timers.stopped) return started;
    }
  }

  #pause(ms: number): Promise<void> {
    return Promise.race([
      this.#options.timers.sleep(ms, `start ${this.#start.purpose} again`),
      new Promise<void>((resolve) => this.#abort.onAbort(resolve)),
    ]);
  }

  #onInitialized(): void {
    if (this.#initialized) return;
    this.#initialized = true;
    for (const waiter of this.#waiters) waiter.initialized();
  }

  #onStarted(started: Outcome<Client>): void {
    if (!started.ok) {
      this.#options.left();
      this.#options.ended();
      return;
    }
    const client = started.value;
    this.#client = client;
    client.onEnd(() => this.#onEnd(client));
    client.onSuspect?.((reason) => this.retire(reason));
    // A client that arrives after it was given up is not kept.
    if (this.#abort.aborted) void client.close();
    else this.#onUnused();
  }

  #onEnd(client: Client): void {
    this.#idle?.cancel();
    this.#options.left();
    // Its pipes may be gone long before its process.
    void client.close().then(() => this.#options.ended());
  }

  /** When nobody waits for a start any more, it ends here, and what still arrives is closed. */
  #afterGivingUp(): void {
    if (this.pending > 0) return;
    if (this.#client) {
      this.#onUnused();
      return;
    }
    this.retire('nobody waits for it any more');
    this.#abort.abort();
  }

  #onUnused(): void {
    if (this.#closeIfUnused() || this.leases.size > 0 || this.pending > 0 || this.#client?.end) return;
    const { clock, idleMs } = this.#options;
    this.#idle?.cancel();
    this.#idle = clock.timer(idleMs, `idle ${this.#start.purpose}`, () => {
      if (this.leases.size === 0 && this.pending === 0) this.retire('nobody has used it for a while');
    });
  }

  #closeIfUnused(): boolean {
    if (!this.#retired || this.leases.size > 0 || this.pending > 0) return false;
    this.#idle?.cancel();
    void this.#client?.close();
    return true;
  }
}

function failed(failureClass: Failure['class'], message: string): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure: localFailure(failureClass, message, false) };
}
