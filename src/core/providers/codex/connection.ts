import type { Ports, Timer } from '../../ports.ts';
import { localFailure } from '../failure.ts';
import { FrameReader } from '../frame-reader.ts';
import { DEFAULT_MAX_LINE_LENGTH } from '../lines.ts';
import type { Failure, Outcome } from '../types.ts';
import { rpcFailure } from './failures.ts';
import { OVERLOAD_RETRIES, overloadPauseMs } from './overload.ts';
import { object, type RequestId, requestId, text, type WireObject } from './wire.ts';

/** No deadline is shorter than this many ms: a caller's arithmetic must not turn into an instant time-out. */
export const DEADLINE_FLOOR_MS = 100;

/** JSON-RPC: the receiver of a request failed to handle it. */
const INTERNAL_ERROR = -32_603;

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

type ConnectionPorts = Pick<Ports, 'clock' | 'log' | 'ids'>;

/** A request that has not been settled; while it waits to be sent again it has no id. */
interface Pending {
  readonly method: string;
  readonly params: WireObject;
  readonly deadline: Timer;
  readonly settle: (outcome: Outcome<WireObject>) => void;
  /** `monotonic` time in ms. */
  readonly dueAt: number;
  id: number;
  overloads: number;
  pause: Timer | null;
}

/**
 * JSON-RPC over lines as the app-server speaks it: no `jsonrpc` member, our ids count from 1, the server's from 0. Knows
 * nothing of threads. A line that cannot be read is dropped with a log event; it never ends the connection.
 */
export class Connection {
  readonly #ports: ConnectionPorts;
  readonly #lane: string;
  readonly #write: (data: string) => boolean;
  readonly #handlers: ConnectionHandlers;
  readonly #reader: FrameReader;
  readonly #pending = new Map<number, Pending>();
  /** Refused for overload, to be sent again after a pause. */
  readonly #resting = new Set<Pending>();
  #lastId = 0;
  #lastFrameAt: number;
  #closed: ((method: string, written: boolean) => Failure) | null = null;

