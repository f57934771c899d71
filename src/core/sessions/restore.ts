import type { Chat } from '../chats/chat.ts';
import type { Delivery } from '../chats/delivery.ts';
import type { DaemonTimers } from '../config.ts';
import type { Clock, Frontend, Log } from '../ports.ts';
import type { Store } from '../store/store.ts';
import { TimerGroup } from '../timer-group.ts';
import type { SessionsConfig } from './config.ts';
import type { Terminals } from './terminals.ts';
import type { Workers } from './workers.ts';

export interface RestorerOptions {
  readonly store: Store;
  readonly terminals: Terminals;
  readonly delivery: Delivery;
  readonly frontend: Frontend;
  readonly clock: Clock;
  readonly log: Log;
  readonly timers: DaemonTimers;
  readonly sessions: SessionsConfig;
  readonly workers: Workers;
  /** Our label on terminals. */
  readonly owner: string;
  /** Called when a chat has ended because nothing was left of it. */
  readonly onEnded: (chat: Chat) => void;
}

/**
 * Brings chats back after a restart and looks after their terminals. What it may conclude from one look at a terminal:
 *
 * | terminal | something to resume | nothing to resume |
 * |---|---|---|
 * | exists, its worker runs | attach again | attach again |
 * | exists, its worker has ended | remove it; see {@link Workers} | the same, and end the chat unless it runs again |
 * | exists, and is suspended | end it | end it |
 * | missing | keep; the next message makes a new one | end the chat |
 * | missing, its worker alive: no server has it | end the worker, by identity; then as above | the same |
 * | missing, and adopted | keep; the next message makes one of its own | end the chat |
 * | unknown | keep; look again later and on the next message | the same |
 *
 * A terminal that was never seen, though it had been asked for, ends no chat; nor does one that is parked.
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
    // When they were used last is not written down.
    for (const chat of chats) chat.usedAt = this.#options.clock.monotonic();
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
      this.#suspendSurplus(chats());
      for (const chat of chats()) this.#lookIfIdle(chat);
      this.sweepRegularly(chats);
    });
  }

  /** A terminal was made: looks whether its worker still runs after a moment (facts D11: a launch that "succeeds"). */
  lookSoon(chat: Chat): void {
    const { settleMs } = this.#options.sessions;
    this.#sweeps.after(settleMs, `look at new terminal ${chat.chatId}`, () => this.#lookIfIdle(chat));
  }

  /** Ends a chat's terminal to save room; the next message makes another. Resolves when that was tried. */
  suspend(chat: Chat): Promise<void> {
    return chat.queue.add(async () => {
      if (!chat.open || chat.session.adopted || chat.terminal === 'unmade' || this.#sweeps.stopped) return;
      await this.#options.terminals.setState(chat, 'suspended');
      await this.#decide(chat);
    });
  }

  /** Suspends what has been out of use longest when there are more terminals than there may be (facts A1.3 idle cap). */
  #suspendSurplus(chats: readonly Chat[]): void {
    const { maxTerminals, unusedMs } = this.#options.sessions;
    const kept = chats.filter((chat) => chat.terminal === 'present' && isOursToKeep(chat));
    const surplus = kept.length - maxTerminals;
    if (surplus <= 0) return;
    const usedBefore = this.#options.clock.monotonic() - unusedMs;
    const unused = kept.filter((chat) => chat.session.state === 'active' && isIdle(chat) && chat.usedAt <= usedBefore);
    unused.sort((one, other) => one.usedAt - other.usedAt);
    for (const chat of unused.slice(0, surplus)) void this.suspend(chat);
  }

  #lookIfIdle(chat: Chat): void {
    const worthALook = chat.terminal === 'present' || chat.terminal === 'unknown';
    if (chat.open && worthALook && chat.queue.idle) void chat.queue.add(() => this.#decide(chat));
  }

  async #restore(chat: Chat): Promise<void> {
    if (chat.status === 'closing') this.finishClosing(chat);
    else if (chat.terminal !== 'unmade') await chat.queue.add(() => this.#decide(chat));
  }

  async #decide(chat: Chat): Promise<void> {
    if (!chat.open || this.#sweeps.stopped) return;
    const { terminals, workers, store } = this.#options;
    const hadTerminal = chat.session.seen.pane !== null;
    if (chat.session.state === 'suspended') {
      // Asked to is not done: the second look tells.
      if ((await terminals.endOnce(chat)) === 'asked') await terminals.endOnce(chat);
      return;
    }
    const seen = await terminals.look(chat);
    if (!chat.open || seen.verdict === 'unknown') return;
    if (seen.verdict === 'exists') {
      if (!seen.found.end || chat.session.adopted || seen.found.owner !== this.#options.owner) return;
      if (!(await workers.ended(chat, seen.found))) return;
    } else if (!chat.session.adopted && !(await terminals.endStray(seen))) return;
    else if (!(await workers.isLeft(chat))) return;
    const resumable = chat.resumeKey !== null || chat.arriving > 0 || store.hasMessages(chat.chatId);
    if (chat.session.adopted) await terminals.disown(chat);
    // A parked one waits for its user, as that was told.
    if (chat.session.state === 'parked') return;
    if (!resumable && hadTerminal) await this.#endZombie(chat, seen.evidence);
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

/** What was suspended before does not count: its terminal ends as soon as it can be reached. */
function isOursToKeep({ open, session }: Chat): boolean {
  return open && !session.adopted && session.state !== 'suspended';
}

/** Nobody waits for it, and nobody looks on. */
function isIdle({ queue, attached, arriving }: Chat): boolean {
  return queue.idle && !attached && arriving === 0;
}
