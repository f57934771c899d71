import { AgentRegistry } from './agents.ts';
import { Delivery } from './chats/delivery.ts';
import { ChatRegistry, type NewChat, type SendResult } from './chats/registry.ts';
import type { DaemonConfig } from './config.ts';
import { type HelperResult, runHelper } from './helpers.ts';
import { PairRegistry } from './pairs/registry.ts';
import type { Ports } from './ports.ts';
import { localFailure } from './providers/failure.ts';
import type { Decision } from './providers/types.ts';
import { TmuxBackend } from './sessions/backends/tmux.ts';
import { Restorer } from './sessions/restore.ts';
import { Terminals } from './sessions/terminals.ts';
import { chatView, type DaemonPhase, type DaemonStatus, pairStatus } from './status.ts';
import { Store } from './store/store.ts';

/** The orchestrator: pairs, chats, their terminals and their providers. */
export class Daemon {
  readonly #ports: Ports;
  readonly #store: Store;
  readonly #agents: AgentRegistry;
  readonly #pairs: PairRegistry;
  readonly #chats: ChatRegistry;
  readonly #terminals: Terminals;
  readonly #restorer: Restorer;
  #phase: DaemonPhase = 'starting';
  /** The provider processes of earlier daemons are gone, or given up on. */
  #orphansReaped: Promise<void> = Promise.resolve();
  #restored: Promise<void> = Promise.resolve();

