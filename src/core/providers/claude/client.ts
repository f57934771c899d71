import type { ProcessIdentity, Timer } from '../../ports.ts';
import type { ClientEnd, Failure, Outcome, Turn, TurnSink } from '../types.ts';
import { ControlCalls } from './controls.ts';
import { failure } from './failure.ts';
import { asObject, asString, type Json } from './json.ts';
import { type ClaudeStart, type ClaudeTimeouts, DEFAULT_TIMEOUTS, PROTOCOL_ARGS, PROTOCOL_ENV } from './options.ts';
import { type ClaudePorts, ClaudeProcess } from './process.ts';
import { ClaudeTurn } from './turn.ts';

/** The end of a turn is reported before or right behind `idle`; this much later the report counts as lost. */
const LOST_END_MS = 5_000;

const NOBODY = 'Nobody can answer this now.';

interface Message {
  readonly turn: ClaudeTurn;
  readonly text: string;
  /** Settles `startTurn`; called once. */
  readonly settle: (outcome: Outcome<Turn>) => void;
  started: boolean;
  timer: Timer | null;
}

/**
 * One Claude Code process in stream-json mode. Messages are given to it one at a time: Claude would merge what is queued
 * into one turn with one result (facts 0.8), and its answers could not be told apart.
 */
export class ClaudeClient {
  readonly #ports: ClaudePorts;
  readonly #lane: string;
  readonly #times: ClaudeTimeouts;
  readonly #controls: ControlCalls;
  readonly #endListeners = new Set<(end: ClientEnd) => void>();
  #waiting: Message[] = [];
  #settledWaiters: (() => void)[] = [];
  #process: ClaudeProcess | null = null;
  #current: Message | null = null;
  /** Ends the pause between a result and `idle`; null when there is no pause. */
  #pause: Timer | null = null;
  /** When Claude last sent a frame; monotonic ms. */
  #heardAt = 0;
  #sessionId: string | null;
  /** What the process said before it had answered `initialize`, e.g. why it cannot resume. */
  #startError: string | null = null;

  private constructor(ports: ClaudePorts, options: ClaudeStart) {
    this.#ports = ports;
    this.#lane = options.lane;
    this.#times = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
    this.#sessionId = options.resume ?? null;
    this.#controls = new ControlCalls(ports, options.lane, (frame) => this.#proc.write(frame));
  }

  /** Starts a process and initialises it. On failure nothing of it is left running. */
  static async start(ports: ClaudePorts, options: ClaudeStart): Promise<Outcome<ClaudeClient>> {
    const client = new ClaudeClient(ports, options);
    const { command } = options;
    const resume = options.resume === undefined ? [] : [`--resume=${options.resume}`];
    const request = {
      file: command.file,
      args: [...PROTOCOL_ARGS, ...command.args, ...resume],
      cwd: command.cwd,
      env: { ...command.env, ...PROTOCOL_ENV },
      lane: options.lane,
    };
    const spawned = await ClaudeProcess.spawn(ports, request, client.#times, {
      frame: (frame) => client.#onFrame(frame),
      end: (end) => client.#onEnd(end),
    });
    if (!spawned.ok) return spawned;
    client.#process = spawned.value;
    await options.onSpawned?.(client.identity);
    const answer = client.end
      ? ({ ok: false, failure: failure('transport', client.end.message, false) } as const)
      : await client.#controls.request({ subtype: 'initialize' }, client.#times.initializeMs);
    if (answer.ok) return { ok: true, value: client };
    await spawned.value.close();
    if (client.#startError !== null) return { ok: false, failure: failure('rejected', client.#startError, false) };
    return answer;
  }

  get identity(): ProcessIdentity {
    return this.#proc.identity;
  }

  /** For `resume`. Null until the first turn has begun, unless this client resumed. `/clear` changes it. */
  get sessionId(): string | null {
    return this.#sessionId;
  }

  /** It takes messages: it lives, is not being closed, and no pipe is broken. */
  get usable(): boolean {
    return this.#proc.open;
  }

  /** Null while the client lives. */
  get end(): ClientEnd | null {
    return this.#proc.end;
  }

  /** Calls back once when the client ends (at once if it has). Returns how to stop listening. */
  onEnd(listener: (end: ClientEnd) => void): () => void {
    if (this.end) {
      listener(this.end);
      return () => {};
    }
    this.#endListeners.add(listener);
    return () => this.#endListeners.delete(listener);
  }

