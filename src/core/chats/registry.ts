import type { AgentRegistry } from '../agents.ts';
import type { DaemonConfig } from '../config.ts';
import type { NotReadyCode } from '../pairs/readiness.ts';
import type { PairRegistry } from '../pairs/registry.ts';
import type { Ports } from '../ports.ts';
import type { Decision } from '../providers/types.ts';
import type { Restorer } from '../sessions/restore.ts';
import type { Terminals } from '../sessions/terminals.ts';
import { chatReadiness, type DaemonPhase } from '../status.ts';
import type { ChatRow, Provider, SessionRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { Chat } from './chat.ts';
import { ClaudeConversation } from './claude-conversation.ts';
import { CodexConversation } from './codex-conversation.ts';
import type { Delivery } from './delivery.ts';

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

export interface ChatRegistryOptions {
  readonly ports: Ports;
  readonly config: DaemonConfig;
  readonly store: Store;
  readonly agents: AgentRegistry;
  readonly pairs: PairRegistry;
  readonly terminals: Terminals;
  readonly delivery: Delivery;
  readonly restorer: Restorer;
  readonly phase: () => DaemonPhase;
  /** Resolves when the provider processes of earlier daemons are gone, or given up on: nothing is sent before. */
  readonly orphansReaped: () => Promise<void>;
}

/** All chats that are not closed, and what their users ask of them. */
export class ChatRegistry {
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
    const sessions = new Map(store.sessions().map((session) => [session.chatId, session]));
    for (const row of store.chats()) {
      const session = sessions.get(row.chatId);
      if (session && (row.status === 'open' || row.status === 'closing')) this.#add(row, session);
    }
    await restorer.settleInterrupted();
    for (const message of store.messagesWith('accepted')) {
      const chat = this.#chats.get(message.chatId);
      if (chat) this.#enqueue(chat, message.messageId, message.text);
      else await delivery.fail(message.chatId, message.messageId, 'the chat was closed before the message was sent');
    }
  }

  /** Opens a chat homed on an existing pair. Rejects when the pair is unknown or the chat exists. */
  async open({ chatId, provider, pairId, cwd }: NewChat): Promise<void> {
    const { pairs, ports, store } = this.#options;
    if (!pairs.get(pairId)) throw new Error(`no pair ${pairId}: ensure it before opening chat ${chatId}`);
    const row: ChatRow = { chatId, provider, homePairId: pairId, cwd, resumeKey: null, status: 'open' };
    const session: SessionRow = {
      sessionId: ports.ids.next('ses'),
      chatId,
      backend: 'tmux',
      terminalName: `rp-${ports.ids.next('term').replaceAll('_', '-')}`,
      pane: null,
    };
    await store.addChat(row, session);
    this.#add(row, session);
  }

  /** A front end connects: the chat claims its pair's TUI if that is free, and gets its terminal. */
  attach(chatId: string): void {
    const { pairs, terminals } = this.#options;
    const chat = this.#chats.get(chatId);
    if (!chat?.open) return;
    chat.attach();
    if (chat.provider === 'codex') pairs.home(chat).claim(chatId);
    void chat.queue.add(async () => {
      if (chat.open) await terminals.recover(chat);
    });
  }

  /** A front end went away; its chat stays. Its claim is kept for a while. */
  detach(chatId: string): void {
    const chat = this.#chats.get(chatId);
    if (!chat?.attached) return;
    const isBack = chat.detach();
    this.#options.pairs.home(chat).reapClaimLater(chatId, isBack);
  }

  /** Takes a message, or says why not. Resolves once that is durable. Asking twice with one id is asking once. */
  async send(chatId: string, messageId: string, text: string): Promise<SendResult> {
    const { pairs, store, phase } = this.#options;
    const chat = this.#chats.get(chatId);
    if (!chat) return { accepted: false, code: 'unknown-chat', reason: `There is no chat ${chatId}.` };
    const now = chatReadiness(chat, pairs.home(chat), phase());
    if (!now.ready) return { accepted: false, code: now.code, reason: now.reason };
    const first = await store.acceptMessage(messageId, chatId, text);
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
    const { pairs, store, restorer } = this.#options;
    const chat = this.#chats.get(chatId);
    if (!chat?.open) return;
    chat.status = 'closing';
    chat.announceClosed();
    pairs.home(chat).release(chatId);
    void chat.turn?.interrupt();
    await store.moveChat(chatId, 'open', 'closing', 'closed by its user');
    restorer.finishClosing(chat);
  }

  /** Resolves when nothing that chats were asked to do runs or waits any more. */
  async settled(): Promise<void> {
    await Promise.all(this.all().map((chat) => chat.queue.add(async () => {})));
  }

  #enqueue(chat: Chat, messageId: string, text: string): void {
    const { orphansReaped, delivery } = this.#options;
    void chat.queue.add(async () => {
      await orphansReaped();
      await delivery.deliver(chat, messageId, text);
    });
  }

  #add(row: ChatRow, session: SessionRow): void {
    const { ports, config, store, agents, pairs } = this.#options;
    const chat = new Chat(row, session, (error) => {
      ports.log.event('chat.task-failed', { chat: row.chatId, error: String(error) });
    });
    chat.conversation =
      row.provider === 'codex'
        ? new CodexConversation(chat, pairs.home(chat), pairs.clients, store)
        : new ClaudeConversation(chat, ports, config, store, agents);
    this.#chats.set(row.chatId, chat);
  }
}
