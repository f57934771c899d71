import { Kept } from '../kept.ts';
import type { Clock, Log, Network } from '../ports.ts';
import { cleanupAfter } from '../providers/cleanup-policy.ts';
import { type CodexClient, isUnknownThread } from '../providers/codex/index.ts';
import type { SharedClients } from '../providers/shared-clients.ts';
import type { PairStatus } from '../status.ts';
import { TimerGroup } from '../timer-group.ts';
import { AppServerLink } from './app-server-link.ts';
import type { PairTimers } from './config.ts';
import { TuiDoor } from './tui-door.ts';
import { type CloseCode, THREAD_CLOSED } from './tui-protocol.ts';
import { type SlotReadiness, TuiSlot } from './tui-slot.ts';

export interface PairOptions {
  readonly pairId: string;
  /** Number of its place; it has the same one until it is forgotten. */
  readonly place: number;
  /** Pairs are in this order: the order in which they were asked for. */
  readonly position: number;
  /** Where its TUI connects. */
  readonly port: number;
  readonly clients: SharedClients<CodexClient>;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Log;
  readonly timers: PairTimers;
  /** Working directory of the threads that its TUI shows. */
  readonly cwd: string;
  /** Called when a live app-server is lost, with the reason for people. */
  readonly onAppServerLost: (reason: string) => void;
  /** Called when its TUI went away and a chat had claimed it. */
  readonly onTuiGone: (chatId: string) => void;
}

/** A Codex app-server and the seat of its one terminal user interface. */
export class Pair {
  readonly pairId: string;
  readonly link: AppServerLink<CodexClient>;
  readonly door: TuiDoor;
  /** What users are told of it. */
  readonly status = new Kept<PairStatus>();
  readonly #options: PairOptions;
  readonly #timers: TimerGroup;
  #slot: TuiSlot<CodexClient> | null = null;

  constructor(options: PairOptions) {
    this.#options = options;
    this.pairId = options.pairId;
    const { pairId, port, clients, network, clock, log, timers } = options;
    this.#timers = new TimerGroup(clock);
    this.door = new TuiDoor({ pairId, port, network, log, group: this.#timers, timers, seat: this });
    this.link = new AppServerLink({
      key: pairId,
      clients,
      clock,
      log,
      timers,
      onLive: () => this.#appServerCame(),
      onLost: options.onAppServerLost,
    });
  }

  get slot(): TuiSlot<CodexClient> | null {
    return this.#slot;
  }

  get slotReadiness(): SlotReadiness | null {
    return this.#slot?.readiness(this.link.client) ?? null;
  }

  get place(): number {
    return this.#options.place;
  }

  get position(): number {
    return this.#options.position;
  }

  get port(): number {
    return this.#options.port;
  }

  /** Gives up the app-server, its TUI and all waiting, for good. Resolves when its port is free. */
  async stop(code?: CloseCode, reason?: string): Promise<void> {
    this.#timers.stop();
    this.link.stop();
    this.#slot = null;
    await this.door.close(code, reason);
  }

  /** Seats a terminal user interface. Nothing changes for one that sits there already. */
  connectTui(token: string): void {
    if (this.#slot?.token === token) return;
    this.#slot = new TuiSlot(token);
    void this.#bindSlot();
  }

  /** The terminal user interface went away; the claim on it ends with it. */
  disconnectTui(token: string): void {
    if (this.#slot?.token !== token) return;
    const { claimedBy } = this.#slot;
    this.#slot = null;
    if (claimedBy !== null) this.#options.onTuiGone(claimedBy);
  }

  /** A TUI is there and no chat has claimed it. */
  get hasFreeSeat(): boolean {
    return this.#slot !== null && this.#slot.claimedBy === null;
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

  #appServerCame(): void {
    const { client } = this.link;
    client?.onThreadClosed((threadId) => this.#threadClosed(client, threadId));
    void this.#bindSlot();
  }

  /** The server has unloaded the thread that the TUI shows: that is the end of its visit (facts A1b, slot any). */
  #threadClosed(client: CodexClient, threadId: string): void {
    const slot = this.#slot;
    if (slot?.threadId !== threadId || slot.loadedIn !== client) return;
    this.#options.log.event('pair.tui-thread-closed', { pair: this.pairId });
    this.door.dismiss(slot.token, THREAD_CLOSED, 'the thread that it shows was closed');
    this.disconnectTui(slot.token);
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
      // It may have been closed in the same breath.
      if (!client.hasThread(bound.value)) this.#threadClosed(client, bound.value);
    } else {
      // It had no turn yet, so nothing is lost with it: the next attempt starts another.
      if (isUnknownThread(bound.failure)) slot.threadId = null;
      // One that does not answer will not answer the next attempt either.
      if (cleanupAfter(bound.failure.class, 'start') !== 'release') {
        this.#options.clients.retire(this.pairId, `its TUI thread: ${bound.failure.message}`);
      }
      const { restartMinMs } = this.#options.timers;
      this.#timers.after(restartMinMs, `bind TUI thread ${this.pairId}`, () => void this.#bindSlot());
    }
  }
}
