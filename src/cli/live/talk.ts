import type { ChatView, FrontendEvent, PairStatus } from '../../core/index.ts';
import type { ModelAsk } from '../../world/model/index.ts';
import type { LiveMachine } from './machine.ts';
import { expect } from './watch.ts';

/** A message that was accepted. */
export interface Sent {
  readonly chatId: string;
  readonly messageId: string;
  /** Number of events published before it was sent. */
  readonly from: number;
}

export type Ended = Extract<FrontendEvent, { type: 'turn.ended' | 'message.failed' }>;

/** What became of a message. */
export interface Answered {
  readonly ended: Ended;
  /** The text as it was streamed, piece by piece. */
  readonly deltas: readonly string[];
  /** The request in which the model saw the message. */
  readonly ask: ModelAsk;
}

/** A user of the daemon who waits for answers. */
export class Talk {
  readonly #machine: LiveMachine;
  #messages = 0;

  constructor(machine: LiveMachine) {
    this.#machine = machine;
  }

  chat(chatId: string): ChatView {
    const view = this.#machine.daemon.status().chats.find((chat) => chat.chatId === chatId);
    expect(view !== undefined, `the daemon to know chat ${chatId}`, 'it does not');
    return view;
  }

  pair(pairId: string): PairStatus {
    const view = this.#machine.daemon.status().pairs.find((pair) => pair.pairId === pairId);
    expect(view !== undefined, `the daemon to know pair ${pairId}`, 'it does not');
    return view;
  }

  /** Waits until the pair's app-server is live and resolves with its pid. */
  async live(pairId: string): Promise<number> {
    return this.#machine.watch.until(`the app-server of pair ${pairId} to be live`, () => {
      const { appServer, appServerPid } = this.pair(pairId);
      return appServer === 'live' ? appServerPid : null;
    });
  }

  /** Sends a message, which must be accepted. The number makes its text unique, so that the model's request is found. */
  async send(chatId: string, words: string): Promise<Sent> {
    const { daemon, windows } = this.#machine;
    const messageId = `m${++this.#messages}`;
    const from = windows.events.length;
    windows.said(chatId, words);
    const result = await daemon.send(chatId, messageId, `${messageId} ${words}`);
    expect(result.accepted, `a message to chat ${chatId} to be accepted`, result);
    return { chatId, messageId, from };
  }

  /** The text that has been streamed so far. */
  deltas({ chatId, from }: Sent): string[] {
    const events = this.#machine.windows.events.slice(from);
    return events.flatMap((event) => (event.type === 'text.delta' && event.chatId === chatId ? [event.text] : []));
  }

  /** The end of its turn, or null while there is none. */
  end({ messageId, from }: Sent): Ended | null {
    const isEnd = (event: FrontendEvent): event is Ended =>
      (event.type === 'turn.ended' || event.type === 'message.failed') && event.messageId === messageId;
    return this.#machine.windows.events.slice(from).find(isEnd) ?? null;
  }

  /** Waits for the end of the turn, which must be a completed one. */
  async completed(sent: Sent): Promise<Answered> {
    const what = `the turn of message ${sent.messageId} in chat ${sent.chatId} to end`;
    const ended = await this.#machine.watch.until(what, () => this.end(sent));
    expect(ended.type === 'turn.ended' && ended.status === 'completed', 'a completed turn', ended);
    const ask = this.#machine.model.asks.find(({ user }) => user.startsWith(`${sent.messageId} `));
    expect(ask !== undefined, `the model to have been asked ${sent.messageId}`, this.#machine.model.asks);
    return { ended, deltas: this.deltas(sent), ask };
  }

  /** Sends a message and waits for its answer. */
  async say(chatId: string, words: string): Promise<Answered> {
    return this.completed(await this.send(chatId, words));
  }
}
