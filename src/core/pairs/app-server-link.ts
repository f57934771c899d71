import type { Clock, Log, Timer } from '../ports.ts';
import type { Lease, SharedClient, SharedClients } from '../providers/shared-clients.ts';
import type { Outcome } from '../providers/types.ts';
import type { PairTimers } from './config.ts';

/** `starting`: a process is being started. `down`: none, another start is due. `stopped`: for good. */
export type LinkPhase = 'starting' | 'live' | 'down' | 'stopped';

export interface LinkOptions<Client extends SharedClient> {
  readonly key: string;
  readonly clients: SharedClients<Client>;
  readonly clock: Clock;
  readonly log: Log;
  readonly timers: PairTimers;
  readonly onLive: () => void;
  /** A live app-server was lost; the reason is for people. */
  readonly onLost: (reason: string) => void;
}

/**
 * Keeps one app-server running for one pair: holds a standing lease on it and starts another when it has ended, with
 * growing pauses. Only its own client's end moves it.
 */
export class AppServerLink<Client extends SharedClient> {
  readonly #options: LinkOptions<Client>;
  #phase: LinkPhase = 'starting';
  #lease: Lease<Client> | null = null;
  #reason = 'it has not been started yet';
  #pauseMs: number;
  /** Monotonic ms at which the present app-server became live. */
  #liveSince = 0;
  #restart: Timer | null = null;
  #starting: Promise<void> | null = null;

  constructor(options: LinkOptions<Client>) {
    this.#options = options;
    this.#pauseMs = options.timers.restartMinMs;
  }

  get phase(): LinkPhase {
    return this.#phase;
  }

  /** The client in use; null unless `live`. */
  get client(): Client | null {
    return this.#phase === 'live' ? (this.#lease?.client ?? null) : null;
  }

  /** Why there is no live app-server, for people. */
  get reason(): string {
    return this.#reason;
  }

  /** Starts the app-server now. Resolves when that succeeded or failed; a failure is followed by further attempts. */
  start(): Promise<void> {
    if (this.#phase === 'stopped' || this.#phase === 'live') return Promise.resolve();
    this.#starting ??= this.#start().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  /** Gives up the app-server for good. */
  stop(): void {
    this.#restart?.cancel();
    this.#phase = 'stopped';
    this.#lease?.release();
    this.#lease = null;
  }

  async #start(): Promise<void> {
    this.#restart?.cancel();
    this.#move('starting', this.#reason);
    const acquired = await this.#acquire();
    if (this.#hasStopped()) {
      if (acquired.ok) acquired.value.release();
      return;
    }
    if (!acquired.ok) {
      this.#goDown(acquired.failure.message);
      return;
    }
    const lease = acquired.value;
    this.#lease = lease;
    this.#liveSince = this.#options.clock.monotonic();
    this.#move('live', '');
    this.#options.onLive();
    lease.client.onEnd((end) => {
      if (this.#lease === lease && !this.#hasStopped()) this.#goDown(end.message);
    });
    lease.onRetired((why) => {
      if (this.#lease === lease && !this.#hasStopped()) this.#goDown(`it is being replaced: ${why}`);
    });
  }

  /** One that is to be replaced already, because its start options changed while it started, is no good to stand on. */
  async #acquire(): Promise<Outcome<Lease<Client>>> {
    const { clients, key } = this.#options;
    for (;;) {
      const acquired = await clients.acquire(key, `pair ${key}`);
      if (!acquired.ok || !acquired.value.retired || this.#hasStopped()) return acquired;
      acquired.value.release();
    }
  }

  // A function, so that the type checker does not assume that `await` leaves the phase as it was.
  #hasStopped(): boolean {
    return this.#phase === 'stopped';
  }

  #goDown(reason: string): void {
    const { clock, timers, key, onLost } = this.#options;
    const lost = this.#phase === 'live';
    // Only useful work shows that it is well: one that starts and dies at once must not start a storm (facts C2 L5, R3).
    if (lost && clock.monotonic() - this.#liveSince >= timers.stableMs) this.#pauseMs = timers.restartMinMs;
    const lease = this.#lease;
    // First: giving it back may end the client, and that must not be taken for another loss.
    this.#lease = null;
    lease?.release();
    this.#move('down', reason);
    this.#restart = clock.timer(this.#pauseMs, `restart app-server ${key}`, () => void this.start());
    this.#pauseMs = Math.min(this.#pauseMs * 2, timers.restartMaxMs);
    if (lost) onLost(reason);
  }

  #move(phase: LinkPhase, reason: string): void {
    this.#phase = phase;
    this.#reason = reason;
    this.#options.log.event('pair.app-server', { pair: this.#options.key, phase, reason });
  }
}
