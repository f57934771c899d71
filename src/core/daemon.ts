import { AgentRegistry } from './agents.ts';
import { Chat } from './chats/chat.ts';
import { ClaudeConversation } from './chats/claude-conversation.ts';
import { CodexConversation } from './chats/codex-conversation.ts';
import { Delivery } from './chats/delivery.ts';
import type { DaemonConfig } from './config.ts';
import { type HelperResult, runHelper } from './helpers.ts';
import { Pair } from './pairs/pair.ts';
import type { NotReadyCode } from './pairs/readiness.ts';
import type { Ports } from './ports.ts';
import { CodexClient } from './providers/codex/index.ts';
import { SharedClients } from './providers/shared-clients.ts';
import type { Decision, Failure, Outcome } from './providers/types.ts';
import { TmuxBackend } from './sessions/backends/tmux.ts';
import { Restorer } from './sessions/restore.ts';
import { Terminals } from './sessions/terminals.ts';
import { chatReadiness, chatView, type DaemonPhase, type DaemonStatus, pairStatus } from './status.ts';
import type { ChatRow, Provider, SessionRow } from './store/rows.ts';
import { Store } from './store/store.ts';

/** Whether a message was taken. An accepted message is delivered or answered with an error, also across restarts. */
export type SendResult =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly code: NotReadyCode | 'unknown-chat'; readonly reason: string };

export interface NewChat {
  readonly chatId: string;
  readonly provider: Provider;
  readonly pairId: string;
  readonly cwd: string;
}

/** The orchestrator: pairs, chats, their terminals and their providers. */
export class Daemon {
  readonly #ports: Ports;
  readonly #config: DaemonConfig;
  readonly #store: Store;
  readonly #pairs = new Map<string, Pair>();
  readonly #chats = new Map<string, Chat>();
  readonly #clients: SharedClients<CodexClient>;
  readonly #agents: AgentRegistry;
  readonly #terminals: Terminals;
  readonly #delivery: Delivery;
  readonly #restorer: Restorer;
  #phase: DaemonPhase = 'starting';
  #appServerStarts = 0;
  /** The provider processes of earlier daemons are gone, or given up on. */
  #orphansReaped: Promise<void> = Promise.resolve();
  #restored: Promise<void> = Promise.resolve();