  /**
   * Sends a message when it is its turn and resolves when Claude has begun to work on it. `sink` gets the events of the
   * turn, the first of them before this resolves. After a failure with `mayHaveRun` the message must not be sent again blindly.
   */
  startTurn(text: string, sink: TurnSink): Promise<Outcome<Turn>> {
    const refused = this.#refusal();
    if (refused) return Promise.resolve({ ok: false, failure: refused });
    return new Promise((resolve) => {
      const turn = new ClaudeTurn(this.#ports.ids.uuid(), sink, this.#turnHost);
      this.#waiting.push({ turn, text, settle: resolve, started: false, timer: null });
      this.#pump();
    });
  }

  /** Resolves when no message is waiting or running and Claude has reported idle (or `settleMs` have passed). */
  settled(): Promise<void> {
    if (this.#isSettled()) return Promise.resolve();
    return new Promise((resolve) => this.#settledWaiters.push(resolve));
  }

  /**
   * Ends stdin, which lets Claude finish the running turn; after 2 s SIGTERM, 5 s later SIGKILL, to its group. Idempotent.
   * Messages not yet sent fail with class `aborted`.
   */
  close(): Promise<ClientEnd> {
    const closed = this.#proc.close();
    this.#failWaiting(failure('aborted', 'the client was closed', false));
    return closed;
  }

  get #proc(): ClaudeProcess {
    if (!this.#process) throw new Error('no process before start has succeeded');
    return this.#process;
  }

  readonly #turnHost = {
    interrupt: async (turn: ClaudeTurn): Promise<Outcome<null>> => {
      const answer = await this.#controls.request({ subtype: 'interrupt' }, this.#times.controlMs);
      if (answer.ok || turn.ended) return { ok: true, value: null };
      return answer;
    },
    respond: (requestId: string, response: object): boolean => this.#respond(requestId, response),
    // It would go on with what nobody waits for, and would not take the next message before that.
    abandon: (): void => void this.close(),
    silentMs: (): number => this.#ports.clock.monotonic() - this.#heardAt,
  };

  #refusal(): Failure | null {
    if (this.#proc.closing) return failure('aborted', 'the client was closed', false);
    if (this.end) return failure('transport', this.end.message, false);
    return this.#proc.open ? null : failure('transport', 'a pipe to claude is broken', false);
  }

  #isSettled(): boolean {
    return this.end !== null || (!this.#current && this.#waiting.length === 0 && !this.#pause);
  }

  #pump(): void {
    if (this.#current || this.#pause) return;
    const message = this.#waiting.shift();
    if (message) this.#send(message);
    else for (const resolve of this.#settledWaiters.splice(0)) resolve();
  }

  #send(message: Message): void {
    const { turn, text } = message;
    const frame = {
      type: 'user',
      message: { role: 'user', content: text },
      parent_tool_use_id: null,
      session_id: '',
      uuid: turn.turnId,
    };
    if (!this.#proc.write(frame)) {
      message.settle({ ok: false, failure: failure('transport', 'a pipe to claude is broken', false) });
      this.#pump();
      return;
    }
    this.#current = message;
    this.#expectStart(message, this.#times.acceptMs);
  }

  /** Claude says at once that it has taken a message; it begins when it is done with what was before it. */
  #expectStart(message: Message, limitMs: number, inMs = limitMs): void {
    message.timer = this.#ports.clock.timer(inMs, `claude-accept ${this.#lane}`, () => {
      const silentMs = this.#turnHost.silentMs();
      if (silentMs < limitMs) return this.#expectStart(message, limitMs, limitMs - silentMs);
      this.#ports.log.event('claude.message.unaccepted', { lane: this.#lane, uuid: message.turn.turnId });
      this.#current = null;
      const waited = `claude did not accept the message within ${limitMs} ms`;
      message.settle({ ok: false, failure: failure('timed-out', waited, true) });
      // It may still begin with it, when nobody waits: a process in this state takes no further message.
      void this.close();
    });
  }

  #respond(requestId: string, response: object): boolean {
    return this.#proc.write({
      type: 'control_response',
      response: { subtype: 'success', request_id: requestId, response },
    });
  }

  #onFrame(frame: Json): void {
    this.#heardAt = this.#ports.clock.monotonic();
    switch (frame.type) {
      case 'control_response':
        this.#controls.onResponse(frame);
        break;
      case 'control_request':
        this.#onControlRequest(frame);
        break;
      case 'control_cancel_request':
        this.#current?.turn.withdraw(asString(frame.request_id) ?? '');
        break;
      case 'command_lifecycle':
        this.#onLifecycle(frame);
        break;
      case 'system':
        this.#onSystem(frame);
        break;
      case 'result':
        this.#onResult(frame);
        break;
      default:
        // Also types that are new to us: the set grows (facts 1.1).
        if (this.#current?.started) this.#current.turn.frame(frame);
    }
  }

  /** Every request of Claude is answered: an unanswered one would hang it for ever (facts 0.12). */
  #onControlRequest(frame: Json): void {
    const id = asString(frame.request_id) ?? '';
    const request = asObject(frame.request);
    if (request.subtype !== 'can_use_tool') {
      const error = `unsupported request: ${asString(request.subtype)}`;
      this.#ports.log.event('claude.request.unsupported', { lane: this.#lane, subtype: asString(request.subtype) });
      this.#proc.write({ type: 'control_response', response: { subtype: 'error', request_id: id, error } });
    } else if (this.#current?.started) {
      this.#current.turn.ask(id, request);
    } else {
      this.#ports.log.event('claude.approval.unowned', { lane: this.#lane, requestId: id });
      this.#respond(id, { behavior: 'deny', message: NOBODY, toolUseID: asString(request.tool_use_id) });
    }
  }

  #onLifecycle(frame: Json): void {
    const message = this.#current;
    const state = asString(frame.state) ?? '';
    if (!message || frame.command_uuid !== message.turn.turnId) return;
    // A word about the queue that comes after the start says nothing any more.
    if (state === 'queued' && message.started) return;
    message.timer?.cancel();
    message.timer = null;
    if (state === 'queued') {
      this.#expectStart(message, this.#times.queuedMs);
      return;
    }
    if (!message.started) {
      message.started = true;
      message.turn.start();
      message.settle({ ok: true, value: message.turn });
    }
    if (state === 'started') return;
    message.turn.lifecycleOver(state);
    this.#afterEnd(message);
  }

  #onSystem(frame: Json): void {
    if (frame.subtype === 'init' || frame.subtype === 'session_state_changed') {
      this.#sessionId = asString(frame.session_id) ?? this.#sessionId;
    }
    if (frame.subtype === 'session_state_changed' && frame.state === 'idle') this.#onIdle();
    if (frame.subtype === 'api_retry' && this.#current?.started) this.#current.turn.retrying(frame);
  }

  /** Claude is at rest: if the end of the message's turn has not been reported soon, it was lost. */
  #onIdle(): void {
    this.#unpause();
    const message = this.#current;
    if (!message?.started || message.timer) return;
    message.timer = this.#ports.clock.timer(LOST_END_MS, `claude-end ${this.#lane}`, () => {
      if (this.#current !== message) return;
      this.#ports.log.event('claude.turn-end-lost', { lane: this.#lane, uuid: message.turn.turnId });
      message.turn.fail(failure('timed-out', 'claude came to rest, but the end of the turn was not reported', true));
      this.#afterEnd(message);
    });
  }

  #onResult(frame: Json): void {
    const message = this.#current;
    if (message?.started) {
      message.turn.result(frame);
      if (message.turn.ended) {
        this.#afterEnd(message);
        return;
      }
    }
    if (this.#controls.waiting > 0 && frame.is_error === true) {
      const [reason] = Array.isArray(frame.errors) ? frame.errors : [];
      this.#startError = asString(reason);
    }
    this.#ports.log.event('claude.result.unowned', { lane: this.#lane, isError: frame.is_error === true });
  }

  #afterEnd(message: Message): void {
    if (this.#current !== message) return;
    message.timer?.cancel();
    this.#current = null;
    this.#pause = this.#ports.clock.timer(this.#times.settleMs, `claude-settle ${this.#lane}`, () => this.#unpause());
  }

  #unpause(): void {
    this.#pause?.cancel();
    this.#pause = null;
    this.#pump();
  }

  #failWaiting(why: Failure): void {
    for (const message of this.#waiting.splice(0)) message.settle({ ok: false, failure: why });
  }

  #onEnd(end: ClientEnd): void {
    const cls = end.kind === 'closed' ? 'aborted' : 'transport';
    this.#pause?.cancel();
    this.#pause = null;
    this.#controls.failAll(failure(cls, end.message, true));
    const message = this.#current;
    this.#current = null;
    if (message) {
      message.timer?.cancel();
      if (message.started) message.turn.fail(failure(cls, end.message, true));
      else message.settle({ ok: false, failure: failure(cls, end.message, true) });
    }
    this.#failWaiting(failure(cls, end.message, false));
    this.#pump();
    for (const listener of [...this.#endListeners]) listener(end);
    this.#endListeners.clear();
  }
}
