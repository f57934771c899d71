import type { Connection, ConnectionEvents, Listener, Log, Network } from '../ports.ts';
import type { TimerGroup } from '../timer-group.ts';
import type { PairTimers } from './config.ts';
import {
  BAD_TOKEN,
  type CloseCode,
  GOING_AWAY,
  isToken,
  OTHER_TUI,
  PROBE_RUNNING,
  PROTOCOL_ERROR,
  REPLACED,
} from './tui-protocol.ts';
import type { TuiSlot } from './tui-slot.ts';
import { TuiVisitor } from './tui-visitor.ts';

/** The seat to which a door leads. */
export interface Seat {
  readonly slot: Pick<TuiSlot<never>, 'token'> | null;
  /** Seats a TUI, or greets the one that sits there again. */
  connectTui(token: string): void;
  /** It went away for good. Nothing happens when another one sits there. */
  disconnectTui(token: string): void;
}

export interface DoorOptions {
  readonly pairId: string;
  readonly port: number;
  readonly network: Network;
  readonly log: Log;
  /** Of its pair: when that stops, nobody is let in any more. */
  readonly group: TimerGroup;
  readonly timers: PairTimers;
  readonly seat: Seat;
}

/** Why nobody can connect. */
export interface PortConflict {
  readonly port: number;
  readonly errno: string;
  readonly holderPid: number | null;
}

/**
 * The port at which a pair's TUI connects. One sits at a time: its connection is its presence. A second one is let in
 * only when the first does not answer a ping; the same one (by token) takes over its own seat.
 */
export class TuiDoor {
  readonly #options: DoorOptions;
  #listener: Listener | null = null;
  #conflict: PortConflict | null = null;
  #present: TuiVisitor | null = null;
  #contested = false;
  /** How often a seated TUI was lost: a grace period belongs to one loss. */
  #losses = 0;
  readonly #visitors = new Set<TuiVisitor>();

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  get port(): number {
    return this.#options.port;
  }

  get listening(): boolean {
    return this.#listener !== null;
  }

  get conflict(): PortConflict | null {
    return this.#conflict;
  }

  /** The one that sits there has a connection. */
  get occupied(): boolean {
    return this.#present !== null;
  }

