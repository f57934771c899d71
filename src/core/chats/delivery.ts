import type { Clock, Frontend, Log } from '../ports.ts';
import { AbortSource } from '../providers/abort.ts';
import type { ProviderTimers } from '../providers/config.ts';
import type { Failure, Outcome, Turn, TurnEvent } from '../providers/types.ts';
import type { Terminals } from '../sessions/terminals.ts';
import type { Store } from '../store/store.ts';
import type { Chat } from './chat.ts';
import type { QueuePlace } from './serial-queue.ts';
import { TurnWatchdog } from './turn-watchdog.ts';

export interface DeliveryOptions {
  readonly store: Store;
  readonly frontend: Frontend;
  readonly log: Log;
  readonly clock: Clock;
  readonly timers: ProviderTimers;
  readonly terminals: Terminals;
}

type Ended = Extract<TurnEvent, { type: 'ended' }>;

/** Takes accepted messages to their provider and their turns to an end. Each message gets one terminal status. */
export class Delivery {
  readonly #options: DeliveryOptions;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /**
   * Delivers one message and waits for the end of its turn. Runs in the chat's queue, whose cap bounds everything but the
   * turn; over that its watchdog watches. Once the queue has gone on without it, nothing more comes of it.
   */
  async deliver(chat: Chat, messageId: string, text: string, place: QueuePlace): Promise<void> {
    if (!chat.open) return this.fail(chat.chatId, messageId, 'the chat was closed before the message was sent');
    const terminal = await this.#options.terminals.recover(chat);
    if (!place.current) return;
    if (!terminal.ok) return this.fail(chat.chatId, messageId, terminal.reason);
    await chat.lock?.tend();
    await this.#options.store.markSending(messageId);
    if (!place.current) return;
    const run = new Run(chat, messageId, this.#options.frontend);
    const turn = await this.#startTurn(chat, text, run);
    if (!place.current) {
      if (turn.ok) void turn.value.interrupt();
      return;
    }
    if (!turn.ok) return this.fail(chat.chatId, messageId, describe(turn.failure));
    chat.turn = turn.value;
    run.turnId = turn.value.turnId;
    place.suspendCap();
    const watchdog = this.#watch(chat, run, turn.value);
    await this.#options.store.markRunning(messageId, run.turnId);
    this.#options.frontend.publish({ type: 'message.delivered', chatId: chat.chatId, messageId, turnId: run.turnId });
    if (!chat.open || chat.interruptWanted) void turn.value.interrupt();
    const ended = await Promise.race([run.ended, chat.closed.then(() => null)]);
    place.resumeCap();
    run.close();
    chat.turn = null;
    if (ended) watchdog.stop();
    else watchdog.endTurn('the chat was closed, and the provider did not end its turn');
    await this.#finish(chat, messageId, run.turnId, ended, watchdog.verdict);
  }

  /** The queue goes on without this message: how it ended is not known, and will not be told. */
  async leaveBehind(chatId: string, messageId: string): Promise<void> {
    this.#options.log.event('message.stuck', { chat: chatId, message: messageId });
    await this.fail(
      chatId,
      messageId,
      'timed-out: its delivery got stuck. It may have been acted upon; it is not sent again by itself.',
    );
  }

  async #startTurn(chat: Chat, text: string, run: Run): Promise<Outcome<Turn>> {
    const abort = AbortSource.after(chat.closed);
    return chat.conversation.startTurn(text, (event) => run.event(event), abort);
  }

  #watch(chat: Chat, run: Run, turn: Turn): TurnWatchdog {
    const { clock, log, timers, frontend } = this.#options;
    const { chatId } = chat;
    const watchdog = new TurnWatchdog({
      clock,
      log,
      timers,
      name: chatId,
      turn,
      waitsForUser: () => chat.approvals.size > 0,
      onStalled: (silentMs) => {
        log.event('turn.stalled', { turn: chatId, silentMs });
        const waits = chat.approvals.size > 0 ? 'It waits for an approval.' : 'It can be interrupted.';
        const text = `Nothing has been heard of the turn for ${Math.round(silentMs / 1_000)} s. ${waits}`;
        frontend.publish({ type: 'notice', chatId, code: 'turn-stalled', text });
      },
    });
    run.watchdog = watchdog;
    return watchdog;
  }

  /** Gives a message its terminal status `failed`, unless it has one. */
  async fail(chatId: string, messageId: string, error: string): Promise<void> {
    const first = await this.#options.store.finishMessage(messageId, 'failed', error);
    if (!first) return;
    this.#options.frontend.publish({ type: 'message.failed', chatId, messageId, error });
  }

  async #finish(
    chat: Chat,
    messageId: string,
    turnId: string,
    ended: Ended | null,
    verdict: Failure | null,
  ): Promise<void> {
    // A turn that was interrupted from here was not interrupted by its user (facts O27).
    const failure = ended?.status === 'interrupted' ? verdict : (ended?.failure ?? null);
    const status = ended === null ? 'interrupted' : failure ? 'failed' : ended.status;
    const error = ended === null ? 'the chat was closed' : failure && describe(failure);
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
  watchdog: TurnWatchdog | null = null;
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
    if (event.type === 'ended') this.watchdog?.stop();
    if (this.#closed) return;
    this.watchdog?.saw(event);
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
