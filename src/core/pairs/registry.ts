import type { AgentRegistry } from '../agents.ts';
import type { DaemonConfig } from '../config.ts';
import type { Ports } from '../ports.ts';
import { appServers } from '../providers/codex/app-servers.ts';
import type { CodexClient } from '../providers/codex/index.ts';
import type { SharedClients } from '../providers/shared-clients.ts';
import { Pair } from './pair.ts';
import { PairStore } from './pair-store.ts';
import { PlaceAllocator } from './places.ts';
import {
  badPairName,
  type DestroyOptions,
  type DestroyResult,
  type EnsureResult,
  noSuchPair,
  type PairError,
  pairError,
} from './results.ts';
import { PAIR_GONE } from './tui-protocol.ts';

export interface PairRegistryOptions {
  readonly ports: Ports;
  readonly config: DaemonConfig;
  readonly agents: AgentRegistry;
  /** Resolves when the provider processes of earlier daemons are gone, or given up on: no app-server starts before. */
  readonly orphansReaped: () => Promise<void>;
  /** Called when a live app-server is lost, with the reason for people. */
  readonly onAppServerLost: (pairId: string, reason: string) => void;
  /** Called when a pair's TUI went away and a chat had claimed it. */
  readonly onTuiGone: (pairId: string, chatId: string) => void;
  /** Called when a pair was destroyed, for each chat that had its home or its seat there. */
  readonly onDestroyed: (pairId: string, chatId: string) => void;
}

/** The chats, as far as pairs must know of them. */
export interface Residents {
  /** A chat that works on this pair now, if there is one. */
  busyOn(pairId: string): string | null;
  /** Chats whose home it is. */
  homedOn(pairId: string): readonly string[];
  /** Their home is another pair from now on; nothing is sent before `gone`, when the old one has let go of their threads. */
  moveHome(from: string, to: string, gone: Promise<void>): void;
}

/** All pairs of this daemon, and the app-servers that they share with whoever works on them. */
export class PairRegistry {
  readonly clients: SharedClients<CodexClient>;
  readonly #options: PairRegistryOptions;
  readonly #store: PairStore;
  readonly #places: PlaceAllocator;
  /** Pairs that run, in the order in which they were asked for. */
  #pairs = new Map<string, Pair>();
  #lastPosition = 0;
  /** Where each chat had its last seat: where to look, not what is so. */
  readonly #lastSeat = new Map<string, Pair>();
  /** What is being done to a pair, by name: one thing at a time. */
  readonly #underWay = new Map<
    string,
    { readonly ensures: Promise<EnsureResult> | null; readonly over: Promise<void> }
  >();
  #stopping = false;