  private constructor(ports: Ports, config: DaemonConfig) {
    this.#ports = ports;
    const { clock, exec, processes, log, frontend } = ports;
    const { timers, owner, worker, tmux } = config;
    const orphansReaped = () => this.#orphansReaped;
    const store = new Store(ports.database);
    const agents = new AgentRegistry(ports, store, timers);
    const pairs = new PairRegistry({
      ports,
      config,
      store,
      agents,
      orphansReaped,
      onAppServerLost: (pairId, reason) => this.#tellOfLoss(pairId, reason),
    });
    const backend = new TmuxBackend(
      { exec, processes },
      { ...tmux, owner, probeTimeoutMs: timers.probeTimeoutMs, changeTimeoutMs: timers.changeTimeoutMs },
    );
    const terminals = new Terminals({ backend, store, clock, processes, log, timers, owner, worker });
    const delivery = new Delivery({ store, frontend, log, terminals });
    const restorer = new Restorer({
      store,
      terminals,
      delivery,
      frontend,
      clock,
      log,
      timers,
      onEnded: (chat) => pairs.home(chat).release(chat.chatId),
    });
    this.#chats = new ChatRegistry({
      ports,
      config,
      store,
      agents,
      pairs,
      terminals,
      delivery,
      restorer,
      orphansReaped,
      phase: () => this.#phase,
    });
    this.#store = store;
    this.#agents = agents;
    this.#pairs = pairs;
    this.#terminals = terminals;
    this.#restorer = restorer;
  }

  /** Loads what is durable and begins to restore it; messages are taken as soon as this resolves. */
  static async start(ports: Ports, config: DaemonConfig): Promise<Daemon> {
    const daemon = new Daemon(ports, config);
    await daemon.#store.open();
    // Before messages are loaded: none may be sent until this has settled.
    daemon.#orphansReaped = daemon.#agents.reapOrphans();
    daemon.#pairs.load();
    await daemon.#chats.load();
    daemon.#restored = daemon.#restore();
    return daemon;
  }

  /** Resolves when every terminal has been looked at once and the app-servers have been asked to start. */
  get restored(): Promise<void> {
    return this.#restored;
  }

  status(): DaemonStatus {
    return {
      phase: this.#phase,
      pairs: this.#pairs.all().map(pairStatus),
      chats: this.#chats.all().map((chat) => chatView(chat, this.#pairs.home(chat), this.#phase)),
    };
  }

  /** Makes a pair and starts its app-server. Idempotent. */
  ensurePair(pairId: string): Promise<void> {
    return this.#pairs.ensure(pairId);
  }

  /** Opens a chat homed on an existing pair. Rejects when the pair is unknown or the chat exists. */
  openChat(request: NewChat): Promise<void> {
    return this.#chats.open(request);
  }

  /** A front end connects: the chat claims its pair's TUI if that is free, and gets its terminal. */
  attach(chatId: string): void {
    this.#chats.attach(chatId);
  }

  /** A front end went away; its chat stays. Its claim is kept for a while. */
  detach(chatId: string): void {
    this.#chats.detach(chatId);
  }

  /** Takes a message, or says why not. Resolves once that is durable. Asking twice with one id is asking once. */
  send(chatId: string, messageId: string, text: string): Promise<SendResult> {
    return this.#chats.send(chatId, messageId, text);
  }

  /** Answers an approval. False when nothing waits for it. */
  answer(chatId: string, approvalId: string, decision: Decision): boolean {
    return this.#chats.answer(chatId, approvalId, decision);
  }

  /** Asks for the end of the running turn, or of the one that is about to begin, if there is one. */
  interrupt(chatId: string): Promise<void> {
    return this.#chats.interrupt(chatId);
  }

  /** Closes a chat for good and ends its terminal. Resolves when the wish is durable; the rest follows. */
  close(chatId: string): Promise<void> {
    return this.#chats.close(chatId);
  }

  /** Seats a terminal user interface on a pair. False when another one sits there or there is no such pair. */
  connectTui(pairId: string, token: string): boolean {
    return this.#pairs.get(pairId)?.connectTui(token) ?? false;
  }

  disconnectTui(pairId: string, token: string): void {
    const chatId = this.#pairs.get(pairId)?.disconnectTui(token);
    if (!chatId) return;
    const text = `The Codex TUI of pair ${pairId} went away; this chat goes on in a thread of its own.`;
    this.#ports.frontend.publish({ type: 'notice', chatId, code: 'tui-disconnected', text });
  }

  /** Runs a helper on the app-server of the chat that asks for it. Its failure is its own. */
  async runHelper(parentChatId: string, prompt: string): Promise<HelperResult> {
    const parent = this.#chats.get(parentChatId);
    if (!parent || this.#phase === 'stopping') {
      const message = parent ? 'the daemon is shutting down' : `there is no chat ${parentChatId}`;
      return { ok: false, failure: localFailure('aborted', message, false) };
    }
    const { homePairId, cwd } = parent;
    return runHelper(this.#pairs.clients, { pairId: homePairId, spawnedBy: parentChatId, cwd, prompt });
  }

  /** Stops, leaving terminals alone: provider processes are ended, and gone when this resolves. */
  async shutdown(): Promise<void> {
    if (this.#phase === 'stopping') return;
    this.#phase = 'stopping';
    this.#terminals.stop();
    this.#restorer.stop();
    this.#pairs.stop();
    this.#agents.stop();
    const conversations = this.#chats.all().map((chat) => chat.conversation.close());
    await Promise.all([...conversations, this.#pairs.clients.closeAll()]);
    await this.#chats.settled();
    await Promise.all([this.#orphansReaped, this.#agents.settled()]);
  }

  async #restore(): Promise<void> {
    // Nothing that outlived an earlier daemon may share a thread or session with what is started now.
    await this.#orphansReaped;
    if (this.#phase === 'stopping') return;
    this.#restorer.sweepRegularly(() => this.#chats.all());
    this.#pairs.startAll();
    await this.#restorer.restoreAll(this.#chats.all());
    if (this.#phase === 'starting') this.#phase = 'running';
  }

  /** Whom it concerns: the chats that are homed on this pair and talk to its app-server, no others. */
  #tellOfLoss(pairId: string, reason: string): void {
    const text = `The Codex app-server of pair ${pairId} is gone (${reason}). It is being started again.`;
    for (const { chatId, homePairId, provider, open } of this.#chats.all()) {
      if (homePairId !== pairId || provider !== 'codex' || !open) continue;
      this.#ports.frontend.publish({ type: 'notice', chatId, code: 'app-server-lost', text });
    }
  }
}
