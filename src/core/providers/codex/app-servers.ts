import type { AgentRegistry } from '../../agents.ts';
import type { DaemonConfig } from '../../config.ts';
import type { Credential, Ports } from '../../ports.ts';
import type { AbortNotice } from '../abort.ts';
import { clientKey } from '../client-key.ts';
import { localFailure } from '../failure.ts';
import { SharedClients } from '../shared-clients.ts';
import type { Outcome } from '../types.ts';
import { CodexClient } from './client.ts';
import { TokenRefresher } from './token-refresh.ts';

export interface AppServersOptions {
  readonly ports: Ports;
  readonly config: DaemonConfig;
  readonly agents: AgentRegistry;
  /** Resolves when the provider processes of earlier daemons are gone, or given up on: no app-server starts before. */
  readonly orphansReaped: () => Promise<void>;
  /** No app-server is started any more. */
  readonly stopping: () => boolean;
}

/** The app-servers of one daemon, one for each pair; a pair's id is the purpose to ask for. */
export function appServers(options: AppServersOptions): SharedClients<CodexClient> {
  const { ports, config } = options;
  const { codex, timers } = config;
  const refresher = new TokenRefresher(ports, (accountId) => ports.credentials.refresh(accountId));
  let starts = 0;
  const queue = new StartQueue();
  return new SharedClients({
    clock: ports.clock,
    log: ports.log,
    idleMs: timers.idleClientMs,
    startPausesMs: timers.startPausesMs,
    resolve: (pairId) => {
      // Looked up once: key and process are of the same login, whatever changes while it starts (facts C1 S19).
      const credential = ports.credentials.current(pairId);
      return {
        key: clientKey(pairId, codex, credential),
        purpose: pairId,
        start: (initialized, abort) =>
          queue.next(pairId, () => {
            const lane = `codex ${pairId}#${++starts}`;
            return startAppServer(options, { lane, credential, refresher, initialized, abort });
          }),
      };
    },
  });
}

/**
 * One start of a pair's app-server at a time, and none before the last one that ended is gone: two processes must not
 * want one thread (facts B3 O29).
 */
class StartQueue {
  /** Until when the next start of each pair has to wait. */
  readonly #free = new Map<string, Promise<unknown>>();

  async next(pairId: string, start: () => Promise<Outcome<CodexClient>>): Promise<Outcome<CodexClient>> {
    const before = this.#free.get(pairId);
    const starting = (async () => {
      await before;
      return start();
    })();
    this.#free.set(pairId, starting);
    const started = await starting;
    if (started.ok) {
      const client = started.value;
      client.onEnd(() => this.#free.set(pairId, Promise.all([this.#free.get(pairId), client.close()])));
    }
    return started;
  }
}

interface Start {
  readonly lane: string;
  readonly credential: Credential;
  readonly refresher: TokenRefresher;
  readonly initialized: () => void;
  readonly abort: AbortNotice;
}

async function startAppServer(options: AppServersOptions, start: Start): Promise<Outcome<CodexClient>> {
  const { ports, config, agents, orphansReaped, stopping } = options;
  const { lane, credential, refresher, initialized, abort } = start;
  await orphansReaped();
  if (stopping() || abort.aborted) {
    return { ok: false, failure: localFailure('aborted', 'the daemon is shutting down', false) };
  }
  const { codex, timers } = config;
  const { accountId, env, tokens } = credential;
  const account = tokens && { tokens, refresh: () => refresher.refresh(accountId) };
  return agents.start(lane, (onSpawned) =>
    CodexClient.start(ports, {
      command: Object.keys(env).length === 0 ? codex : { ...codex, env: { ...codex.env, ...env } },
      lane,
      onSpawned,
      clientInfo: { name: 'reprise', title: 'Reprise', version: '0.1.0' },
      initializeTimeoutMs: timers.initializeTimeoutMs,
      requestTimeoutMs: timers.requestTimeoutMs,
      onInitialized: initialized,
      abort,
      ...(account ? { account } : {}),
    }),
  );
}