  constructor(options: PairRegistryOptions) {
    this.#options = options;
    this.#store = new PairStore(options.ports.database);
    this.#places = new PlaceAllocator(options.config.pairs);
    this.clients = appServers({ ...options, stopping: () => this.#stopping });
  }

  /** In the order in which they were asked for. */
  all(): readonly Pair[] {
    return [...this.#pairs.values()];
  }

  get(pairId: string): Pair | undefined {
    return this.#pairs.get(pairId);
  }

  /** The pair at whose TUI this chat has a seat; null when it works in a thread of its own. */
  seatOf(chatId: string): Pair | null {
    const pair = this.#lastSeat.get(chatId);
    return pair?.claimedSlot(chatId) ? pair : null;
  }

  /** Gives a chat the free seat at this pair's TUI, and takes any other from it. False when the seat is not free. */
  claim(chatId: string, pair: Pair): boolean {
    const before = this.seatOf(chatId);
    if (!pair.claim(chatId)) return false;
    if (before !== pair) before?.release(chatId);
    this.#lastSeat.set(chatId, pair);
    return true;
  }

  /** A chat gives up its seat, if it has one. */
  release(chatId: string): void {
    this.seatOf(chatId)?.release(chatId);
    this.#lastSeat.delete(chatId);
  }

  /**
   * Where a chat works now: at the TUI whose seat it has claimed, else at home. Derived, hence never out of date. Null
   * for a chat that is over and whose home has been destroyed since.
   */
  workplace(chat: { readonly chatId: string; readonly homePairId: string }): Pair | null {
    return this.seatOf(chat.chatId) ?? this.#pairs.get(chat.homePairId) ?? null;
  }

  /** The first live pair, in order, whose TUI nobody has claimed. */
  firstFreeSeat(): Pair | null {
    for (const pair of this.#pairs.values()) if (pair.link.phase === 'live' && pair.hasFreeSeat) return pair;
    return null;
  }

  /** Where chats live that nobody assigned to a pair: the first live one, or the first at all, other than `not`. */
  shelter(not: string | null = null): Pair | null {
    const others = this.all().filter(({ pairId }) => pairId !== not);
    return others.find(({ link }) => link.phase === 'live') ?? others[0] ?? null;
  }

  /** Brings back the pairs that are to run, without their app-servers. */
  load(): void {
    for (const { pairId, place, wanted, position } of this.#store.pairs()) {
      this.#places.take(pairId, place);
      this.#lastPosition = position;
      if (wanted) this.#insert(this.#make(pairId, place, position));
    }
  }

  /** Begins to start every pair. Whatever is in the way is tried again until it is not. */
  startAll(): void {
    for (const pair of this.#pairs.values()) {
      void pair.door.openInTheEnd();
      void pair.link.start();
    }
  }

  /**
   * Makes sure that a pair runs: makes it, brings back one that was destroyed, or starts the app-server of one that has
   * lost it. Resolves when its port is open and its app-server answers, or with what is in the way; then nothing is left
   * of a pair that did not run before. Calls at the same time get the same pair.
   */
  async ensure(pairId: string): Promise<EnsureResult> {
    const bad = badPairName(pairId);
    if (bad) return bad;
    for (;;) {
      if (this.#stopping) return shuttingDown();
      const underWay = this.#underWay.get(pairId);
      if (underWay?.ensures) return underWay.ensures;
      if (!underWay) return this.#alone(pairId, () => this.#ensure(pairId), true);
      await underWay.over;
    }
  }

  /**
   * Ends a pair: its TUI is sent away, its app-server is closed, its chats live on another pair and go on there in
   * threads of their own. Resolves when all that is done.
   */
  async destroy(pairId: string, options: DestroyOptions, residents: Residents): Promise<DestroyResult> {
    for (;;) {
      if (this.#stopping) return shuttingDown();
      const underWay = this.#underWay.get(pairId);
      if (!underWay) return this.#alone(pairId, () => this.#destroy(pairId, options, residents), false);
      await underWay.over;
    }
  }

  /** Gives up all app-servers, ports and waiting, for good; `clients` still has to be closed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.all().map((pair) => pair.stop()));
    await Promise.all([...this.#underWay.values()].map(({ over }) => over));
  }

  #alone<Result extends EnsureResult | DestroyResult>(
    pairId: string,
    work: () => Promise<Result>,
    ensures: boolean,
  ): Promise<Result> {
    const result = work();
    const over = result.then(() => {
      if (this.#underWay.get(pairId)?.over === over) this.#underWay.delete(pairId);
    });
    this.#underWay.set(pairId, { ensures: ensures ? (result as Promise<EnsureResult>) : null, over });
    return result;
  }

  async #ensure(pairId: string): Promise<EnsureResult> {
    const running = this.#pairs.get(pairId);
    if (running) {
      await running.link.start();
      return this.#started(running);
    }
    const pair = await this.#openDoor(pairId);
    if (!(pair instanceof Pair)) return pair;
    await this.#options.orphansReaped();
    if (!this.#stopping) await pair.link.start();
    const result = this.#started(pair);
    if (!result.ok) {
      await pair.stop(PAIR_GONE, 'the pair could not be started');
      this.#places.giveBack(pairId);
      return result;
    }
    this.#insert(pair);
    await this.#store.add(pairId, pair.place, pair.position);
    this.#places.keep(pairId);
    return result;
  }

  /** A pair whose port is open. A new one passes over ports that others hold; a registered one keeps its own. */
  async #openDoor(pairId: string): Promise<Pair | PairError> {
    const passedOver: number[] = [];
    const position = ++this.#lastPosition;
    for (;;) {
      const place = this.#places.placeOf(pairId, passedOver);
      if (typeof place === 'object') return place;
      const pair = this.#make(pairId, place, position);
      const conflict = await pair.door.open();
      if (this.#stopping) {
        await pair.stop();
        return shuttingDown();
      }
      if (!conflict) return pair;
      void pair.stop();
      if (this.#places.isRegistered(pairId) || conflict.errno !== 'EADDRINUSE') {
        this.#places.giveBack(pairId);
        const { port, errno, holderPid } = conflict;
        const who = holderPid === null ? '' : ` (held by process ${holderPid})`;
        const message = `Port ${port} of pair ${pairId} cannot be used: ${errno}${who}. End that program, or forget the pair.`;
        return { ...pairError('PAIR_PORTS_BUSY', message), conflictPort: port, conflictPid: holderPid };
      }
      passedOver.push(place);
    }
  }

  #started({ pairId, port, link }: Pair): EnsureResult {
    if (this.#stopping) return shuttingDown();
    if (link.phase === 'live') return { ok: true, pairId, port };
    return pairError('APP_SERVER_FAILED', `The Codex app-server of pair ${pairId} did not start: ${link.reason}`);
  }

  async #destroy(
    pairId: string,
    { force = false, forget = false }: DestroyOptions,
    residents: Residents,
  ): Promise<DestroyResult> {
    const pair = this.#pairs.get(pairId);
    if (!pair) {
      if (!this.#places.isRegistered(pairId)) return noSuchPair(pairId);
      if (forget) await this.#forget(pairId);
      return { ok: true };
    }
    const busy = residents.busyOn(pairId);
    if (busy !== null && !force) {
      return pairError(
        'PAIR_BUSY_NOT_FORCED',
        `Chat ${busy} works on pair ${pairId}. Use force to destroy it all the same.`,
      );
    }
    const homed = residents.homedOn(pairId);
    const heir = homed.length > 0 ? this.shelter(pairId) : null;
    if (homed.length > 0 && !heir) {
      const message = `Chat ${homed[0]} lives on pair ${pairId} and there is no other pair: make one, or close the chat.`;
      return pairError('PAIR_STILL_NEEDED', message);
    }
    const seated = pair.slot?.claimedBy ?? null;
    // In this order, all at once: nobody finds the pair any more, and nobody is homed on what is not there.
    this.#pairs.delete(pairId);
    let gone = (): void => {};
    if (heir) residents.moveHome(pairId, heir.pairId, new Promise((resolve) => (gone = resolve)));
    const stopped = pair.stop(PAIR_GONE, 'the pair was destroyed');
    for (const chatId of homed) this.#options.onDestroyed(pairId, chatId);
    if (seated !== null && !homed.includes(seated)) this.#options.onDestroyed(pairId, seated);
    await this.#store.remove(pairId, forget, heir?.pairId ?? null);
    await Promise.all([stopped, this.clients.clear(pairId, 'its pair was destroyed')]);
    if (forget) this.#places.forget(pairId);
    gone();
    return { ok: true };
  }

  async #forget(pairId: string): Promise<void> {
    await this.#store.remove(pairId, true, null);
    this.#places.forget(pairId);
  }

  /** One that was asked for earlier may have taken longer to start. */
  #insert(pair: Pair): void {
    const pairs = [...this.#pairs.values(), pair].sort((one, other) => one.position - other.position);
    this.#pairs = new Map(pairs.map((each) => [each.pairId, each]));
  }

  #make(pairId: string, place: number, position: number): Pair {
    const { ports, config, onAppServerLost, onTuiGone } = this.#options;
    return new Pair({
      pairId,
      place,
      position,
      port: this.#places.portAt(place),
      clients: this.clients,
      network: ports.network,
      clock: ports.clock,
      log: ports.log,
      timers: config.timers,
      cwd: config.codex.cwd,
      onAppServerLost: (reason) => onAppServerLost(pairId, reason),
      onTuiGone: (chatId) => onTuiGone(pairId, chatId),
    });
  }
}

function shuttingDown(): PairError {
  return pairError('DAEMON_SHUTTING_DOWN', 'The daemon is shutting down. Try again when it is back.');
}
