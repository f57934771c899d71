import type { Ports, Timer } from '../../ports.ts';
import { localFailure } from '../failure.ts';
import type { Decision, Failure, Outcome, Turn, TurnEvent, TurnSink } from '../types.ts';
import type { Connection } from './connection.ts';
import { statusOf, turnFailure } from './failures.ts';
import { itemEvent, toolTitle } from './items.ts';
import { object, type RequestId, text, type WireObject } from './wire.ts';

const NO_ACTIVE_TURN = 'no active turn to interrupt';
/** The server reports the end of a turn right behind the idle status; this much later the report counts as lost. */
const LOST_END_MS = 5_000;

/** What a turn needs of the client it runs on. */
export interface TurnContext {
  readonly ports: Pick<Ports, 'clock' | 'log'>;
  readonly connection: Connection;
  readonly lane: string;
  readonly requestTimeoutMs: number;
}

/** One accepted turn: translates the frames that name it into events for its owner. Ends once. */
export class RunningTurn implements Turn {
  readonly turnId: string;
  readonly #threadId: string;
  readonly #context: TurnContext;
  readonly #sink: TurnSink;
  readonly #onEnded: () => void;
  /** Open approvals: ours to theirs. */
  readonly #approvals = new Map<string, RequestId>();
  readonly #titles = new Map<string, string>();
  #started = false;
  #ended = false;
  #heardAt: number;
  #lastError: unknown = null;
  #lostEnd: Timer | null = null;
  #waiters: (() => void)[] = [];

  constructor(context: TurnContext, threadId: string, turnId: string, sink: TurnSink, onEnded: () => void) {
    this.#context = context;
    this.#threadId = threadId;
    this.turnId = turnId;
    this.#sink = sink;
    this.#onEnded = onEnded;
    this.#heardAt = context.ports.clock.monotonic();
  }

  get silentMs(): number {
    return this.#context.ports.clock.monotonic() - this.#heardAt;
  }

  /** @internal The server sent something about this turn's thread. */
  heard(): void {
    this.#heardAt = this.#context.ports.clock.monotonic();
  }

  giveUp(failure: Failure): void {
    this.fail(failure);
  }

  /**
   * Right after the start the server answers "no active turn to interrupt" until it has sent `turn/started`
   * (facts/codex-wire.md 1.1.8): then this waits for that and asks once more.
   */
  async interrupt(): Promise<Outcome<null>> {
    const first = await this.#requestInterrupt();
    if (first.ok || first.failure.message !== NO_ACTIVE_TURN) return first;
    const waited = await this.#startedOrEnded(this.#context.requestTimeoutMs);
    return waited ? this.#requestInterrupt() : first;
  }

  answer(approvalId: string, decision: Decision): boolean {
    const id = this.#approvals.get(approvalId);
    if (id === undefined) return false;
    this.#approvals.delete(approvalId);
    return this.#context.connection.respond(id, { decision });
  }

  /** A notification that names this turn. */
  notification(method: string, params: WireObject): void {
    if (method === 'turn/started') this.#start();
    else if (method === 'item/started') this.#item(object(params.item), 'started');
    else if (method === 'item/completed') this.#item(object(params.item), 'completed');
    else if (method === 'item/agentMessage/delta') this.#delta(params);
    else if (method === 'error') this.#error(params);
    else if (method === 'turn/completed') this.#completed(object(params.turn));
  }

  /** A request for approval that names this turn. */
  approval(id: RequestId, params: WireObject): void {
    const itemId = text(params.itemId) ?? String(id);
    // Request ids start from 0 in each process; with the turn id a late answer cannot hit another question.
    const approvalId = `${this.turnId}:${id}`;
    this.#approvals.set(approvalId, id);
    const title = text(params.command) ?? this.#titles.get(itemId) ?? text(params.reason) ?? itemId;
    this.#emit({ type: 'approval', approvalId, itemId, title });
  }

