import type { Chat } from '../chats/chat.ts';
import { SerialQueue } from '../chats/serial-queue.ts';
import type { Clock, Log } from '../ports.ts';
import { TimerGroup } from '../timer-group.ts';
import type { Terminal } from './backend.ts';
import type { SessionsConfig } from './config.ts';
import type { InputOutcome, SessionStore } from './session-store.ts';
import type { Terminals } from './terminals.ts';

/** A live terminal that a front end may attach to; or why there is none, and whether asking again may help. */
export type Wake =
  | { readonly ok: true; readonly backend: string; readonly name: string; readonly panePid: number }
  | { readonly ok: false; readonly retry: boolean; readonly reason: string };

export type TypeResult = { readonly outcome: InputOutcome; readonly reason: string };

export interface TerminalAccessOptions {
  readonly terminals: Terminals;
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly sessions: SessionsConfig;
  readonly owner: string;
}

/** From one look at a terminal that cannot be seen to the next, ms. */
const LOOK_AGAIN_MS = 2_000;

/** What front ends do with the terminals of chats directly, beside the messages. It makes and ends none. */
export class TerminalAccess {
  readonly #options: TerminalAccessOptions;
  readonly #pauses: TimerGroup;
  readonly #queues = new Map<string, SerialQueue>();

  constructor(options: TerminalAccessOptions) {
    this.#options = options;
    this.#pauses = new TimerGroup(options.clock);
  }

  stop(): void {
    this.#pauses.stop();
  }

  /** Finds the live terminal of a chat, within a bounded time. Only a terminal that is proven to exist is given out. */
  async wake(chat: Chat): Promise<Wake> {
    const { clock, sessions } = this.#options;
    const deadline = clock.monotonic() + sessions.wakeMs;
    chat.usedAt = clock.monotonic();
    for (;;) {
      const seen = await this.#find(chat);
      if ('found' in seen) {
        const { name, panePid } = seen.found;
        return { ok: true, backend: chat.session.backend, name, panePid };
      }
      const more = seen.retry && clock.monotonic() + LOOK_AGAIN_MS < deadline && !this.#pauses.stopped;
      if (!more) return { ok: false, ...seen };
      await this.#pauses.sleep(LOOK_AGAIN_MS, `wake ${chat.chatId}`);
    }
  }

  /**
   * Types text into a chat's terminal, at most once for each `inputId`, also across restarts: asking again gives the
   * first outcome. `uncertain` means that it may have been typed or may still be; it is never typed again by itself.
   */
  async type(chat: Chat, inputId: string, text: string): Promise<TypeResult> {
    chat.usedAt = this.#options.clock.monotonic();
    let result: TypeResult = { outcome: 'refused', reason: 'the daemon is shutting down' };
    await this.#queueOf(chat).add(async () => {
      result = await this.#type(chat, inputId, text);
    });
    return result;
  }

  /** The text on a chat's screen; null when it cannot be seen. */
  async screen(chat: Chat): Promise<string | null> {
    const seen = await this.#find(chat);
    if (!('found' in seen)) return null;
    return this.#options.terminals.backendOf(chat).capture(seen.found);
  }

  /** Resolves when nothing is being typed any more. */
  async settled(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.add(async () => {})));
  }

  async #type(chat: Chat, inputId: string, text: string): Promise<TypeResult> {
    const { store, terminals, log } = this.#options;
    if (this.#pauses.stopped) return { outcome: 'refused', reason: 'the daemon is shutting down' };
    if (!(await store.beginInput(inputId, chat.chatId)))
      return { outcome: store.inputOutcome(inputId), reason: 'it was asked for before' };
    const seen = await this.#find(chat);
    let result: TypeResult;
    if ('found' in seen) {
      const sent = await terminals.backendOf(chat).send(seen.found, text);
      result = { outcome: sent.outcome, reason: sent.outcome === 'done' ? '' : sent.reason };
    } else result = { outcome: 'refused', reason: seen.reason };
    await store.endInput(inputId, result.outcome);
    log.event('terminal.input', { chat: chat.chatId, input: inputId, outcome: result.outcome });
    return result;
  }

  async #find(
    chat: Chat,
  ): Promise<{ readonly found: Terminal } | { readonly retry: boolean; readonly reason: string }> {
    const { terminals, owner } = this.#options;
    if (!chat.open) return { retry: false, reason: 'the chat is closed' };
    if (chat.session.state === 'suspended') return { retry: false, reason: 'its terminal is suspended' };
    const seen = await terminals.ask(chat);
    if (seen.verdict !== 'exists')
      return { retry: terminals.isConfigured(chat), reason: `its terminal: ${seen.evidence}` };
    if (!chat.session.adopted && seen.found.owner !== owner)
      return { retry: false, reason: `a terminal of this name belongs to ${seen.found.owner ?? 'somebody else'}` };
    if (seen.found.end) return { retry: true, reason: 'its worker has ended' };
    return { found: seen.found };
  }

  #queueOf(chat: Chat): SerialQueue {
    let queue = this.#queues.get(chat.chatId);
    if (!queue) {
      const { log } = this.#options;
      queue = new SerialQueue((error) => log.event('chat.task-failed', { chat: chat.chatId, error: String(error) }));
      this.#queues.set(chat.chatId, queue);
    }
    return queue;
  }
}
