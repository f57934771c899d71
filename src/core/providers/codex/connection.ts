import type { Ports, Timer } from '../../ports.ts';
import { localFailure } from '../failure.ts';
import { LineSplitter } from '../lines.ts';
import type { Failure, Outcome } from '../types.ts';
import { rpcFailure } from './failures.ts';
import { object, type RequestId, requestId, text, type WireObject } from './wire.ts';

/** No deadline is shorter than this many ms: a caller's arithmetic must not turn into an instant time-out. */
export const DEADLINE_FLOOR_MS = 100;

export interface ConnectionHandlers {
  notification(method: string, params: WireObject): void;
  /** A request of the server. It waits until {@link Connection.respond} or {@link Connection.refuse} is called. */
  request(id: RequestId, method: string, params: WireObject): void;
}

export interface RequestOptions {
  readonly timeoutMs: number;
  /** Called at once when the outcome is known, in the order of frames, before the promise resolves. */
  readonly settled?: (outcome: Outcome<WireObject>) => void;
}

interface Pending {
  readonly method: string;
  readonly timer: Timer;
  readonly settle: (outcome: Outcome<WireObject>) => void;
}

/**
 * JSON-RPC over lines as the app-server speaks it: no `jsonrpc` member, our ids count from 1, the server's from 0. Knows
 * nothing of threads. A line that cannot be read is dropped with a log event; it never ends the connection.
 */
export class Connection {
  readonly #ports: Pick<Ports, 'clock' | 'log'>;
  readonly #lane: string;
  readonly #write: (data: string) => boolean;
  readonly #handlers: ConnectionHandlers;
  readonly #lines: LineSplitter;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #closed: ((method: string, written: boolean) => Failure) | null = null;

  constructor(
    ports: Pick<Ports, 'clock' | 'log'>,
    lane: string,
    write: (data: string) => boolean,
    handlers: ConnectionHandlers,
  ) {
    this.#ports = ports;
    this.#lane = lane;
    this.#write = write;
    this.#handlers = handlers;
    this.#lines = new LineSplitter({
      line: (line) => this.#line(line),
      oversized: (length) => this.#log('codex.line-oversized', { length }),
    });
  }

  /** Bytes of the server's stdout. */
  receive(chunk: string): void {
    if (!this.#closed) this.#lines.push(chunk);
  }

  /** No more bytes will come: what is left without an end of line is read as a line. */
  finish(): void {
    if (!this.#closed) this.#lines.end();
  }

  /** Never rejects. Without an answer within `timeoutMs` the outcome is `timed-out`; a later answer is dropped. */
  request(method: string, params: WireObject, options: RequestOptions): Promise<Outcome<WireObject>> {
    return new Promise((resolve) => {
      const settle = (outcome: Outcome<WireObject>) => {
        options.settled?.(outcome);
        resolve(outcome);
      };
      if (this.#closed) return settle({ ok: false, failure: this.#closed(method, false) });
      const id = ++this.#lastId;
      if (!this.#send({ id, method, params })) {
        const message = `${method} was not sent: stdin of ${this.#lane} is closed`;
        return settle({ ok: false, failure: localFailure('transport', message, false) });
      }
      const timeoutMs = Math.max(options.timeoutMs, DEADLINE_FLOOR_MS);
      const timer = this.#ports.clock.timer(timeoutMs, `${this.#lane} ${method}`, () => {
        this.#pending.delete(id);
        settle({ ok: false, failure: localFailure('timed-out', `${method} timed out after ${timeoutMs} ms`, true) });
      });
      this.#pending.set(id, { method, timer, settle });
    });
  }

  notify(method: string): void {
    this.#send({ method });
  }

  respond(id: RequestId, result: WireObject): boolean {
    return this.#send({ id, result });
  }

  refuse(id: RequestId, code: number, message: string): boolean {
    return this.#send({ id, error: { code, message } });
  }

  /** Ends the connection: pending and later requests fail with what `failure` says. Idempotent. */
  close(failure: (method: string, written: boolean) => Failure): void {
    if (this.#closed) return;
    this.#closed = failure;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { method, timer, settle } of pending) {
      timer.cancel();
      settle({ ok: false, failure: failure(method, true) });
    }
  }

  #send(frame: WireObject): boolean {
    return !this.#closed && this.#write(`${JSON.stringify(frame)}\n`);
  }

  #line(line: string): void {
    // A handler may close the connection in the middle of a chunk.
    if (this.#closed || line === '') return;
    let frame: WireObject;
    try {
      frame = object(JSON.parse(line));
    } catch {
      this.#log('codex.line-unparsable', { length: line.length });
      return;
    }
    const method = text(frame.method);
    const id = requestId(frame.id);
    if (method !== null && 'id' in frame) this.#serverRequest(id, method, object(frame.params));
    else if (method !== null) this.#handlers.notification(method, object(frame.params));
    else if (id !== null && ('result' in frame || 'error' in frame)) this.#response(id, frame);
    else this.#log('codex.frame-unknown', { length: line.length });
  }

  #serverRequest(id: RequestId | null, method: string, params: WireObject): void {
    if (id === null) this.#log('codex.frame-unknown', { length: 0, method });
    else this.#handlers.request(id, method, params);
  }

  #response(id: RequestId, frame: WireObject): void {
    const pending = typeof id === 'number' ? this.#pending.get(id) : undefined;
    if (!pending) {
      this.#log('codex.response-unexpected', { id });
      return;
    }
    this.#pending.delete(id as number);
    pending.timer.cancel();
    if ('error' in frame) pending.settle({ ok: false, failure: rpcFailure(frame.error) });
    else pending.settle({ ok: true, value: object(frame.result) });
  }

  #log(type: string, fields: Readonly<Record<string, string | number | boolean | null>>): void {
    this.#ports.log.event(type, { lane: this.#lane, ...fields });
  }
}
