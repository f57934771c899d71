import type { DaemonTimers } from '../config.ts';
import type { Clock, Log } from '../ports.ts';
import { type CodexClient, isUnknownThread } from '../providers/codex/index.ts';
import type { SharedClients } from '../providers/shared-clients.ts';
import { TimerGroup } from '../timer-group.ts';
import { AppServerLink } from './app-server-link.ts';
import { type SlotReadiness, TuiSlot } from './tui-slot.ts';

export interface PairOptions {
  readonly pairId: string;
  readonly clients: SharedClients<CodexClient>;
  readonly clock: Clock;
  readonly log: Log;
  readonly timers: DaemonTimers;
  /** Working directory of the threads that its TUI shows. */
  readonly cwd: string;
  /** Called when a live app-server is lost, with the reason for people. */
  readonly onAppServerLost: (reason: string) => void;
}

/** A Codex app-server and the seat of its one terminal user interface. */
export class Pair {
  readonly pairId: string;
  readonly link: AppServerLink<CodexClient>;
  readonly #options: PairOptions;
  readonly #timers: TimerGroup;
  #slot: TuiSlot<CodexClient> | null = null;

  constructor(options: PairOptions) {
    this.#options = options;
    this.pairId = options.pairId;
    const { clients, clock, log, timers } = options;
    this.#timers = new TimerGroup(clock);
    this.link = new AppServerLink({
      key: options.pairId,
      clients,
      clock,
      log,
      timers,
      onLive: () => void this.#bindSlot(),
      onLost: options.onAppServerLost,
    });
  }

  get slot(): TuiSlot<CodexClient> | null {
    return this.#slot;
  }

  get slotReadiness(): SlotReadiness | null {
    return this.#slot?.readiness(this.link.client) ?? null;
  }

  /** Gives up the app-server and all waiting, for good. */
  stop(): void {
    this.#timers.stop();
    this.link.stop();
  }

  /** Seats a terminal user interface. False when another one sits there. */
  connectTui(token: string): boolean {
    if (this.#slot) return this.#slot.token === token;
    this.#slot = new TuiSlot(token);
    void this.#bindSlot();
    return true;
  }

  /** The terminal user interface went away; its claim ends with it. Returns the chat that had claimed it. */
  disconnectTui(token: string): string | null {
    if (this.#slot?.token !== token) return null;
    const { claimedBy } = this.#slot;
    this.#slot = null;
    return claimedBy;
  }

  /** Gives the free seat to a chat; false when there is none. */
  claim(chatId: string): boolean {
    const slot = this.#slot;
    if (!slot || (slot.claimedBy !== null && slot.claimedBy !== chatId)) return false;
    slot.claimedBy = chatId;
    return true;
  }

  /** The chat gives up its claim, if it has one. */
  release(chatId: string): void {
    if (this.#slot?.claimedBy === chatId) this.#slot.claimedBy = null;
  }

  /** The slot that this chat has claimed, if it has. */
  claimedSlot(chatId: string): TuiSlot<CodexClient> | null {
    return this.#slot?.claimedBy === chatId ? this.#slot : null;
  }

  /**
   * A chat that claimed the seat has lost its front end: the claim ends in `pairReapMs` unless `isBack` says then that
   * it came back. The timer belongs to this slot and this claim: it does nothing to any other.
   */
  reapClaimLater(chatId: string, isBack: () => boolean): void {
    const slot = this.#slot;
    if (slot?.claimedBy !== chatId) return;
    this.#timers.after(this.#options.timers.pairReapMs, `pair-reap ${this.pairId} ${chatId}`, () => {
      if (slot.claimedBy !== chatId || isBack()) return;
      slot.claimedBy = null;
      this.#options.log.event('pair.claim-reaped', { pair: this.pairId, chat: chatId });
    });
  }

  /** Starts the slot's thread, or loads it into the present app-server. */
  async #bindSlot(): Promise<void> {
    const slot = this.#slot;
    const client = this.link.client;
    if (!slot || !client || slot.loadedIn === client) return;
    const { threadId } = slot;
    const bound =
      threadId === null ? await client.startThread({ cwd: this.#options.cwd }) : await client.resumeThread(threadId);
    if (this.#slot !== slot || this.link.client !== client) return;
    const error = bound.ok ? null : bound.failure.message;
    this.#options.log.event('pair.tui-thread', { pair: this.pairId, ok: bound.ok, error });
    if (bound.ok) {
      slot.threadId = bound.value;
      slot.loadedIn = client;
    } else {
      // It had no turn yet, so nothing is lost with it: the next attempt starts another.
      if (isUnknownThread(bound.failure)) slot.threadId = null;
      const { restartMinMs } = this.#options.timers;
      this.#timers.after(restartMinMs, `bind TUI thread ${this.pairId}`, () => void this.#bindSlot());
    }
  }
}
