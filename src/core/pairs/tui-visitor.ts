import type { Connection, ConnectionEvents } from '../ports.ts';
import { LineSplitter } from '../providers/lines.ts';
import type { TimerGroup } from '../timer-group.ts';
import {
  type CloseCode,
  type DaemonFrame,
  decodeTuiFrame,
  encodeFrame,
  MAX_FRAME,
  PROTOCOL_ERROR,
  type TuiFrame,
} from './tui-protocol.ts';

export interface VisitorOptions {
  readonly connection: Connection;
  readonly timers: TimerGroup;
  readonly probeMs: number;
  /** Names its timers. */
  readonly name: string;
  readonly onHello: (token: string) => void;
  /** It is gone; `bye`: it said so. Not called for what {@link TuiVisitor.close} ends. */
  readonly onGone: (bye: boolean) => void;
}

/** One connection at a pair's port, from its first byte to its end. */
export class TuiVisitor {
  readonly events: ConnectionEvents;
  /** Null until it has said hello. */
  token: string | null = null;
  readonly #options: VisitorOptions;
  readonly #lines: LineSplitter;
  /** Frames that came from it. Counted, not timed: an answer within the same millisecond is an answer (facts B15). */
  #heard = 0;
  #pings = 0;
  #closed = false;
  #probe: Promise<boolean> | null = null;
  #onSign: () => void = () => {};

  constructor(options: VisitorOptions) {
    this.#options = options;
    this.events = { data: (chunk) => this.#lines.push(chunk), closed: () => this.#leave(false) };
    this.#lines = new LineSplitter(
      { line: (text) => this.#line(text), oversized: () => this.#misbehaved('a line that is too long') },
      MAX_FRAME,
    );
  }

  get closed(): boolean {
    return this.#closed;
  }

  send(frame: DaemonFrame): void {
    if (!this.#closed) this.#options.connection.send(encodeFrame(frame));
  }

  /** Tells it why, and hangs up. Idempotent. */
  close(type: 'refused' | 'closed', code: CloseCode, reason: string): void {
    if (this.#closed) return;
    this.send({ type, code, reason });
    this.#closed = true;
    this.#onSign();
    this.#options.connection.close();
  }

  /** Whether it gives a sign of life within `probeMs`. One probe at a time: who asks meanwhile gets the same answer. */
  probe(): Promise<boolean> {
    this.#probe ??= this.#ping().finally(() => {
      this.#probe = null;
    });
    return this.#probe;
  }

  async #ping(): Promise<boolean> {
    const { timers, probeMs, name } = this.#options;
    const before = this.#heard;
    this.send({ type: 'ping', n: ++this.#pings });
    const sign = new Promise<void>((resolve) => {
      this.#onSign = resolve;
    });
    await Promise.race([sign, timers.sleep(probeMs, `tui-probe ${name}`)]);
    return !this.#closed && this.#heard > before;
  }

  #line(text: string): void {
    if (this.#closed) return;
    const frame = decodeTuiFrame(text);
    if (!frame) return this.#misbehaved('a line that is no frame');
    this.#heard++;
    this.#onSign();
    this.#take(frame);
  }

  #take(frame: TuiFrame): void {
    switch (frame.type) {
      case 'hello':
        if (this.token !== null) return this.#misbehaved('hello twice');
        this.token = frame.token;
        return this.#options.onHello(frame.token);
      case 'ping':
        return this.send({ type: 'pong', n: frame.n });
      case 'pong':
        return;
      case 'bye':
        return this.#leave(true);
    }
  }

  #leave(bye: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onSign();
    this.#options.connection.close();
    this.#options.onGone(bye);
  }

  #misbehaved(what: string): void {
    if (this.#closed) return;
    this.close('closed', PROTOCOL_ERROR, `this protocol does not know ${what}`);
    this.#options.onGone(false);
  }
}
