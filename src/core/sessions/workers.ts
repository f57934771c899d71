import type { Chat } from '../chats/chat.ts';
import type { Clock, Frontend, Log } from '../ports.ts';
import type { Terminal } from './backend.ts';
import type { SessionsConfig } from './config.ts';
import type { Terminals } from './terminals.ts';

export interface WorkersOptions {
  readonly terminals: Terminals;
  readonly clock: Clock;
  readonly log: Log;
  readonly frontend: Frontend;
  readonly sessions: SessionsConfig;
}

/**
 * What follows when the worker in a terminal ends by itself:
 *
 * | it ended | then |
 * |---|---|
 * | with exit code 0, or its backend never tells how | its terminal is removed; the next message makes another |
 * | otherwise, or its backend lost how, at most 3 times in 60 s | it is started again |
 * | otherwise, or when that does not work | its session is parked, with a notice; the next message or front end tries again |
 *
 * It is parked, without a notice, from the crash until it is started again: should the daemon end before, that is what
 * its successor finds.
 *
 * Numbers: facts/sessions-and-locks.md A1.3 (CLI exit).
 */
export class Workers {
  readonly #options: WorkersOptions;
  /** When the worker of each chat crashed lately; monotonic ms, the oldest first. */
  readonly #crashes = new Map<string, number[]>();

  /** Chats whose worker crashed, and whose terminal is not known to be gone yet. */
  readonly #crashed = new Set<string>();

  constructor(options: WorkersOptions) {
    this.#options = options;
  }

  /** The worker was found to have ended. Resolves with whether the chat is left without a terminal, on proof. */
  async ended(chat: Chat, terminal: Terminal): Promise<boolean> {
    const { terminals, log } = this.#options;
    const { code = null, signal = null, lost = false } = terminal.end ?? {};
    log.event('worker.ended', { chat: chat.chatId, pid: terminal.panePid, code, signal });
    if (lost || signal !== null || (code !== 0 && code !== null)) {
      this.#crashed.add(chat.chatId);
      // Before its terminal goes: a daemon that is started meanwhile sees no crash, only that nothing is there.
      await terminals.setState(chat, 'parked');
    }
    return (await terminals.clear(chat, terminal)).verdict === 'missing' && this.isLeft(chat);
  }

  /** A terminal is proven gone, perhaps long after its worker crashed. Resolves with whether the chat is left without one. */
  async isLeft(chat: Chat): Promise<boolean> {
    const { terminals } = this.#options;
    if (!this.#crashed.delete(chat.chatId)) return true;
    const restarted = !this.#isTooMuch(chat) && (await terminals.recover(chat)).ok;
    if (!restarted && chat.open && !terminals.stopped) await this.#park(chat);
    return false;
  }

  #isTooMuch({ chatId }: Chat): boolean {
    const { clock, sessions } = this.#options;
    const now = clock.monotonic();
    const since = now - sessions.restartWindowMs;
    const recent = (this.#crashes.get(chatId) ?? []).filter((at) => at > since);
    recent.push(now);
    this.#crashes.set(chatId, recent);
    return recent.length > sessions.maxRestarts;
  }

  async #park(chat: Chat): Promise<void> {
    const { terminals, frontend } = this.#options;
    this.#crashes.delete(chat.chatId);
    await terminals.setState(chat, 'parked');
    const text = 'The program in its terminal has crashed and is not started again until the next message.';
    frontend.publish({ type: 'notice', chatId: chat.chatId, code: 'terminal-parked', text });
  }
}
