import { cleanupAfter } from './cleanup-policy.ts';
import { localFailure } from './failure.ts';
import type { ClientEnd, FailureClass, Outcome } from './types.ts';

/** What the registry needs of a client. */
export interface SharedClient {
  /** How it ended, or null while it works. */
  readonly end: ClientEnd | null;
  /** `listener` is called once, when the client ends; at once if it has. */
  onEnd(listener: (end: ClientEnd) => void): unknown;
  /** Ends the process and resolves when it is gone. Idempotent. */
  close(): Promise<ClientEnd>;
}

/** The right to use a shared client. */
export class Lease<Client extends SharedClient> {
  readonly client: Client;
  /** Who holds it, for logs. */
  readonly holder: string;
  readonly #entry: Entry<Client>;

  /** @internal Made by {@link SharedClients.acquire}. */
  constructor(entry: Entry<Client>, client: Client, holder: string) {
    this.#entry = entry;
    this.client = client;
    this.holder = holder;
  }

  /** `listener` is called when the client is retired: this holder should change over to a new one. */
  onRetired(listener: () => void): void {
    this.#entry.retireListeners.push(listener);
  }

  /** Idempotent. The last one to release a retired client closes it. */
  release(): void {
    if (this.#entry.leases.delete(this)) closeIfIdle(this.#entry);
  }

  /** Ends this use after a failure, with the consequences that `cleanup-policy.ts` says. */
  releaseAfter(failure: FailureClass): void {
    if (cleanupAfter(failure) === 'retire') this.#entry.retire();
    this.release();
  }
}

/** @internal One physical client, from the decision to start it to its end. */
interface Entry<Client extends SharedClient> {
  readonly key: string;
  readonly leases: Set<Lease<Client>>;
  readonly retireListeners: (() => void)[];
  client: Client | null;
  /** Acquirers that wait for the start. */
  pending: number;
  retired: boolean;
  starting: Promise<Outcome<Client>>;
  retire(): void;
}

/**
 * Shares provider processes: at most one that is not retired for each key. It owns their lifetime; users hold leases.
 */
export class SharedClients<Client extends SharedClient> {
  readonly #entries = new Map<string, Entry<Client>>();
  /** Every client that still runs, retired ones included. */
  readonly #running = new Set<Client>();
  readonly #start: (key: string) => Promise<Outcome<Client>>;
  #closed = false;

  /** `start` makes the client of a key; it must not reject. */
  constructor(start: (key: string) => Promise<Outcome<Client>>) {
    this.#start = start;
  }

  /** Joins the client of this key or starts one. A failed start fails everyone who waits for it. */
  async acquire(key: string, holder: string): Promise<Outcome<Lease<Client>>> {
    if (this.#closed) return { ok: false, failure: localFailure('aborted', 'the daemon is shutting down', false) };
    const entry = this.#entries.get(key) ?? this.#open(key);
    entry.pending++;
    const started = await entry.starting;
    entry.pending--;
    if (!started.ok) return started;
    if (started.value.end) return { ok: false, failure: localFailure('transport', started.value.end.message, false) };
    const lease = new Lease(entry, started.value, holder);
    entry.leases.add(lease);
    return { ok: true, value: lease };
  }

  /** Closes everything and resolves when all processes are gone. Later acquires fail. */
  async closeAll(): Promise<void> {
    this.#closed = true;
    const starting = [...this.#entries.values()].map((entry) => entry.starting);
    this.#entries.clear();
    await Promise.all([...this.#running].map((client) => client.close()));
    // Those that were still starting when this began.
    await Promise.all(starting);
    await Promise.all([...this.#running].map((client) => client.close()));
  }

  #open(key: string): Entry<Client> {
    const entry: Entry<Client> = {
      key,
      leases: new Set(),
      retireListeners: [],
      client: null,
      pending: 0,
      retired: false,
      starting: this.#start(key),
      retire: () => {
        if (entry.retired) return;
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
        entry.retired = true;
        for (const listener of entry.retireListeners) listener();
        closeIfIdle(entry);
      },
    };
    this.#entries.set(key, entry);
    void entry.starting.then((started) => this.#onStarted(entry, started));
    return entry;
  }

  #onStarted(entry: Entry<Client>, started: Outcome<Client>): void {
    if (!started.ok) {
      if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
      return;
    }
    const client = started.value;
    entry.client = client;
    this.#running.add(client);
    client.onEnd(() => {
      this.#running.delete(client);
      if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
    });
    // A client that arrives after it was given up is not kept.
    closeIfIdle(entry);
  }
}

function closeIfIdle<Client extends SharedClient>(entry: Entry<Client>): void {
  if (entry.retired && entry.leases.size === 0 && entry.pending === 0) void entry.client?.close();
}
