import type { AgentRegistry } from '../agents.ts';
import type { DaemonConfig } from '../config.ts';
import type { Ports } from '../ports.ts';
import { CodexClient } from '../providers/codex/index.ts';
import { localFailure } from '../providers/failure.ts';
import { SharedClients } from '../providers/shared-clients.ts';
import type { Outcome } from '../providers/types.ts';
import type { Store } from '../store/store.ts';
import { Pair } from './pair.ts';

export interface PairRegistryOptions {
  readonly ports: Ports;
  readonly config: DaemonConfig;
  readonly store: Store;
  readonly agents: AgentRegistry;
  /** Resolves when the provider processes of earlier daemons are gone, or given up on: no app-server starts before. */
  readonly orphansReaped: () => Promise<void>;
  /** Called when a live app-server is lost, with the reason for people. */
  readonly onAppServerLost: (pairId: string, reason: string) => void;
}

/** All pairs of this daemon, and the app-servers that they share with whoever works on them. */
export class PairRegistry {
  readonly clients: SharedClients<CodexClient>;
  readonly #options: PairRegistryOptions;
  readonly #pairs = new Map<string, Pair>();
  #starts = 0;
  #stopping = false;

  constructor(options: PairRegistryOptions) {
    this.#options = options;
    this.clients = new SharedClients((pairId) => this.#startAppServer(pairId));
  }

  /** In order of their making. */
  all(): readonly Pair[] {
    return [...this.#pairs.values()];
  }

  get(pairId: string): Pair | undefined {
    return this.#pairs.get(pairId);
  }

  /** The pair on which this chat is homed. */
  home({ chatId, homePairId }: { readonly chatId: string; readonly homePairId: string }): Pair {
    const pair = this.#pairs.get(homePairId);
    if (!pair) throw new Error(`chat ${chatId} is homed on ${homePairId}, which does not exist`);
    return pair;
  }

  /** Brings back the pairs that are durable, without their app-servers. */
  load(): void {
    for (const pairId of this.#options.store.pairIds()) this.#add(pairId);
  }

  /** Begins to start the app-server of every pair. */
  startAll(): void {
    for (const pair of this.#pairs.values()) void pair.link.start();
  }

  /** Makes a pair and starts its app-server. Idempotent. */
  async ensure(pairId: string): Promise<void> {
    if (this.#pairs.has(pairId)) return;
    const pair = this.#add(pairId);
    await this.#options.store.addPair(pairId);
    await this.#options.orphansReaped();
    if (!this.#stopping) void pair.link.start();
  }

  /** Gives up all app-servers and all waiting, for good; `clients` still has to be closed. */
  stop(): void {
    this.#stopping = true;
    for (const pair of this.#pairs.values()) pair.stop();
  }

  #add(pairId: string): Pair {
    const { ports, config, onAppServerLost } = this.#options;
    const pair = new Pair({
      pairId,
      clients: this.clients,
      clock: ports.clock,
      log: ports.log,
      timers: config.timers,
      cwd: config.codex.cwd,
      onAppServerLost: (reason) => onAppServerLost(pairId, reason),
    });
    this.#pairs.set(pairId, pair);
    return pair;
  }

  async #startAppServer(pairId: string): Promise<Outcome<CodexClient>> {
    const { ports, config, agents, orphansReaped } = this.#options;
    const { initializeTimeoutMs, requestTimeoutMs } = config.timers;
    const lane = `codex ${pairId}#${++this.#starts}`;
    await orphansReaped();
    if (this.#stopping) return { ok: false, failure: localFailure('aborted', 'the daemon is shutting down', false) };
    return agents.start(lane, (onSpawned) =>
      CodexClient.start(ports, {
        command: config.codex,
        lane,
        onSpawned,
        clientInfo: { name: 'reprise', title: 'Reprise', version: '0.1.0' },
        initializeTimeoutMs,
        requestTimeoutMs,
      }),
    );
  }
}
