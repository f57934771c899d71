import type { AgentRegistry } from '../agents.ts';
import type { DaemonConfig } from '../config.ts';
import { whileLocked } from '../locks/chat-lock.ts';
import type { DirectoryLocks } from '../locks/directory-locks.ts';
import type { NotReadyCode } from '../pairs/readiness.ts';
import type { PairRegistry, Residents } from '../pairs/registry.ts';
import {
  type AttachResult,
  badPairName,
  noSuchPair,
  type OpenResult,
  type PairError,
  pairError,
} from '../pairs/results.ts';
import type { Ports } from '../ports.ts';
import type { Decision } from '../providers/types.ts';
import type { TerminalWish } from '../sessions/opening.ts';
import type { Restorer } from '../sessions/restore.ts';
import type { SessionRow, SessionStore } from '../sessions/session-store.ts';
import type { Terminals } from '../sessions/terminals.ts';
import { chatReadiness, type DaemonPhase } from '../status.ts';
import type { ChatRow, Provider } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { Chat } from './chat.ts';
import { ClaudeConversation } from './claude-conversation.ts';
import { CodexConversation } from './codex-conversation.ts';
import type { Delivery } from './delivery.ts';
import type { Outbox } from './outbox.ts';
import { type QueuePlace, SerialQueue } from './serial-queue.ts';

/** Whether a message was taken. An accepted message is delivered or answered with an error, also across restarts. */
export type SendResult =
  | { readonly accepted: true }
  | {
      readonly accepted: false;
      readonly code: NotReadyCode | 'unknown-chat' | 'directory-locked';
      readonly reason: string;
    };

export interface NewChat extends TerminalWish {
  readonly provider: Provider;
  /** The pair on which it is to live; null: wherever there is room. */
  readonly pairId: string | null;
  readonly cwd: string;
  /**
   * It works in its directory, and above and below it, only while no other exclusive chat does and nobody has locked it;
   * otherwise its messages are refused with `directory-locked`. Default false.
   */
  readonly exclusive?: boolean;
}

export interface ChatRegistryOptions {
  readonly ports: Ports;
  readonly config: DaemonConfig;
  readonly store: Store;
  readonly agents: AgentRegistry;
  readonly pairs: PairRegistry;
  readonly terminals: Terminals;
  readonly delivery: Delivery;
  readonly outbox: Outbox;
  readonly restorer: Restorer;
  readonly locks: DirectoryLocks;
  readonly sessionStore: SessionStore;
  readonly newSession: (wish: TerminalWish) => Promise<SessionRow | string>;
  readonly phase: () => DaemonPhase;
  /** Resolves when the provider processes of earlier daemons are gone, or given up on: nothing is sent before. */
  readonly orphansReaped: () => Promise<void>;
}

/** All chats that are not closed, and what their users ask of them. */
export class ChatRegistry implements Residents {
  readonly #options: ChatRegistryOptions;
  readonly #chats = new Map<string, Chat>();

  constructor(options: ChatRegistryOptions) {
    this.#options = options;
  }