  /** Tries once to listen. Returns what is in the way, or null. */
  async open(): Promise<PortConflict | null> {
    const { network, port, group, log, pairId } = this.#options;
    if (this.#listener) return null;
    const result = await network.listen(port, (connection) => this.#accept(connection));
    if (result.kind === 'failed') {
      this.#conflict = { port, errno: result.errno, holderPid: result.holderPid };
      log.event('pair.port', { pair: pairId, port, errno: result.errno, holder: result.holderPid });
      return this.#conflict;
    }
    if (group.stopped || this.#listener) {
      await result.listener.close();
      return null;
    }
    this.#listener = result.listener;
    this.#conflict = null;
    return null;
  }

  /** Tries until it listens or its pair stops, with growing pauses. */
  async openInTheEnd(): Promise<void> {
    const { group, timers, pairId } = this.#options;
    for (let pause = timers.restartMinMs; !group.stopped; pause = Math.min(pause * 2, timers.restartMaxMs)) {
      if ((await this.open()) === null) return;
      await group.sleep(pause, `listen ${pairId}`);
    }
  }

  /** Sends the one that sits there away, if it is this one and has a connection. Its seat is left to the caller. */
  dismiss(token: string, code: CloseCode, reason: string): void {
    const present = this.#present;
    if (present?.token !== token) return;
    this.#present = null;
    this.#hangUp(present, 'closed', code, reason);
  }

  /** Sends everybody away. Resolves when the port is free. Its pair has stopped its timers before. */
  async close(code: CloseCode = GOING_AWAY, reason = 'the daemon goes away'): Promise<void> {
    this.#present = null;
    for (const visitor of [...this.#visitors]) this.#hangUp(visitor, 'closed', code, reason);
    const listener = this.#listener;
    this.#listener = null;
    await listener?.close();
  }

  #accept(connection: Connection): ConnectionEvents {
    const { group, timers, pairId } = this.#options;
    const visitor: TuiVisitor = new TuiVisitor({
      connection,
      timers: group,
      probeMs: timers.tuiProbeMs,
      name: pairId,
      onHello: (token) => void this.#admit(visitor, token),
      onGone: (bye) => this.#gone(visitor, bye),
    });
    this.#visitors.add(visitor);
    group.after(timers.tuiHelloMs, `tui-hello ${pairId}`, () => {
      if (visitor.token === null) this.#hangUp(visitor, 'closed', PROTOCOL_ERROR, 'it did not say hello in time');
    });
    return visitor.events;
  }

  async #admit(visitor: TuiVisitor, token: string): Promise<void> {
    if (!isToken(token)) return this.#hangUp(visitor, 'refused', BAD_TOKEN, 'hello needs a token');
    for (;;) {
      const present = this.#present;
      if (!present || present.token === token) break;
      if (this.#contested) return this.#hangUp(visitor, 'refused', PROBE_RUNNING, 'somebody else is asking already');
      this.#contested = true;
      const alive = await present.probe();
      this.#contested = false;
      if (visitor.closed || this.#options.group.stopped) return;
      // Another one may sit there by now, or nobody.
      if (this.#present !== present) continue;
      if (alive) return this.#hangUp(visitor, 'refused', OTHER_TUI, 'another TUI sits here');
      this.#evict(present, 'it did not answer and another TUI came');
    }
    this.#sit(visitor, token);
  }

  #sit(visitor: TuiVisitor, token: string): void {
    const { seat, log, pairId } = this.#options;
    const before = this.#present;
    this.#present = visitor;
    if (before) this.#hangUp(before, 'closed', REPLACED, 'this TUI connected again');
    // Whoever sits there without a connection has lost it: its grace ends when somebody comes.
    if (seat.slot && seat.slot.token !== token) seat.disconnectTui(seat.slot.token);
    seat.connectTui(token);
    visitor.send({ type: 'attached', pair: pairId });
    log.event('pair.tui', { pair: pairId, state: before ? 'replaced' : 'attached' });
    this.#keepAlive(visitor);
  }

  /** A TUI that vanished without a word is found out, also when nobody wants its seat (facts C2 L2). */
  #keepAlive(visitor: TuiVisitor): void {
    const { group, timers, pairId } = this.#options;
    group.after(timers.tuiKeepaliveMs, `tui-keepalive ${pairId}`, async () => {
      if (visitor.closed) return;
      const alive = await visitor.probe();
      if (visitor.closed || group.stopped) return;
      if (alive) return this.#keepAlive(visitor);
      this.#hangUp(visitor, 'closed', OTHER_TUI, 'it did not answer a ping');
      this.#gone(visitor, false);
    });
  }

  #evict(present: TuiVisitor, reason: string): void {
    this.#present = null;
    this.#hangUp(present, 'closed', OTHER_TUI, reason);
    this.#options.seat.disconnectTui(present.token!);
  }

  #gone(visitor: TuiVisitor, bye: boolean): void {
    this.#visitors.delete(visitor);
    if (this.#present !== visitor) return;
    const { seat, group, timers, pairId, log } = this.#options;
    const token = visitor.token!;
    this.#present = null;
    log.event('pair.tui', { pair: pairId, state: bye ? 'left' : 'lost' });
    if (bye) return seat.disconnectTui(token);
    const loss = ++this.#losses;
    group.after(timers.tuiGraceMs, `tui-grace ${pairId}`, () => {
      // Only the loss for which it was armed: it may have come back and been lost again since.
      if (this.#losses === loss && this.#present === null) seat.disconnectTui(token);
    });
  }

  #hangUp(visitor: TuiVisitor, type: 'refused' | 'closed', code: CloseCode, reason: string): void {
    this.#visitors.delete(visitor);
    visitor.close(type, code, reason);
  }
}
