import type { Frontend, Log } from '../ports.ts';
import type { Failure, TurnEvent } from '../providers/types.ts';
import type { Terminals } from '../sessions/terminals.ts';
import type { Store } from '../store/store.ts';
import type { Chat } from './chat.ts';

export interface DeliveryOptions {
  readonly store: Store;
  readonly frontend: Frontend;
  readonly log: Log;
  readonly terminals: Terminals;
}

type Ended = Extract<TurnEvent, { type: 'ended' }>;

/** Takes accepted messages to their provider and their turns to an end. Each message gets one terminal status. */
export class Delivery {
  readonly #options: DeliveryOptions;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Delivers one message and waits for the end of its turn. Runs in the chat's queue. */
  async deliver(chat: Chat, messageId: string, text: string): Promise<void> {
    if (!chat.open) return this.fail(chat.chatId, messageId, 'the chat was closed before the message was sent');
    chat.interruptWanted = false;
    const terminal = await this.#options.terminals.recover(chat);
    if (!terminal.ok) return this.fail(chat.chatId, messageId, terminal.reason);
    await this.#options.store.markSending(messageId);
    const run = new Run(chat, messageId, this.#options.frontend);
    const turn = await chat.conversation.startTurn(text, (event) => run.event(event));
    if (!turn.ok) return this.fail(chat.chatId, messageId, describe(turn.failure));
    chat.turn = turn.value;
    run.turnId = turn.value.turnId;
    await this.#options.store.markRunning(messageId, run.turnId);
    this.#options.frontend.publish({ type: 'message.delivered', chatId: chat.chatId, messageId, turnId: run.turnId });
    if (!chat.open || chat.interruptWanted) void turn.value.interrupt();
    const ended = await Promise.race([run.ended, chat.closed.then(() => null)]);
    run.close();
    chat.turn = null;
    await this.#finish(chat, messageId, run.turnId, ended);
  }

  /** Gives a message its terminal status `failed`, unless it has one. */
  async fail(chatId: string, messageId: string, error: string): Promise<void> {
    const first = await this.#options.store.finishMessage(messageId, 'failed', error);
    if (!first) return;
    this.#options.frontend.publish({ type: 'message.failed', chatId, messageId, error });
  }

  async #finish(chat: Chat, messageId: string, turnId: string, ended: Ended | null): Promise<void> {
    const status = ended?.status ?? 'interrupted';
    const error = ended === null ? 'the chat was closed' : ended.failure && describe(ended.failure);
    const first = await this.#options.store.finishMessage(messageId, status, error);
    this.#options.log.event('turn.ended', { chat: chat.chatId, message: messageId, status, first });
    if (!first) return;
    this.#options.frontend.publish({ type: 'turn.ended', chatId: chat.chatId, turnId, messageId, status, error });
  }
}

/** What its users see of one turn while it runs. */
class Run {
  /** Ours until the provider has named the turn. */
  turnId = '';
  readonly ended: Promise<Ended>;
  readonly #chat: Chat;
  readonly #messageId: string;
  readonly #frontend: Frontend;
  #end: (event: Ended) => void = () => {};
  #closed = false;

  constructor(chat: Chat, messageId: string, frontend: Frontend) {
    this.#chat = chat;
    this.#messageId = messageId;
    this.#frontend = frontend;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Nothing of this turn is shown any more. */
  close(): void {
    this.#closed = true;
    this.#chat.approvals.clear();
  }

  event(event: TurnEvent): void {
    if (this.#closed) return;
    const { chatId } = this.#chat;
    const turnId = this.turnId || this.#messageId;
    switch (event.type) {
      case 'started':
        this.turnId = event.turnId;
        return;
      case 'text':
        return this.#frontend.publish({ type: 'text.delta', chatId, turnId, text: event.delta });
      case 'tool': {
        const { itemId, title, status } = event;
        return this.#frontend.publish({ type: 'tool', chatId, turnId, itemId, title, status });
      }
      case 'approval':
        this.#chat.approvals.add(event.approvalId);
        return this.#frontend.publish({
          type: 'approval.requested',
          chatId,
          turnId,
          approvalId: event.approvalId,
          title: event.title,
        });
      case 'approval-withdrawn':
        this.#chat.approvals.delete(event.approvalId);
        return this.#frontend.publish({ type: 'approval.withdrawn', chatId, turnId, approvalId: event.approvalId });
      case 'retrying':
        return this.#frontend.publish({ type: 'notice', chatId, code: 'retrying', text: event.message });
      case 'message':
        return;
      case 'ended':
        return this.#end(event);
    }
  }
}

/** One line for people; the provider's own words stay in it. */
export function describe(failure: Failure): string {
  const uncertain = failure.mayHaveRun ? ' It may have been acted upon; it is not sent again by itself.' : '';
  return `${failure.class}: ${failure.message}${uncertain}`;
}