  /** In order of their making. */
  all(): readonly Chat[] {
    return [...this.#chats.values()];
  }

  get(chatId: string): Chat | undefined {
    return this.#chats.get(chatId);
  }

  /** Brings back the chats that are durable, and the messages that wait for their turn. */
  async load(): Promise<void> {
    const { store, restorer, delivery } = this.#options;
    const sessions = new Map(this.#options.sessionStore.all().map((session) => [session.chatId, session]));
    for (const row of store.chats()) {
      const session = sessions.get(row.chatId);
      if (session && (row.status === 'open' || row.status === 'closing')) this.#add(row, session);
    }
    await restorer.settleInterrupted();
    for (const message of store.messagesWith('accepted')) {
      const chat = this.#chats.get(message.chatId);
      if (chat) void this.#enqueue(chat, message.messageId, message.text);
      else await delivery.fail(message.chatId, message.messageId, 'the chat was closed before the message was sent');
    }
  }

  /** Opens a chat, on the pair that is named or on the first live one. */
  async open(request: NewChat): Promise<OpenResult> {
    const { chatId, provider, pairId, cwd, exclusive = false } = request;
    const { pairs, store } = this.#options;
    const session = await this.#options.newSession(request);
    if (typeof session === 'string') return pairError('TERMINAL_NOT_AVAILABLE', session);
    const bad = pairId === null ? null : badPairName(pairId);
    if (bad) return bad;
    const home = pairId === null ? pairs.shelter() : pairs.get(pairId);
    if (!home)
      return pairId === null
        ? pairError('PAIR_NOT_FOUND', 'There is no pair yet. Ensure one first.')
        : noSuchPair(pairId);
    if (this.#chats.has(chatId)) return chatExists(chatId);
    if (session.adopted && this.#adopter(session))
      return pairError(
        'TERMINAL_NOT_AVAILABLE',
        `Terminal ${session.terminalName} has been adopted by a chat already.`,
      );
    const pinned = pairId !== null;
    const homePairId = home.pairId;
    const row: ChatRow = { chatId, provider, homePairId, pinned, cwd, exclusive, resumeKey: null, status: 'open' };
    // At once: the pair may be destroyed while this is written, and takes its chats with it only when it knows them.
    const chat = this.#add(row, session);
    await store.addChat(row, session);
    if (chat.homePairId !== row.homePairId) await store.setHome(chatId, chat.homePairId);
    return { ok: true, homePairId: chat.homePairId };
  }

  /**
   * A front end connects: it is shown what happened meanwhile, and the chat gets its terminal. A codex chat takes a seat
   * at a TUI: the one of `pairId`, or an error; without `pairId` the one at home, or, when its user has not chosen a home,
   * the first free one of a live pair. Where there is none it works in a thread of its own.
   */
  attach(chatId: string, pairId: string | null = null): AttachResult {
    const { pairs, terminals, outbox } = this.#options;
    const chat = this.#chats.get(chatId);
    if (!chat?.open) return pairError('CHAT_NOT_FOUND', `There is no open chat ${chatId}.`);
    const refused = pairId === null ? null : this.#claimSeat(chat, pairId);
    if (refused) return refused;
    chat.attach();
    outbox.open(chatId);
    if (pairId === null && chat.provider === 'codex') this.#findSeat(chat);
    void chat.queue.add(async () => {
      if (!chat.open) return;
      const refused = await whileLocked(chat.lock, () => terminals.recover(chat));
      if (refused !== null) outbox.publish({ type: 'notice', chatId, code: 'directory-locked', text: refused });
    });
    const pairIdNow = pairs.workplace(chat)?.pairId ?? chat.homePairId;
    return { ok: true, pairId: pairIdNow, paired: pairs.seatOf(chatId) !== null };
  }

  /** A front end went away; its chat stays. Its claim is kept for a while. */
  detach(chatId: string): void {
    const { pairs, outbox } = this.#options;
    const chat = this.#chats.get(chatId);
    if (!chat?.attached) return;
    const isBack = chat.detach();
    outbox.close(chatId);
    pairs.seatOf(chatId)?.reapClaimLater(chatId, isBack);
  }

  busyOn(pairId: string): string | null {
    const { pairs } = this.#options;
    const busy = this.all().find((chat) => {
      if (!chat.open || chat.provider !== 'codex') return false;
      if (pairs.seatOf(chat.chatId)?.pairId === pairId) return true;
      return chat.turn !== null && pairs.workplace(chat)?.pairId === pairId;
    });
    return busy?.chatId ?? null;
  }

  homedOn(pairId: string): readonly string[] {
    return this.all().flatMap(({ chatId, homePairId, status }) =>
      homePairId === pairId && (status === 'open' || status === 'closing') ? [chatId] : [],
    );
  }

  moveHome(from: string, to: string, gone: Promise<void>): void {
    for (const chat of this.#chats.values()) {
      if (chat.homePairId !== from) continue;
      chat.homePairId = to;
      chat.moved = gone;
    }
  }

  /** Takes a message, or says why not. Resolves once that is durable. Asking twice with one id is asking once. */
  async send(chatId: string, messageId: string, text: string): Promise<SendResult> {
    const { pairs, phase } = this.#options;
    const chat = this.#chats.get(chatId);
    if (!chat) return { accepted: false, code: 'unknown-chat', reason: `There is no chat ${chatId}.` };
    const now = chatReadiness(chat, pairs.workplace(chat), phase());
    if (!now.ready) return { accepted: false, code: now.code, reason: now.reason };
    chat.arriving++;
    try {
      return await this.#accept(chat, messageId, text);
    } finally {
      chat.arriving--;
    }
  }

  async #accept(chat: Chat, messageId: string, text: string): Promise<SendResult> {
    const refused = chat.lock ? await chat.lock.enter() : null;
    if (refused !== null) return { accepted: false, code: 'directory-locked', reason: refused };
    const first = await this.#options.store.acceptMessage(messageId, chat.chatId, text);
    const delivered = first ? this.#enqueue(chat, messageId, text) : Promise.resolve();
    if (chat.lock) void delivered.finally(() => chat.lock?.leave());
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
    else if (chat && chat.unfinished > 0) chat.interruptWanted = true;
  }

  /** Closes a chat for good and ends its terminal. Resolves when the wish is durable; the rest follows. */
  async close(chatId: string): Promise<void> {
    const { pairs, store, restorer, locks } = this.#options;
    const chat = this.#chats.get(chatId);
    if (!chat?.open) return;
    chat.status = 'closing';
    chat.announceClosed();
    pairs.release(chatId);
    void chat.turn?.interrupt();
    await store.moveChat(chatId, 'open', 'closing', 'closed by its user');
    restorer.finishClosing(chat);
    if (chat.lock) void chat.queue.add(() => locks.heal());
  }

  /** Resolves when nothing that chats were asked to do runs or waits any more. */
  async settled(): Promise<void> {
    await Promise.all(this.all().map((chat) => chat.queue.add(async () => {})));
  }

  #enqueue(chat: Chat, messageId: string, text: string): Promise<void> {
    const { orphansReaped, delivery } = this.#options;
    const deliver = async (place: QueuePlace): Promise<void> => {
      await orphansReaped();
      if (!place.current) return;
      const refused = await whileLocked(chat.lock, () => delivery.deliver(chat, messageId, text, place));
      if (refused !== null) await delivery.fail(chat.chatId, messageId, `directory-locked: ${refused}`);
    };
    chat.unfinished++;
    const done = chat.queue.add(deliver, () => void delivery.leaveBehind(chat.chatId, messageId));
    return done.then(() => {
      chat.unfinished--;
      chat.interruptWanted = false;
    });
  }

  /** Null when it has the seat. */
  #claimSeat(chat: Chat, pairId: string): PairError | null {
    const { pairs } = this.#options;
    const bad = badPairName(pairId);
    if (bad) return bad;
    if (chat.provider !== 'codex') return pairError('CHAT_TAKES_NO_SEAT', `${chat.chatId} is a ${chat.provider} chat.`);
    const pair = pairs.get(pairId);
    if (!pair) return noSuchPair(pairId);
    if (!pair.slot)
      return pairError('PAIR_HAS_NO_TUI', `Pair ${pairId} has no TUI now. Start one on port ${pair.port}.`);
    if (pairs.claim(chat.chatId, pair)) return null;
    return pairError('PAIR_BUSY', `Chat ${pair.slot.claimedBy} sits at the TUI of pair ${pairId}.`);
  }

  /** The seat at the home that its user chose, else the first free one of a live pair. None is fine too. */
  #findSeat(chat: Chat): void {
    const { pairs } = this.#options;
    if (pairs.seatOf(chat.chatId)) return;
    const pair = chat.pinned ? pairs.workplace(chat) : pairs.firstFreeSeat();
    if (pair) pairs.claim(chat.chatId, pair);
  }

  /** The open chat that works beside this very terminal. */
  #adopter({ backend, terminalName }: SessionRow): Chat | undefined {
    return this.all().find(({ open, session }) => {
      return open && session.adopted && session.backend === backend && session.terminalName === terminalName;
    });
  }

  #add(row: ChatRow, session: SessionRow): Chat {
    const { ports, config, store, agents, pairs, locks } = this.#options;
    const queue = new SerialQueue(
      (error) => ports.log.event('chat.task-failed', { chat: row.chatId, error: String(error) }),
      { clock: ports.clock, ms: config.timers.taskCapMs, purpose: `task of ${row.chatId}` },
    );
    const chat = new Chat(row, session, queue);
    if (row.exclusive) chat.lock = locks.ofChat(chat);
    chat.conversation =
      row.provider === 'codex'
        ? new CodexConversation(chat, pairs, store, config.timers)
        : new ClaudeConversation(chat, ports, config, store, agents);
    this.#chats.set(row.chatId, chat);
    return chat;
  }
}

function chatExists(chatId: string): PairError {
  return pairError('CHAT_EXISTS', `There is a chat ${chatId} already.`);
}