  constructor(ports: ConnectionPorts, lane: string, write: (data: string) => boolean, handlers: ConnectionHandlers) {
    this.#ports = ports;
    this.#lane = lane;
    this.#write = write;
    this.#handlers = handlers;
    this.#lastFrameAt = ports.clock.monotonic();
    this.#reader = new FrameReader({
      frame: (frame) => this.#frame(frame),
      noise: (length) => this.#log('codex.line-unparsable', { length }),
      oversized: (length) => this.#log('codex.line-oversized', { length }),
    });
  }

  /** For how many ms the server has not sent a frame. */
  get silentMs(): number {
    return this.#ports.clock.monotonic() - this.#lastFrameAt;
  }

  /** Bytes of the server's stdout. */
  receive(chunk: string): void {
    if (!this.#closed) this.#reader.push(chunk);
  }

  /** No more bytes will come: what is left without an end of line is read as a line. */
  finish(): void {
    if (!this.#closed) this.#reader.end();
  }

  /**
   * Never rejects. Without an answer within `timeoutMs` the outcome is `timed-out`; a later answer is dropped. A refusal
   * for overload is followed by up to three further attempts within the same deadline: the server has not queued what it
   * refused, so nothing happens twice.
   */
  request(method: string, params: WireObject, options: RequestOptions): Promise<Outcome<WireObject>> {
    return new Promise((resolve) => {
      const settle = (outcome: Outcome<WireObject>) => {
        options.settled?.(outcome);
        resolve(outcome);
      };
      if (this.#closed) return settle({ ok: false, failure: this.#closed(method, false) });
      const timeoutMs = Math.max(options.timeoutMs, DEADLINE_FLOOR_MS);
      const { clock } = this.#ports;
      const deadline = clock.timer(timeoutMs, `${this.#lane} ${method}`, () => {
        const written = pending.pause === null;
        this.#forget(pending);
        settle({ ok: false, failure: localFailure('timed-out', `${method} timed out after ${timeoutMs} ms`, written) });
      });
      const dueAt = clock.monotonic() + timeoutMs;
      const pending: Pending = { method, params, deadline, settle, dueAt, id: 0, overloads: 0, pause: null };
      this.#attempt(pending);
    });
  }

  notify(method: string): void {
    this.#send({ method });
  }

  respond(id: RequestId, result: WireObject): boolean {
    return this.#send({ id, result }) === 'sent';
  }

  refuse(id: RequestId, code: number, message: string): boolean {
    return this.#send({ id, error: { code, message } }) === 'sent';
  }

  /** Ends the connection: pending and later requests fail with what `failure` says. Idempotent. */
  close(failure: (method: string, written: boolean) => Failure): void {
    if (this.#closed) return;
    this.#closed = failure;
    for (const pending of [...this.#pending.values(), ...this.#resting]) {
      const written = pending.pause === null;
      this.#forget(pending);
      pending.settle({ ok: false, failure: failure(pending.method, written) });
    }
  }

  #attempt(pending: Pending): void {
    const { method, params } = pending;
    const id = ++this.#lastId;
    const sent = this.#send({ id, method, params });
    if (sent === 'sent') {
      pending.id = id;
      this.#pending.set(id, pending);
      return;
    }
    this.#forget(pending);
    const why = sent === 'too-long' ? `it is longer than ${DEFAULT_MAX_LINE_LENGTH} characters` : 'stdin is closed';
    const message = `${method} was not sent to ${this.#lane}: ${why}`;
    const failureClass = sent === 'too-long' ? 'rejected' : 'transport';
    pending.settle({ ok: false, failure: localFailure(failureClass, message, false) });
  }

  #forget(pending: Pending): void {
    pending.deadline.cancel();
    pending.pause?.cancel();
    this.#resting.delete(pending);
    this.#pending.delete(pending.id);
  }

  #send(frame: WireObject): 'sent' | 'closed' | 'too-long' {
    if (this.#closed) return 'closed';
    const line = JSON.stringify(frame);
    if (line.length > DEFAULT_MAX_LINE_LENGTH) return 'too-long';
    return this.#write(`${line}\n`) ? 'sent' : 'closed';
  }

  #frame(frame: WireObject): void {
    // A handler may close the connection in the middle of a chunk.
    if (this.#closed) return;
    this.#lastFrameAt = this.#ports.clock.monotonic();
    const method = text(frame.method);
    const id = requestId(frame.id);
    if (method !== null && 'id' in frame) this.#serverRequest(id, method, object(frame.params));
    else if (method !== null) this.#notification(method, object(frame.params));
    else if (id !== null && ('result' in frame || 'error' in frame)) this.#response(id, frame);
    else this.#log('codex.frame-unknown', { method });
  }

  /** What a handler throws concerns one frame: the frames behind it are another's. */
  #notification(method: string, params: WireObject): void {
    try {
      this.#handlers.notification(method, params);
    } catch (error) {
      this.#log('codex.handler-threw', { method, error: String(error) });
    }
  }

  #serverRequest(id: RequestId | null, method: string, params: WireObject): void {
    if (id === null) {
      this.#log('codex.frame-unknown', { method });
      return;
    }
    try {
      this.#handlers.request(id, method, params);
    } catch (error) {
      this.#log('codex.handler-threw', { method, error: String(error) });
      this.refuse(id, INTERNAL_ERROR, 'the client failed to handle this request');
    }
  }

  #response(id: RequestId, frame: WireObject): void {
    const pending = typeof id === 'number' ? this.#pending.get(id) : undefined;
    if (!pending) {
      this.#log('codex.response-unexpected', { id });
      return;
    }
    this.#pending.delete(pending.id);
    const failure = 'error' in frame ? rpcFailure(frame.error) : null;
    if (failure?.class === 'overloaded' && this.#rest(pending)) return;
    this.#forget(pending);
    if (failure) pending.settle({ ok: false, failure });
    else pending.settle({ ok: true, value: object(frame.result) });
  }

  /** Sends the request again later. False when there have been enough attempts, or no time is left for another. */
  #rest(pending: Pending): boolean {
    if (pending.overloads >= OVERLOAD_RETRIES) return false;
    const { clock, ids } = this.#ports;
    const pauseMs = overloadPauseMs(pending.overloads++, ids.uuid());
    if (clock.monotonic() + pauseMs >= pending.dueAt) return false;
    this.#log('codex.overloaded', { method: pending.method, pauseMs });
    this.#resting.add(pending);
    pending.pause = clock.timer(pauseMs, `${this.#lane} ${pending.method} again`, () => {
      this.#resting.delete(pending);
      pending.pause = null;
      this.#attempt(pending);
    });
    return true;
  }

  #log(type: string, fields: Readonly<Record<string, string | number | boolean | null>>): void {
    this.#ports.log.event(type, { lane: this.#lane, ...fields });
  }
}
