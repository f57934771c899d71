import type { Clock, Log } from '../ports.ts';
import { TimerGroup } from '../timer-group.ts';
import type { AbortNotice } from './abort.ts';
import { type CleanupCause, cleanupAfter, type UsePhase } from './cleanup-policy.ts';
import { ClientEntry, type ClientStart } from './client-entry.ts';
import { localFailure } from './failure.ts';
import type { ClientEnd, Outcome } from './types.ts';

/** What the registry needs of a client. */
export interface SharedClient {
  /** How it ended, or null while it works. */
  readonly end: ClientEnd | null;
  /** `listener` is called once, when the client ends; at once if it has. */
  onEnd(listener: (end: ClientEnd) => void): unknown;
  /** `listener` is called once when the client finds out that nobody new should use it, at once if it has. */
  onSuspect?(listener: (reason: string) => void): void;
  /** Whether it answers a question that costs nothing. Never rejects. */
  answers(): Promise<boolean>;
  /** Ends the process and resolves when it is gone. Idempotent. `why` is for those who still used it. */
  close(why?: string): Promise<ClientEnd>;
}

/** What a user of a client says when it asks for one. All times in ms; without them the start's own bounds apply. */
export interface AcquireOptions {
  /** How long to wait for the handshake of the client. No deadline is shorter than 100 ms. */
  readonly initializedWithinMs?: number;
  /** How long to wait after that until it can be used (logged in). */
  readonly readyWithinMs?: number;
  /** The caller gives up. */
  readonly abort?: AbortNotice;
}

/** The right to use a shared client. */
export class Lease<Client extends SharedClient> {
  readonly client: Client;
  /** Who holds it, for logs. */
  readonly holder: string;
  readonly #entry: ClientEntry<Client>;

  /** @internal Made by {@link SharedClients.acquire}. */
  constructor(entry: ClientEntry<Client>, client: Client, holder: string) {
    this.#entry = entry;
    this.client = client;
    this.holder = holder;
  }

  /** The client serves nobody new: it was retired, perhaps while this holder waited for it. */
  get retired(): boolean {
    return this.#entry.retired;
  }

  /** `listener` is called with the reason when the client is retired: this holder should change over to a new one. */
  onRetired(listener: (reason: string) => void): void {
    this.#entry.retireListeners.push(listener);
  }

  /** Idempotent. The last one to release a retired client closes it. */
  release(): void {
    this.#entry.release(this);
  }

  /** Ends this use after a failure, with the consequences that `cleanup-policy.ts` says. */
  releaseAfter(cause: CleanupCause, phase: UsePhase): void {
    const cleanup = cleanupAfter(cause, phase);
    if (cleanup !== 'release') this.#entry.retire(`${this.holder}: ${cause}`);
    if (cleanup === 'fail-all') void this.#entry.closeUnlessItAnswers();
    this.release();
  }
}

export interface SharedClientsOptions<Client extends SharedClient> {
  readonly clock: Clock;
  readonly log: Log;
  /** Says what client serves this purpose now. Equal keys mean that one process may serve both. */
  readonly resolve: (purpose: string) => ClientStart<Client>;
  /** A client that nobody has leased for so long is retired. */
  readonly idleMs: number;
  /** Pauses before a start that broke off is tried again; their number bounds the attempts. */
  readonly startPausesMs: readonly number[];
}

/** What became of {@link SharedClients.clearIfUnclaimed}. */
export interface ClearReport {
  readonly found: boolean;
  readonly closed: boolean;
  readonly leases: number;
  readonly pending: number;
}

/**
 * Shares provider processes: at most one that is not retired for each key, and for each purpose. It owns their lifetime;
 * users hold leases. Rules and names: facts/pairs-and-shared-client.md B1.
 */
export class SharedClients<Client extends SharedClient> {
  readonly #options: SharedClientsOptions<Client>;
  readonly #entries = new Map<string, ClientEntry<Client>>();
  /** The key that served each purpose last. */
  readonly #keys = new Map<string, string>();
  /** Entries with a process or a start under way, retired ones included. */
  readonly #running = new Set<ClientEntry<Client>>();
  readonly #timers: TimerGroup;
  #closed = false;

  constructor(options: SharedClientsOptions<Client>) {
    this.#options = options;
    this.#timers = new TimerGroup(options.clock);
  }

  /**
   * Joins the client that serves `purpose` or starts one. A failed start fails everyone who waits for it. Whoever gives
   * up waiting (deadline, abort) leaves the others alone; a start that nobody waits for is ended.
   */
  async acquire(purpose: string, holder: string, options: AcquireOptions = {}): Promise<Outcome<Lease<Client>>> {
    if (this.#closed) return { ok: false, failure: localFailure('aborted', 'the daemon is shutting down', false) };
    const entry = this.#current(purpose);
    return entry.wait(options, (client) => {
      const lease = new Lease(entry, client, holder);
      entry.lease(lease);
      return lease;
    });
  }

  /** Nobody new gets the client of this purpose; it is closed when its last user is done. */
  retire(purpose: string, reason: string): void {
    this.#entryOf(purpose)?.retire(reason);
  }

  /**
   * Closes the client of this purpose at once, whoever uses it, and those that were retired and still have users.
   * Resolves when their processes are gone.
   */
  async clear(purpose: string, reason: string): Promise<void> {
    const present = this.#entryOf(purpose);
    const entries = [...this.#running].filter((entry) => entry === present || entry.purpose === purpose);
    for (const entry of entries) entry.retire(reason);
    await Promise.all(entries.map((entry) => entry.closeNow(`codex app-server client is closed: ${reason}`)));
  }

  /** Closes the client of this purpose unless somebody has it or waits for it. */
  clearIfUnclaimed(purpose: string, reason: string): ClearReport {
    const entry = this.#entryOf(purpose);
    if (!entry) return { found: false, closed: false, leases: 0, pending: 0 };
    const { leases, pending } = entry;
    const closed = leases.size === 0 && pending === 0;
    if (closed) entry.retire(reason);
    return { found: true, closed, leases: leases.size, pending };
  }

  /** Closes everything and resolves when all processes are gone. Later acquires fail. */
  async closeAll(): Promise<void> {
    this.#closed = true;
    this.#timers.stop();
    const running = [...this.#running];
    for (const entry of running) entry.retire('the daemon is shutting down');
    await Promise.all(running.map((entry) => entry.closeNow('the daemon is shutting down')));
  }

  #entryOf(purpose: string): ClientEntry<Client> | undefined {
    const key = this.#keys.get(purpose);
    return key === undefined ? undefined : this.#entries.get(key);
  }

  /** The entry that may serve this purpose now. One that served it under another key (account, secret) is retired. */
  #current(purpose: string): ClientEntry<Client> {
    const start = this.#options.resolve(purpose);
    const before = this.#keys.get(purpose);
    if (before !== undefined && before !== start.key) this.#entries.get(before)?.retire('its start options changed');
    this.#keys.set(purpose, start.key);
    return this.#entries.get(start.key) ?? this.#open(start);
  }

  #open(start: ClientStart<Client>): ClientEntry<Client> {
    const { clock, log, idleMs, startPausesMs } = this.#options;
    const entry = new ClientEntry(start, {
      clock,
      log,
      timers: this.#timers,
      idleMs,
      startPausesMs,
      left: () => {
        if (this.#entries.get(start.key) === entry) this.#entries.delete(start.key);
      },
      ended: () => this.#running.delete(entry),
    });
    this.#entries.set(start.key, entry);
    this.#running.add(entry);
    entry.begin();
    return entry;
  }
}
