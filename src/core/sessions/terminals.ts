import type { Chat } from '../chats/chat.ts';
import type { DaemonTimers } from '../config.ts';
import type { Clock, Log, Processes } from '../ports.ts';
import type { Probe } from '../probe/probe.ts';
import { sameProcess } from '../process-identity.ts';
import type { Store } from '../store/store.ts';
import { TimerGroup } from '../timer-group.ts';
import type { Terminal, TerminalBackend } from './backend.ts';

export interface TerminalsOptions {
  readonly backend: TerminalBackend;
  readonly store: Store;
  readonly clock: Clock;
  readonly processes: Processes;
  readonly log: Log;
  readonly timers: DaemonTimers;
  readonly owner: string;
  readonly worker: readonly string[];
}

/** Whether a chat's terminal could be brought up; if not, why, for people. */
export type Recovery = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/**
 * The terminals of chats: finds them again, makes them, ends them. Only positive evidence of absence lets it conclude
 * that a terminal is gone, and only a user's wish lets it end one. Callers serialise per chat.
 */
export class Terminals {
  readonly #options: TerminalsOptions;
  readonly #pauses: TimerGroup;

  constructor(options: TerminalsOptions) {
    this.#options = options;
    this.#pauses = new TimerGroup(options.clock);
  }

  /** Gives up all waiting; nothing is ended. */
  stop(): void {
    this.#pauses.stop();
  }

  /** One look at a chat's terminal; notes what it saw. */
  async look(chat: Chat): Promise<Probe<Terminal>> {
    const { backend, log } = this.#options;
    const seen = await backend.probe(chat.session.terminalName, chat.session.pane);
    log.event('terminal.probe', { chat: chat.chatId, verdict: seen.verdict, evidence: seen.evidence });
    if (seen.verdict === 'exists') await this.#found(chat, seen.found);
    else if (chat.terminal !== 'unmade') chat.terminal = seen.verdict === 'missing' ? 'absent' : 'unknown';
    return seen;
  }

  /** Makes sure that the chat has a terminal: finds it, or makes it when it is proven absent. */
  async recover(chat: Chat): Promise<Recovery> {
    if (chat.terminal === 'present') return { ok: true };
    const { timers } = this.#options;
    let reason = 'the daemon is shutting down';
    for (const pause of [0, ...timers.recoverPausesMs]) {
      if (pause > 0) await this.#pauses.sleep(pause, `recover ${chat.chatId}`);
      const { stopped } = this.#pauses;
      if (stopped || !chat.open) return { ok: false, reason: stopped ? reason : 'the chat was closed' };
      const attempt = await this.#attempt(chat);
      if (attempt.ok) return attempt;
      reason = attempt.reason;
      if (!attempt.again) break;
    }
    return { ok: false, reason };
  }

  /**
   * Ends a chat's terminal because its user closed the chat; resolves when it is proven gone, however long that takes.
   * False when the daemon stops first.
   */
  async end(chat: Chat): Promise<boolean> {
    const { timers, log } = this.#options;
    for (let pause = timers.restartMinMs; ; pause = Math.min(pause * 2, timers.restartMaxMs)) {
      if (this.#pauses.stopped) return false;
      const seen = await this.look(chat);
      if (seen.verdict === 'missing') return true;
      if (seen.verdict === 'exists') {
        if (seen.found.owner !== this.#options.owner) {
          log.event('terminal.not-ours', { chat: chat.chatId, owner: seen.found.owner });
          return true;
        }
        const killed = await this.#options.backend.kill(chat.session.terminalName);
        log.event('terminal.kill', { chat: chat.chatId, outcome: killed.outcome });
        // Asked to is not done: the next look decides.
        if (killed.outcome === 'done') pause = 1;
      }
      await this.#pauses.sleep(pause, `end ${chat.chatId}`);
    }
  }

  async #attempt(chat: Chat): Promise<Recovery & { readonly again?: boolean }> {
    const { backend, owner, worker } = this.#options;
    const seen = await this.look(chat);
    if (seen.verdict === 'unknown') return { ok: false, reason: `its terminal: ${seen.evidence}`, again: true };
    if (seen.verdict === 'exists') {
      if (seen.found.owner === owner) return { ok: true };
      return { ok: false, reason: `a terminal of this name belongs to ${seen.found.owner ?? 'somebody else'}` };
    }
    const name = chat.session.terminalName;
    const made = await backend.create({ name, argv: [...worker, chat.chatId], cwd: chat.cwd });
    if (made.outcome !== 'done') return { ok: false, reason: made.reason, again: true };
    await this.#found(chat, made.value);
    return { ok: true };
  }

  async #found(chat: Chat, terminal: Terminal): Promise<void> {
    if (terminal.owner !== this.#options.owner) return;
    chat.terminal = 'present';
    // Asked again each time: a pane process of the same pid may be another one.
    const process = await this.#options.processes.inspect(terminal.panePid);
    if (process.kind !== 'alive') return;
    const { pane } = chat.session;
    if (pane && sameProcess(pane, process.identity)) return;
    chat.session = { ...chat.session, pane: process.identity };
    await this.#options.store.setPane(chat.session.sessionId, process.identity);
  }
}
