import { AgentRegistry } from './agents.ts';
import { Delivery } from './chats/delivery.ts';
import { Outbox } from './chats/outbox.ts';
import { ChatRegistry, type NewChat, type SendResult } from './chats/registry.ts';
import type { DaemonConfig } from './config.ts';
import { type HelperHost, type HelperResult, runHelper } from './helpers.ts';
import { whileLocked } from './locks/chat-lock.ts';
import { DaemonGuard } from './locks/daemon-guard.ts';
import { DirectoryLocks, type LockResult, type LockView } from './locks/directory-locks.ts';
import { PairRegistry } from './pairs/registry.ts';
import type { AttachResult, DestroyOptions, DestroyResult, EnsureResult, OpenResult } from './pairs/results.ts';
import { PatientClock } from './patient-clock.ts';
import type { Ports } from './ports.ts';
import { AbortSource } from './providers/abort.ts';
import { localFailure } from './providers/failure.ts';
import type { Decision } from './providers/types.ts';
import type { TypeResult, Wake } from './sessions/access.ts';
import { Sessions } from './sessions/index.ts';
import type { Restorer } from './sessions/restore.ts';
import { chatView, type DaemonPhase, type DaemonStatus, pairStatus } from './status.ts';
import { WaitsForRoom } from './store/room.ts';
import { type DataFormatError, makeTables, migrate } from './store/schema-version.ts';
import { Store } from './store/store.ts';

/** The orchestrator: pairs, chats, their terminals and their providers. */
export class Daemon {
  readonly #outbox: Outbox;
  readonly #agents: AgentRegistry;
  readonly #pairs: PairRegistry;
  readonly #chats: ChatRegistry;
  readonly #sessions: Sessions;
  readonly #restorer: Restorer;
  readonly #helperHost: HelperHost;
  readonly #locks: DirectoryLocks;
  readonly #guard: DaemonGuard;
  #phase: DaemonPhase = 'starting';
  /** The provider processes of earlier daemons are gone, or given up on. */
  #orphansReaped: Promise<void> = Promise.resolve();
  #restored: Promise<void> = Promise.resolve();

