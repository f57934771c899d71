import type { DaemonTimers } from './config.ts';
import type { Clock, Ids, Log, Processes, ProcessIdentity } from './ports.ts';
import { isGone } from './process-identity.ts';
import type { ClientEnd, Outcome } from './providers/types.ts';
import type { AgentRow } from './store/rows.ts';
import type { Store } from './store/store.ts';
import { TimerGroup } from './timer-group.ts';

/** A provider client as far as its process is concerned. */
export interface AgentClient {
  readonly identity: ProcessIdentity;
  onEnd(listener: (end: ClientEnd) => void): unknown;
  /** Resolves when its process is gone or could not be ended. */
  close(): Promise<ClientEnd>;
}

export interface AgentRegistryPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly processes: Processes;
  readonly log: Log;
}

/**
 * Remembers which provider processes this daemon has started, durably, so that a daemon after a crash can end those that
 * outlived it: two processes on one thread or session would lose turns (facts/claude-wire.md 0.15).
 */
export class AgentRegistry {
  readonly #ports: AgentRegistryPorts;
  readonly #store: Store;
  readonly #timers: DaemonTimers;
  readonly #pauses: TimerGroup;
  readonly #forgetting = new Set<Promise<void>>();

  constructor(ports: AgentRegistryPorts, store: Store, timers: DaemonTimers) {
    this.#ports = ports;
    this.#store = store;
    this.#timers = timers;
    this.#pauses = new TimerGroup(ports.clock);
  }

  /**
   * Starts a client whose process is remembered from before it exists until it is gone. `start` must tell `onSpawned` of
   * the process as soon as there is one.
   */
  async start<Client extends AgentClient>(
    lane: string,
    start: (onSpawned: (identity: ProcessIdentity) => Promise<void>) => Promise<Outcome<Client>>,
  ): Promise<Outcome<Client>> {
    const agentId = this.#ports.ids.next('agent');
    await this.#store.announceAgent(agentId, lane);
    const started = await start((identity) => this.#store.identifyAgent(agentId, identity));
    if (!started.ok) {
      await this.#store.removeAgent(agentId);
      return started;
    }
    const client = started.value;
    client.onEnd(() => {
      const forgotten = this.#forget(agentId, client).finally(() => this.#forgetting.delete(forgotten));
      this.#forgetting.add(forgotten);
    });
    return started;
  }

  /** Ends the processes of earlier daemons that still run, by identity. Resolves when each is gone or given up on. */
  async reapOrphans(): Promise<void> {
    await Promise.all(this.#store.agents().map((agent) => this.#reap(agent)));
  }

  /** Stops waiting for orphans; those that are left are the next daemon's. */
  stop(): void {
    this.#pauses.stop();
  }

  /** Resolves when every client that has ended is forgotten: the database may be closed then. */
  async settled(): Promise<void> {
    await Promise.all(this.#forgetting);
  }

  /** A client may end long before its process, when its pipes break. */
  async #forget(agentId: string, client: AgentClient): Promise<void> {
    await client.close();
    if (await this.#isGone(client.identity)) await this.#store.removeAgent(agentId);
  }

  async #reap({ agentId, identity, lane }: AgentRow): Promise<void> {
    const { processes, log } = this.#ports;
    if (identity === null) {
      // It was being started when its daemon died; its pid is not known. Without a client it ends at end of file.
      await this.#pauses.sleep(this.#timers.orphanGraceMs, `unknown orphan ${lane}`);
      if (this.#pauses.stopped) return;
      await this.#store.removeAgent(agentId);
      return;
    }
    // Its pipes broke with its daemon: most end by themselves.
    let gone = await this.#isGoneSoon(identity);
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (gone || this.#pauses.stopped) break;
      const sent = await processes.signal(identity, signal, 'group');
      log.event('agent.orphan-signalled', { lane, pid: identity.pid, signal, sent });
      gone = await this.#isGoneSoon(identity);
    }
    if (gone) await this.#store.removeAgent(agentId);
    else log.event('agent.orphan-left', { lane, pid: identity.pid });
  }

  /** Looks at once, and again after the grace period. */
  async #isGoneSoon(identity: ProcessIdentity): Promise<boolean> {
    if (await this.#isGone(identity)) return true;
    await this.#pauses.sleep(this.#timers.orphanGraceMs, `orphan ${identity.pid}`);
    return this.#isGone(identity);
  }

  async #isGone(identity: ProcessIdentity): Promise<boolean> {
    return isGone(identity, await this.#ports.processes.inspect(identity.pid));
  }
}
