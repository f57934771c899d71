import { localFailure } from '../failure.ts';
import type { Failure, Outcome, Turn, TurnSink } from '../types.ts';
import { APPROVAL_METHODS, refuseRequest } from './server-requests.ts';
import { RunningTurn, type TurnContext } from './turn.ts';
import { object, type RequestId, requestId, text, type WireObject, wellFormed } from './wire.ts';

/** A frame that arrived before the response that tells whose it is. */
type Early =
  | { readonly kind: 'notification'; readonly method: string; readonly params: WireObject }
  | { readonly kind: 'request'; readonly id: RequestId; readonly method: string; readonly params: WireObject };

/** One thread loaded by this client. Holds at most one turn: the server would steer a running turn, not queue a second. */
export class CodexThread {
  readonly threadId: string;
  readonly #context: TurnContext;
  /** Frames since `turn/start` was written, until its response says which turn it began. */
  #early: Early[] | null = null;
  #turn: RunningTurn | null = null;
  /** The turn that runs in the server, by its own account. */
  #serverTurnId: string | null = null;
  #active = false;
  /** A `turn/start` of ours got no answer in time: if its turn turns up, nobody owns it. */
  #abandoned = false;
  #closed: Failure | null = null;

  constructor(context: TurnContext, threadId: string, active: boolean) {
    this.#context = context;
    this.threadId = threadId;
    this.#active = active;
  }

  get busy(): boolean {
    return this.#early !== null || this.#turn !== null || this.#serverTurnId !== null || this.#active;
  }

  /** Starts a turn. Its events may come before the promise resolves. */
  async startTurn(words: string, sink: TurnSink): Promise<Outcome<Turn>> {
    if (this.#closed) return { ok: false, failure: { ...this.#closed, mayHaveRun: false } };
    if (this.busy) {
      const message = `a turn is already running on thread ${this.threadId}`;
      return { ok: false, failure: localFailure('rejected', message, false) };
    }
    this.#early = [];
    this.#abandoned = false;
    let started: Outcome<Turn> | null = null;
    const input = [{ type: 'text', text: wellFormed(words), text_elements: [] }];
    const response = await this.#context.connection.request(
      'turn/start',
      { threadId: this.threadId, input },
      {
        timeoutMs: this.#context.requestTimeoutMs,
        settled: (outcome) => {
          started = outcome.ok ? this.#accept(outcome.value, sink) : outcome;
          if (!started.ok) this.#giveUp(started.failure);
        },
      },
    );
    return started ?? (response as Extract<typeof response, { ok: false }>);
  }

  notification(method: string, params: WireObject): void {
    this.#follow(method, params);
    this.#turn?.heard();
    if (this.#early) this.#early.push({ kind: 'notification', method, params });
    else this.#deliver(method, params);
  }

  /** A request of the server that names this thread. */
  request(id: RequestId, method: string, params: WireObject): void {
    this.#turn?.heard();
    if (this.#early) {
      this.#early.push({ kind: 'request', id, method, params });
    } else if (this.#turn && APPROVAL_METHODS.has(method) && params.turnId === this.#turn.turnId) {
      this.#turn.approval(id, params);
    } else {
      refuseRequest(this.#context.connection, id, method);
    }
  }

  /** The connection or the thread is gone: a running turn fails, later starts fail. */
  close(failure: Failure): void {
    this.#closed ??= failure;
    // What came before the response of a start is kept: it may hold the end of the turn.
    this.#turn?.fail(failure);
  }

  /** Keeps track of what the server says it is doing, whoever owns the turn. */
  #follow(method: string, params: WireObject): void {
    const turnId = text(object(params.turn).id);
    if (method === 'thread/status/changed') {
      this.#active = object(params.status).type === 'active';
      // A thread at rest runs no turn, even if the report of its end was lost.
      if (!this.#active) this.#serverTurnId = null;
    } else if (method === 'turn/started' && turnId !== null) {
      this.#serverTurnId = turnId;
    } else if (method === 'turn/completed' && turnId !== null) {
      if (this.#serverTurnId === turnId) this.#serverTurnId = null;
      if (this.#serverTurnId === null) this.#active = false;
    }
  }

  #deliver(method: string, params: WireObject): void {
    const turnId = text(params.turnId) ?? text(object(params.turn).id);
    const turn = this.#turn;
    if (method === 'thread/status/changed') {
      if (!this.#active) turn?.threadCameToRest();
    } else if (method === 'serverRequest/resolved') {
      const id = requestId(params.requestId);
      if (id !== null) turn?.resolved(id);
    } else if (turn && turnId === turn.turnId) {
      turn.notification(method, params);
    } else if (method === 'turn/started' && turnId !== null && this.#abandoned) {
      this.#stopOrphan(turnId);
    }
  }

  #accept(result: WireObject, sink: TurnSink): Outcome<Turn> {
    const early = this.#early ?? [];
    this.#early = null;
    const announced = text(object(result.turn).id);
    if (announced === null) {
      return { ok: false, failure: localFailure('other', 'turn/start was answered without a turn id', true) };
    }
    const turnId = this.#settleOn(announced, early);
    const turn = new RunningTurn(this.#context, this.threadId, turnId, sink, () => {
      if (this.#turn === turn) this.#turn = null;
    });
    this.#turn = turn;
    for (const frame of early) {
      if (frame.kind === 'request') this.request(frame.id, frame.method, frame.params);
      else this.#deliver(frame.method, frame.params);
    }
    if (this.#closed) turn.fail(this.#closed);
    return { ok: true, value: turn };
  }

  /**
   * The id under which the turn will end. codex 0.142.5 answers a start during another turn with an id that never
   * starts: then the running turn took the text, and its id is the one that ends (facts/pairs-and-shared-client.md O30).
   */
  #settleOn(announced: string, early: readonly Early[]): string {
    const running = this.#serverTurnId;
    if (running === null || running === announced) return announced;
    const named = early.some(
      (frame) => frame.params.turnId === announced || object(frame.params.turn).id === announced,
    );
    if (named) return announced;
    this.#context.ports.log.event('codex.stub-turn', { lane: this.#context.lane, announced, running });
    return running;
  }

  #giveUp(failure: Failure): void {
    const early = this.#early ?? [];
    this.#early = null;
    for (const frame of early) if (frame.kind === 'request') this.request(frame.id, frame.method, frame.params);
    if (!failure.mayHaveRun || failure.class !== 'timed-out') return;
    if (this.#serverTurnId !== null) this.#stopOrphan(this.#serverTurnId);
    else this.#abandoned = true;
  }

  /** Its owner has been told that the start failed: left alone it would act for nobody and keep the thread busy. */
  #stopOrphan(turnId: string): void {
    this.#abandoned = false;
    const { connection, ports, lane, requestTimeoutMs } = this.#context;
    ports.log.event('codex.orphan-turn', { lane, threadId: this.threadId, turnId });
    void connection.request('turn/interrupt', { threadId: this.threadId, turnId }, { timeoutMs: requestTimeoutMs });
  }
}