  private constructor(ports: Ports, config: DaemonConfig, guard: DaemonGuard) {
    const { clock, log } = ports;
    const { timers, owner } = config;
    const outbox = new Outbox(ports.frontend);
    const orphansReaped = () => this.#orphansReaped;
    const store = new Store(ports.database);
    const agents = new AgentRegistry(ports, store, config.timers);
    const pairs = new PairRegistry({
      ports,
      config,
      agents,
      orphansReaped,
      onAppServerLost: (pairId, reason) => this.#tellOfLoss(pairId, reason),
      onTuiGone: (pairId, chatId) => this.#tellOfTui(pairId, chatId),
      onDestroyed: (pairId, chatId) => this.#tellOfDestruction(pairId, chatId),
    });
    const sessions = new Sessions({ ...ports, frontend: outbox }, config);
    const { terminals } = sessions;
    const delivery = new Delivery({ store, frontend: outbox, log, clock, timers, terminals });
    const restorer = sessions.restorer(store, delivery, (chat) => pairs.release(chat.chatId));
    const locks = new DirectoryLocks(ports, config.locks, owner);
    this.#chats = new ChatRegistry({
      ports,
      config,
      store,
      agents,
      pairs,
      terminals,
      delivery,
      outbox,
      restorer,
      locks,
      sessionStore: sessions.store,
      newSession: sessions.newSession,
      orphansReaped,
      phase: () => this.#phase,
    });
    this.#guard = guard;
    this.#locks = locks;
    this.#outbox = outbox;
    this.#agents = agents;
    this.#pairs = pairs;
    this.#sessions = sessions;
    this.#restorer = restorer;
    this.#helperHost = { clients: pairs.clients, clock, log, timers };
  }

  /**
   * Loads what is durable and begins to restore it; messages are taken as soon as this resolves. Rejects with
   * {@link DataInUseError}, having changed nothing, while another daemon uses the same data, and with
   * {@link DataFormatError} when this program cannot use them.
   */
  static async start(machine: Ports, config: DaemonConfig): Promise<Daemon> {
    const clock = new PatientClock(machine.clock);
    const database = new WaitsForRoom(machine.database, clock, machine.log);
    const ports = { ...machine, clock, database };
    await makeTables(ports.database);
    const guard = await DaemonGuard.enter(ports);
    // Not under the feet of an older daemon.
    await migrate(ports.database);
    const daemon = new Daemon(ports, config, guard);
    database.onFull = (stretch) => daemon.#tellOfFullDisk(stretch, database.place);
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
      chats: this.#chats.all().map((chat) => chatView(chat, this.#pairs.workplace(chat), this.#phase)),
      locks: this.#locks.last,
    };
  }

  /** Makes sure that a pair runs: see `PairRegistry.ensure`. */
  ensurePair(pairId: string): Promise<EnsureResult> {
    return this.#pairs.ensure(pairId);
  }

  /** Ends a pair; its chats go on elsewhere. See `PairRegistry.destroy`. */
  destroyPair(pairId: string, options: DestroyOptions = {}): Promise<DestroyResult> {
    return this.#pairs.destroy(pairId, options, this.#chats);
  }

  /** Opens a chat on the pair that is named, or on the first live one. */
  openChat(request: NewChat): Promise<OpenResult> {
    return this.#chats.open(request);
  }

  /** A front end connects: the chat gets its terminal and, if it speaks codex, a seat at a TUI: see `ChatRegistry.attach`. */
  attach(chatId: string, pairId: string | null = null): AttachResult {
    return this.#chats.attach(chatId, pairId);
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

  /** Ends the terminal of a chat to save room; its next message makes another and goes on. Adopted terminals stay. */
  async suspend(chatId: string): Promise<void> {
    const chat = this.#chats.get(chatId);
    if (chat && this.#phase !== 'stopping') await this.#restorer.suspend(chat);
  }

  /** Finds a chat's live terminal for a front end that wants to show it. Makes none; bounded in time. */
  async wake(chatId: string): Promise<Wake> {
    const chat = this.#chats.get(chatId);
    return chat ? this.#sessions.access.wake(chat) : { ok: false, retry: false, reason: `there is no chat ${chatId}` };
  }

  /** Types into a chat's terminal: at most once for each `inputId`, also across restarts. */
  async type(chatId: string, inputId: string, text: string): Promise<TypeResult> {
    const chat = this.#chats.get(chatId);
    if (!chat) return { outcome: 'refused', reason: `there is no chat ${chatId}` };
    return this.#sessions.access.type(chat, inputId, text);
  }

  /** The text on a chat's screen; null when it cannot be seen now. */
  async screen(chatId: string): Promise<string | null> {
    const chat = this.#chats.get(chatId);
    return chat ? this.#sessions.access.screen(chat) : null;
  }

  /** Locks a directory for a person: no exclusive chat begins to work there. `by` is told to whoever is refused. */
  lockDirectory(directory: string, by: string): Promise<LockResult> {
    return this.#locks.lock(directory, by);
  }

  /** Ends a person's lock; with `by`, only if it is theirs. False when there is none. */
  unlockDirectory(directory: string, by: string | null = null): Promise<boolean> {
    return this.#locks.unlock(directory, by);
  }

  /** All locks that there are now, also those of other daemons in the same folder. */
  locks(): Promise<readonly LockView[]> {
    return this.#locks.list();
  }

  /** Runs a helper on the app-server of the chat that asks for it. Its failure is its own. */
  async runHelper(parentChatId: string, prompt: string): Promise<HelperResult> {
    const parent = this.#chats.get(parentChatId);
    if (!parent || this.#phase === 'stopping') {
      const message = parent ? 'the daemon is shutting down' : `there is no chat ${parentChatId}`;
      return { ok: false, failure: localFailure('aborted', message, false) };
    }
    const { cwd } = parent;
    const abort = AbortSource.after(parent.closed);
    let result: HelperResult | null = null;
    const refused = await whileLocked(parent.lock, async () => {
      // Not before: its pair may be destroyed while the lock is waited for.
      const pairId = this.#pairs.workplace(parent)?.pairId ?? parent.homePairId;
      result = await runHelper(this.#helperHost, { pairId, spawnedBy: parentChatId, cwd, prompt, abort });
    });
    return result ?? { ok: false, failure: localFailure('rejected', refused ?? 'it was not started', false) };
  }

  /** Stops, leaving terminals alone: provider processes are ended, and gone when this resolves. */
  async shutdown(): Promise<void> {
    if (this.#phase === 'stopping') return;
    this.#phase = 'stopping';
    this.#sessions.stop();
    const pairsStopped = this.#pairs.stop();
    this.#agents.stop();
    const conversations = this.#chats.all().map((chat) => chat.conversation.close());
    await Promise.all([...conversations, this.#pairs.clients.closeAll(), pairsStopped]);
    await this.#chats.settled();
    await this.#sessions.access.settled();
    await Promise.all([this.#orphansReaped, this.#agents.settled()]);
    await this.#locks.stop();
    await this.#guard.leave();
  }

  async #restore(): Promise<void> {
    // Nothing that outlived an earlier daemon may share a thread or session with what is started now.
    await this.#orphansReaped;
    if (this.#phase === 'stopping') return;
    this.#restorer.sweepRegularly(() => this.#chats.all());
    this.#pairs.startAll();
    await this.#locks.load();
    await this.#restorer.restoreAll(this.#chats.all());
    if (this.#phase === 'starting') this.#phase = 'running';
    await this.#locks.heal();
  }

  /** Whom it concerns: the chats that work at this pair's app-server, no others. */
  #tellOfLoss(pairId: string, reason: string): void {
    const text = `The Codex app-server of pair ${pairId} is gone (${reason}). It is being started again.`;
    for (const chat of this.#chats.all()) {
      if (chat.provider !== 'codex' || !chat.open || this.#pairs.workplace(chat)?.pairId !== pairId) continue;
      this.#outbox.publish({ type: 'notice', chatId: chat.chatId, code: 'app-server-lost', text });
    }
  }

  #tellOfDestruction(pairId: string, chatId: string): void {
    const chat = this.#chats.get(chatId);
    if (!chat?.open) return;
    const text = `Pair ${pairId} was destroyed; this chat goes on at pair ${chat.homePairId}.`;
    this.#outbox.publish({ type: 'notice', chatId, code: 'pair-destroyed', text });
  }

  /** Whom it concerns: the chats with a message whose next step has to be written down; each once in a stretch. */
  #tellOfFullDisk(stretch: number, place: string): void {
    const text = `The disk with ${place} is full: a message of this chat waits. Make room there; it goes on by itself.`;
    for (const chat of this.#chats.all()) {
      const waits = chat.arriving > 0 || (chat.unfinished > 0 && chat.turn === null);
      if (!waits || !chat.open || chat.toldOfFullDisk === stretch) continue;
      chat.toldOfFullDisk = stretch;
      this.#outbox.publish({ type: 'notice', chatId: chat.chatId, code: 'disk-full', text });
    }
  }

  #tellOfTui(pairId: string, chatId: string): void {
    if (!this.#chats.get(chatId)?.open) return;
    const text = `The Codex TUI of pair ${pairId} went away; this chat goes on in a thread of its own.`;
    this.#outbox.publish({ type: 'notice', chatId, code: 'tui-disconnected', text });
  }
}