  /** The server settled request `id`, by our answer or otherwise. */
  resolved(id: RequestId): void {
    for (const [approvalId, open] of this.#approvals) {
      if (open === id) this.#withdraw(approvalId);
    }
  }

  /** The thread does not run any more, says its status: the end of this turn must be on its way. */
  threadCameToRest(): void {
    if (this.#ended || !this.#started || this.#lostEnd) return;
    this.#lostEnd = this.#context.ports.clock.timer(LOST_END_MS, `${this.#context.lane} turn end`, () => {
      this.#context.ports.log.event('codex.turn-end-lost', { lane: this.#context.lane, turnId: this.turnId });
      const message = `the thread came to rest, but the end of turn ${this.turnId} was not reported`;
      this.fail(turnFailureOr(this.#lastError, localFailure('timed-out', message, true)));
    });
  }

  fail(failure: Failure): void {
    this.#end({ type: 'ended', status: 'failed', failure });
  }

  async #requestInterrupt(): Promise<Outcome<null>> {
    if (this.#ended) return { ok: true, value: null };
    const { connection, requestTimeoutMs } = this.#context;
    const params = { threadId: this.#threadId, turnId: this.turnId };
    const outcome = await connection.request('turn/interrupt', params, { timeoutMs: requestTimeoutMs });
    return outcome.ok || this.#ended ? { ok: true, value: null } : outcome;
  }

  #startedOrEnded(timeoutMs: number): Promise<boolean> {
    if (this.#started || this.#ended) return Promise.resolve(true);
    return new Promise((resolve) => {
      const { clock } = this.#context.ports;
      const timer = clock.timer(timeoutMs, `${this.#context.lane} turn/started`, () => resolve(false));
      this.#waiters.push(() => {
        timer.cancel();
        resolve(true);
      });
    });
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#emit({ type: 'started', turnId: this.turnId });
    this.#wake();
  }

  #item(item: WireObject, phase: 'started' | 'completed'): void {
    const event = itemEvent(item, phase);
    if (!event) return;
    if (event.type === 'tool' && phase === 'started') this.#titles.set(event.itemId, toolTitle(item) ?? event.title);
    this.#emit(event);
  }

  #delta(params: WireObject): void {
    const itemId = text(params.itemId);
    const delta = text(params.delta);
    if (itemId !== null && delta !== null) this.#emit({ type: 'text', itemId, delta });
  }

  #error(params: WireObject): void {
    const error = object(params.error);
    if (params.willRetry !== true) {
      this.#lastError = error;
      return;
    }
    this.#emit({ type: 'retrying', message: text(error.message) ?? 'retrying', httpStatus: statusOf(error) });
  }

  #completed(turn: WireObject): void {
    if (turn.status === 'completed' || turn.status === 'interrupted') {
      this.#end({ type: 'ended', status: turn.status, failure: null });
    } else {
      this.#end({ type: 'ended', status: 'failed', failure: turnFailure(turn.error ?? this.#lastError) });
    }
  }

  #end(event: Extract<TurnEvent, { type: 'ended' }>): void {
    if (this.#ended) return;
    for (const approvalId of [...this.#approvals.keys()]) this.#withdraw(approvalId);
    this.#ended = true;
    this.#lostEnd?.cancel();
    this.#onEnded();
    this.#call(event);
    this.#wake();
  }

  #withdraw(approvalId: string): void {
    this.#approvals.delete(approvalId);
    this.#emit({ type: 'approval-withdrawn', approvalId });
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter();
  }

  #emit(event: TurnEvent): void {
    if (!this.#ended) this.#call(event);
  }

  /** One owner's broken sink must not stop the frames of the other threads on this connection. */
  #call(event: TurnEvent): void {
    try {
      this.#sink(event);
    } catch (error) {
      const { ports, lane } = this.#context;
      ports.log.event('codex.sink-threw', { lane, turnId: this.turnId, event: event.type, error: String(error) });
    }
  }
}

function turnFailureOr(error: unknown, otherwise: Failure): Failure {
  return error === null ? otherwise : turnFailure(error);
}