  private constructor(ports: Ports, config: DaemonConfig) {
    this.#ports = ports;
    this.#config = config;
    const { clock, exec, processes, log, frontend } = ports;
    const { timers, owner, worker, tmux } = config;
    this.#store = new Store(ports.database);
    this.#agents = new AgentRegistry(ports, this.#store, timers);
    this.#clients = new SharedClients((pairId) => this.#startAppServer(pairId));
    const backend = new TmuxBackend(
      { exec, processes },
      { ...tmux, owner, probeTimeoutMs: timers.probeTimeoutMs, changeTimeoutMs: timers.changeTimeoutMs },
    );
    this.#terminals = new Terminals({ backend, store: this.#store, clock, processes, log, timers, owner, worker });
    this.#delivery = new Delivery({ store: this.#store, frontend, log, terminals: this.#terminals });
    this.#restorer = new Restorer({
      store: this.#store,
      terminals: this.#terminals,
      delivery: this.#delivery,
      frontend,
      clock,
      log,
      timers,
      onEnded: (chat) => this.#home(chat).release(chat.chatId),
    });
  }

  /** Loads what is durable and begins to restore it; messages are taken as soon as this resolves. */
  static async start(ports: Ports, config: DaemonConfig): Promise<Daemon> {
    const daemon = new Daemon(ports, config);
    await daemon.#store.open();
    // Before messages are loaded: none may be sent until this has settled.
    daemon.#orphansReaped = daemon.#agents.reapOrphans();
    await daemon.#load();
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
      pairs: [...this.#pairs.values()].map(pairStatus),
      chats: [...this.#chats.values()].map((chat) => chatView(chat, this.#home(chat), this.#phase)),
    };
  }

  /** Makes a pair and starts its app-server. Idempotent. */
  async ensurePair(pairId: string): Promise<void> {
    if (this.#pairs.has(pairId)) return;
    const pair = this.#addPair(pairId);
    await this.#store.addPair(pairId);
    await this.#orphansReaped;
    if (this.#phase !== 'stopping') void pair.link.start();
  }

  /** Opens a chat homed on an existing pair. Rejects when the pair is unknown or the chat exists. */
  async openChat(request: NewChat): Promise<void> {
    const { chatId, provider, pairId, cwd } = request;
    if (!this.#pairs.has(pairId)) throw new Error(`no pair ${pairId}: ensure it before opening chat ${chatId}`);
    const row: ChatRow = { chatId, provider, homePairId: pairId, cwd, resumeKey: null, status: 'open' };
    const session: SessionRow = {
      sessionId: this.#ports.ids.next('ses'),
      chatId,
      backend: 'tmux',
      terminalName: `rp-${this.#ports.ids.next('term').replaceAll('_', '-')}`,
      pane: null,
    };
    await this.#store.addChat(row, session);
    this.#addChat(row, session);
  }

  /** A front end connects: the chat claims its pair's TUI if that is free, and gets its terminal. */
  attach(chatId: string): void {
    const chat = this.#chats.get(chatId);
    if (!chat?.open) return;
    chat.attach();
    if (chat.provider === 'codex') this.#home(chat).claim(chatId);
    void chat.queue.add(async () => {
      if (chat.open) await this.#terminals.recover(chat);
    });
  }

  /** A front end went away; its chat stays. Its claim is kept for a while. */
  detach(chatId: string): void {
    const chat = this.#chats.get(chatId);
    if (!chat?.attached) return;
    const isBack = chat.detach();
    this.#home(chat).reapClaimLater(chatId, isBack);
  }

  /** Takes a message, or says why not. Resolves once that is durable. Asking twice with one id is asking once. */
  async send(chatId: string, messageId: string, text: string): Promise<SendResult> {
    const chat = this.#chats.get(chatId);
    if (!chat) return { accepted: false, code: 'unknown-chat', reason: `There is no chat ${chatId}.` };
    const now = chatReadiness(chat, this.#home(chat), this.#phase);
    if (!now.ready) return { accepted: false, code: now.code, reason: now.reason };
    const first = await this.#store.acceptMessage(messageId, chatId, text);
    if (first) this.#enqueue(chat, messageId, text);
    return { accepted: true };
  }

  /** Answers an approval. False when nothing waits for it. */
  answer(chatId: string, approvalId: string, decision: Decision): boolean {
    const chat = this.#chats.get(chatId);
    if (!chat?.approvals.has(approvalId)) return false;
    const answered = chat.turn?.answer(approvalId, decision) ?? false;
    if (answered) chat.approvals.delete(approvalId);
    return answered;
  }

  /** Asks for the end of the running turn, or of the one that is about to begin, if there is one. */
  async interrupt(chatId: string): Promise<void> {
    const chat = this.#chats.get(chatId);
    if (chat?.turn) await chat.turn.interrupt();
    else if (chat && !chat.queue.idle) chat.interruptWanted = true;
  }

  /** Closes a chat for good and ends its terminal. Resolves when the wish is durable; the rest follows. */
  async close(chatId: string): Promise<void> {
    const chat = this.#chats.get(chatId);
    if (!chat?.open) return;
    chat.status = 'closing';
    chat.announceClosed();
    this.#home(chat).release(chatId);
    void chat.turn?.interrupt();
    await this.#store.moveChat(chatId, 'open', 'closing', 'closed by its user');
    this.#restorer.finishClosing(chat);
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
      return { ok: false, failure: aborted(message) };
    }
    const { homePairId, cwd } = parent;
    return runHelper(this.#clients, { pairId: homePairId, spawnedBy: parentChatId, cwd, prompt });
  }

  /** Stops, leaving terminals alone: provider processes are ended, and gone when this resolves. */
  async shutdown(): Promise<void> {
    if (this.#phase === 'stopping') return;
    this.#phase = 'stopping';
    this.#terminals.stop();
    this.#restorer.stop();
    for (const pair of this.#pairs.values()) pair.stop();
    this.#agents.stop();
    const conversations = [...this.#chats.values()].map((chat) => chat.conversation.close());
    await Promise.all([...conversations, this.#clients.closeAll()]);
    await Promise.all([...this.#chats.values()].map((chat) => chat.queue.add(async () => {})));
    await Promise.all([this.#orphansReaped, this.#agents.settled()]);
  }

  async #load(): Promise<void> {
    for (const pairId of this.#store.pairIds()) this.#addPair(pairId);
    const sessions = new Map(this.#store.sessions().map((session) => [session.chatId, session]));
    for (const row of this.#store.chats()) {
      const session = sessions.get(row.chatId);
      if (session && (row.status === 'open' || row.status === 'closing')) this.#addChat(row, session);
    }
    await this.#restorer.settleInterrupted();
    for (const message of this.#store.messagesWith('accepted')) {
      const chat = this.#chats.get(message.chatId);
      if (chat) this.#enqueue(chat, message.messageId, message.text);
      else
        await this.#delivery.fail(message.chatId, message.messageId, 'the chat was closed before the message was sent');
    }
  }

  async #restore(): Promise<void> {
    // Nothing that outlived an earlier daemon may share a thread or session with what is started now.
    await this.#orphansReaped;
    if (this.#phase === 'stopping') return;
    this.#restorer.sweepRegularly(() => [...this.#chats.values()]);
    for (const pair of this.#pairs.values()) void pair.link.start();
    await this.#restorer.restoreAll([...this.#chats.values()]);
    if (this.#phase === 'starting') this.#phase = 'running';
  }

  #enqueue(chat: Chat, messageId: string, text: string): void {
    void chat.queue.add(async () => {
      await this.#orphansReaped;
      await this.#delivery.deliver(chat, messageId, text);
    });
  }

  #addPair(pairId: string): Pair {
    const { clock, log } = this.#ports;
    const { timers, codex } = this.#config;
    const onAppServerLost = (reason: string) => this.#tellOfLoss(pairId, reason);
    const pair = new Pair({ pairId, clients: this.#clients, clock, log, timers, cwd: codex.cwd, onAppServerLost });
    this.#pairs.set(pairId, pair);
    return pair;
  }

  /** Whom it concerns: the chats that are homed on this pair and talk to its app-server, no others. */
  #tellOfLoss(pairId: string, reason: string): void {
    const text = `The Codex app-server of pair ${pairId} is gone (${reason}). It is being started again.`;
    for (const { chatId, homePairId, provider, open } of this.#chats.values()) {
      if (homePairId !== pairId || provider !== 'codex' || !open) continue;
      this.#ports.frontend.publish({ type: 'notice', chatId, code: 'app-server-lost', text });
    }
  }

  #addChat(row: ChatRow, session: SessionRow): void {
    const chat = new Chat(row, session, (error) => {
      this.#ports.log.event('chat.task-failed', { chat: row.chatId, error: String(error) });
    });
    chat.conversation =
      row.provider === 'codex'
        ? new CodexConversation(chat, this.#home(chat), this.#clients, this.#store)
        : new ClaudeConversation(chat, this.#ports, this.#config, this.#store, this.#agents);
    this.#chats.set(row.chatId, chat);
  }

  async #startAppServer(pairId: string): Promise<Outcome<CodexClient>> {
    const { initializeTimeoutMs, requestTimeoutMs } = this.#config.timers;
    const lane = `codex ${pairId}#${++this.#appServerStarts}`;
    await this.#orphansReaped;
    if (this.#phase === 'stopping') return { ok: false, failure: aborted('the daemon is shutting down') };
    return this.#agents.start(lane, (onSpawned) =>
      CodexClient.start(this.#ports, {
        command: this.#config.codex,
        lane,
        onSpawned,
        clientInfo: { name: 'reprise', title: 'Reprise', version: '0.1.0' },
        initializeTimeoutMs,
        requestTimeoutMs,
      }),
    );
  }

  #home(chat: Chat): Pair {
    const pair = this.#pairs.get(chat.homePairId);
    if (!pair) throw new Error(`chat ${chat.chatId} is homed on ${chat.homePairId}, which does not exist`);
    return pair;
  }
}

function aborted(message: string): Failure {
  return { class: 'aborted', message, httpStatus: null, mayHaveRun: false };
}
