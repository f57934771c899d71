import type { Chat } from '../chats/chat.ts';
import type { Delivery } from '../chats/delivery.ts';
import type { DaemonTimers } from '../config.ts';
import type { Clock, Frontend, Log } from '../ports.ts';
import type { Store } from '../store/store.ts';
import { TimerGroup } from '../timer-group.ts';
import type { Terminals } from './terminals.ts';

export interface RestorerOptions {
  readonly store: Store;
  readonly terminals: Terminals;
  readonly delivery: Delivery;
  readonly frontend: Frontend;
  readonly clock: Clock;
  readonly log: Log;
  readonly timers: DaemonTimers;
  /** Called when a chat has ended because nothing was left of it. */
  readonly onEnded: (chat: Chat) => void;
}

/**
 * Brings chats back after a restart and notices terminals that died. What it may conclude from one look at a terminal:
 *
 * | terminal | something to resume | nothing to resume |
 * |---|---|---|
 * | exists | attach again | attach again |
 * | missing | keep; the next message makes a new one | end the chat |
 * | unknown | keep; look again later and on the next message | the same |
 */
export class Restorer {
  readonly #options: RestorerOptions;
  readonly #sweeps: TimerGroup;

  constructor(options: RestorerOptions) {
    this.#options = options;
    this.#sweeps = new TimerGroup(options.clock);
  }

  stop(): void {
    this.#sweeps.stop();
  }

  /** Answers the messages whose turns an earlier daemon did not see to their end. They are not sent again. */
  async settleInterrupted(): Promise<void> {
    const { store, delivery } = this.#options;
    for (const { chatId, messageId } of store.messagesWith('sending')) {
      await delivery.fail(
        chatId,
        messageId,
        'the daemon stopped while sending it: it may or may not have been acted upon',
      );
    }
    for (const { chatId, messageId } of store.messagesWith('running')) {
      await delivery.fail(chatId, messageId, 'the daemon stopped during its turn: the end of the turn is not known');
    }
  }

  /** Looks at every terminal that there was. Resolves when all looks are done. */
  async restoreAll(chats: readonly Chat[]): Promise<void> {
    await Promise.all(chats.map((chat) => this.#restore(chat)));
  }

  /** Ends the terminal of a chat that its user closed, however long that takes, also across restarts. */
  finishClosing(chat: Chat): void {
    void chat.queue.add(async () => {
      await chat.conversation.close();
      if (!(await this.#options.terminals.end(chat))) return;
      if (await this.#options.store.moveChat(chat.chatId, 'closing', 'closed', 'its terminal is gone'))
        chat.status = 'closed';
      this.#options.log.event('chat.closed', { chat: chat.chatId });
    });
  }

  /** Looks again and again at the terminals that were there or could not be seen. */
  sweepRegularly(chats: () => readonly Chat[]): void {
    this.#sweeps.after(this.#options.timers.sweepMs, 'sweep terminals', () => {
      for (const chat of chats()) {
        const worthALook = chat.terminal === 'present' || chat.terminal === 'unknown';
        if (chat.open && worthALook && chat.queue.idle) void chat.queue.add(() => this.#decide(chat));
      }
      this.sweepRegularly(chats);
    });
  }

  async #restore(chat: Chat): Promise<void> {
    if (chat.status === 'closing') this.finishClosing(chat);
    else if (chat.terminal !== 'unmade') await chat.queue.add(() => this.#decide(chat));
  }

  async #decide(chat: Chat): Promise<void> {
    if (!chat.open || this.#sweeps.stopped) return;
    const seen = await this.#options.terminals.look(chat);
    if (seen.verdict !== 'missing') return;
    if (chat.resumeKey !== null || this.#options.store.hasMessages(chat.chatId)) return;
    await this.#endZombie(chat, seen.evidence);
  }

  async #endZombie(chat: Chat, evidence: string): Promise<void> {
    if (!chat.open) return;
    chat.status = 'ended';
    this.#options.onEnded(chat);
    if (!(await this.#options.store.moveChat(chat.chatId, 'open', 'ended', evidence))) return;
    this.#options.log.event('chat.ended', { chat: chat.chatId, evidence });
    const text = 'Its terminal is gone and there was nothing in it to go on with, so this chat has ended.';
    this.#options.frontend.publish({ type: 'notice', chatId: chat.chatId, code: 'ended', text });
  }
}
