import { faultyExchange } from '../model/faults.ts';
import type { ModelExchange } from '../model/index.ts';
import { modelQuestion } from './conversation.ts';
import {
  errorObject,
  RATE_LIMITS,
  startingTurn,
  type TurnError,
  turnObject,
  type UserInput,
  userMessage,
} from './frames.ts';
import { brokenStream, type ModelFailure, statusFailure, streamFailure } from './model-failures.ts';
import { ModelItems } from './model-items.ts';
import type { JsonObject } from './params.ts';
import { Retries } from './retries.ts';
import type { CodexServer } from './server.ts';
import type { StoredTurn } from './store.ts';
import { playStream } from './stream.ts';
import type { LoadedThread } from './thread.ts';
import { TIMING } from './timings.ts';
import { TurnTools } from './tools.ts';

type Frame = readonly [method: string, params: JsonObject];

/** How far the current answer of the model has come. */
type Answer = 'none' | 'requested' | 'streaming' | 'complete';

/** One turn in the server: requests to the model, items, tools, until it ends (facts/codex-wire.md 3). */
export class ServerTurn {
  readonly thread: LoadedThread;
  readonly turnId: string;
  readonly #server: CodexServer;
  readonly #record: StoredTurn;
  readonly #onEnded: () => void;
  readonly #items: ModelItems;
  readonly #tools: TurnTools;
  readonly #inputs: UserInput[] = [];
  readonly #retries: Retries;
  #state: 'accepted' | 'active' | 'aborting' | 'ended' = 'accepted';
  #answer: Answer = 'none';
  #startedAtMs = 0;
  /** Work scheduled in an earlier epoch is dropped: its stream was killed, or the turn has ended. */
  #epoch = 0;
  #attempt = 1;
  /** New tokens have been asked for since the model last answered. */
  #renewed = false;
  #stopRenewing = () => {};
  #first = true;

  constructor(thread: LoadedThread, texts: readonly string[], onEnded: () => void) {
    this.thread = thread;
    this.#server = thread.server;
    this.#onEnded = onEnded;
    const { stored } = thread;
    this.turnId = this.#server.world.ids.v7(this.#server.now);
    this.#record = { turnId: this.turnId, words: texts.join('\n'), status: 'running' };
    stored.recencyAtMs = this.#server.now;
    stored.rollout.beginTurn();
    this.#retries = new Retries(this.#server.home.config);
    this.#items = new ModelItems(thread, this.turnId);
    this.#tools = new TurnTools(thread, this.turnId, () => this.#stepDone());
    this.#inputs.push({ texts, clientId: null });
    this.#deliver(texts, 'start');
  }

  /** From `turn/started` to the end. */
  get active(): boolean {
    return this.#state === 'active';
  }

  /** `first`: the first turn of the thread in this process loads more before it can ask the model. */
  begin(first: boolean): void {
    this.#state = 'active';
    this.#first = first;
    this.#startedAtMs = this.#server.now;
    this.thread.stored.turns.push(this.#record);
    this.#server.truth.running.set(this.#threadId, this.turnId);
    this.#server.notify(this.thread.setStatus({ type: 'active', activeFlags: [] }), [
      'turn/started',
      { threadId: this.#threadId, turn: startingTurn(this.turnId, this.#startedAtMs) },
    ]);
    this.#later(TIMING.userMessage, () => this.#takeInput());
  }

  /** More words of the user. A stream in flight is killed for them; a running tool is waited for. */
  addInput(input: UserInput): void {
    this.#inputs.push(input);
    this.#deliver(input.texts, 'steer');
    if (this.#state !== 'active' || (this.#answer !== 'requested' && this.#answer !== 'streaming')) return;
    const frames: Frame[] = this.#answer === 'streaming' ? [['account/rateLimits/updated', RATE_LIMITS]] : [];
    this.#epoch++;
    this.#answer = 'none';
    this.#server.notify(...frames);
    this.#takeInput();
  }

  /** Stops the turn; running commands go on as background terminals. `respond` answers the request when it is done. */
  interrupt(respond: () => void): void {
    this.#state = 'aborting';
    this.#epoch++;
    this.#stopRenewing();
    this.#server.later(TIMING.interruptUsage, () => {
      const { rollout } = this.thread.stored;
      if (this.#answer === 'streaming') {
        rollout.add(1);
        this.#server.notify(['account/rateLimits/updated', RATE_LIMITS]);
      } else if (this.#answer === 'complete') {
        this.#server.notify(...this.#usageFrames());
      }
      this.#server.later(TIMING.interrupt - TIMING.interruptUsage, () => {
        rollout.add(2);
        respond();
        this.#finish('interrupted', null, [this.thread.setStatus({ type: 'idle' })]);
        this.#server.notify(...this.#tools.dropQuestions());
      });
    });
  }

  get #threadId(): string {
    return this.thread.stored.threadId;
  }

  #deliver(words: readonly string[], how: 'start' | 'steer'): void {
    this.#server.delivered({ threadId: this.#threadId, turnId: this.turnId, words: words.join('\n'), how });
  }

  #later(ms: number, work: () => void): void {
    const epoch = this.#epoch;
    this.#server.later(ms, () => {
      if (this.#epoch === epoch) work();
    });
  }

  #takeInput(): void {
    const input = this.#inputs.shift();
    if (!input || input.texts.length === 0) return this.#askModel();
    const { now, world } = this.#server;
    const ids = { threadId: this.#threadId, turnId: this.turnId };
    const itemId = world.ids.v7(now);
    this.#server.notify(['item/started', { item: userMessage(itemId, input, now, null), ...ids, startedAtMs: now }]);
    this.#later(TIMING.userMessageStored, () => {
      const { stored } = this.thread;
      stored.rollout.add(1);
      stored.rollout.item();
      for (const text of input.texts) {
        const item = { type: 'message', role: 'user', content: [{ type: 'input_text', text }] };
        stored.history.push({ by: 'user', text: text.trim(), item });
      }
      const item = userMessage(itemId, input, now, now);
      this.#server.notify(['item/completed', { item, ...ids, contentTokenCount: null, completedAtMs: now }]);
      this.#resetTries();
      this.#takeInput();
    });
  }

  #resetTries(): void {
    this.#attempt = 1;
    this.#renewed = false;
    this.#retries.reset();
  }

  #askModel(): void {
    const { stored } = this.thread;
    const { world } = this.#server;
    const question = modelQuestion(stored, ++stored.modelSteps, this.#attempt++);
    const { ask, key } = question;
    const info = {
      proc: this.#server.proc,
      codexHome: this.#server.home.path,
      threadId: this.#threadId,
      threadNumber: this.thread.number,
      ofProcess: ++this.#server.modelRequests,
      ofThread: ++this.thread.modelRequests,
      attempt: key.attempt,
      words: ask.user,
      tokens: this.#server.tokens.held,
    };
    const fault = world.faults.model?.(info) ?? null;
    this.#answer = 'requested';
    this.#items.begin();
    const epoch = this.#epoch;
    world.model.answer(question, (usual) => {
      if (this.#epoch !== epoch) return;
      this.#play(fault ? faultyExchange('openai', fault, usual, key) : usual);
    });
  }

  #play(exchange: ModelExchange): void {
    if (exchange.chunks.length === 0 && exchange.end.kind === 'hang') return;
    const delayMs = this.#first ? TIMING.modelFirst : TIMING.modelLater;
    this.#first = false;
    const epoch = this.#epoch;
    const time = {
      later: (ms: number, work: () => void) => this.#later(ms, work),
      gate: (name: string, work: () => void) =>
        this.#server.world.gates.pass(name, () => {
          if (this.#epoch === epoch) this.#later(0, work);
        }),
    };
    const ok = exchange.status === 200;
    const body = ok ? '' : exchange.chunks.map((chunk) => chunk.text).join('');
    playStream(exchange, delayMs, time, {
      head: () => {
        if (ok) this.#answer = 'streaming';
      },
      events: (events) => {
        if (ok) this.#events(events);
      },
      end: (kind) => {
        // The last events may have ended the turn in this very instant.
        if (this.#epoch !== epoch) return;
        if (!ok)
          this.#failed(statusFailure(exchange.status, body, exchange.headers, this.#server.home.config.modelUrl));
        else if (this.#answer !== 'complete') this.#streamEnded(kind);
      },
    });
  }

  #streamEnded(kind: 'close' | 'cut' | 'hang'): void {
    if (this.#answer === 'requested') this.#failed(brokenStream('before-head'));
    else if (kind === 'hang') this.#later(TIMING.streamIdle, () => this.#failed(brokenStream('idle')));
    else this.#failed(brokenStream(kind === 'cut' ? 'cut' : 'no-completed'));
  }

  #events(events: readonly JsonObject[]): void {
    for (const event of events) {
      if (event.type === 'response.failed') {
        const { error } = event.response as { error: { code: string; message: string } };
        return this.#failed(streamFailure(error.code, error.message));
      }
      this.#items.event(event, (call) => this.#tools.start(call));
      if (event.type === 'response.completed') {
        this.#answer = 'complete';
        const { usage } = event.response as { usage: { input_tokens: number; output_tokens: number } };
        const { stored } = this.thread;
        stored.rollout.add(1);
        stored.lastInput = usage.input_tokens;
        stored.lastOutput = usage.output_tokens;
        this.#stepDone();
      }
    }
  }

  /** The answer is complete and no tool of it is waited for any more: reports its usage and goes on. */
  #stepDone(): void {
    if (this.#answer !== 'complete' || this.#tools.waiting || this.#state !== 'active') return;
    const { stored } = this.thread;
    for (const entry of this.#tools.takeResults()) stored.history.push(entry);
    this.#later(TIMING.usage, () => {
      this.#server.notify(...this.#usageFrames());
      this.#answer = 'none';
      if (this.#inputs.length > 0) {
        this.#takeInput();
      } else if (this.#items.calledTools) {
        this.#resetTries();
        this.#askModel();
      } else {
        this.#later(TIMING.turnEnd, () => this.#completed());
      }
    });
  }

  #usageFrames(): Frame[] {
    const { stored } = this.thread;
    stored.rollout.add(1);
    stored.totalInput += stored.lastInput;
    stored.totalOutput += stored.lastOutput;
    stored.usageTurnId = this.turnId;
    const frames: Frame[] = [
      ['thread/tokenUsage/updated', this.thread.usage(this.turnId)],
      ['account/rateLimits/updated', RATE_LIMITS],
    ];
    const { diff } = this.#tools;
    if (diff !== null) frames.push(['turn/diff/updated', { threadId: this.#threadId, turnId: this.turnId, diff }]);
    return frames;
  }

  #completed(): void {
    if (this.#inputs.length > 0) return this.#takeInput();
    this.thread.stored.rollout.add(1);
    const read = this.thread.readState(this.turnId);
    this.#finish('completed', null, [...read, this.thread.setStatus({ type: 'idle' })]);
  }

  #failed(failure: ModelFailure): void {
    const frames: Frame[] = [];
    if (this.#answer === 'streaming') {
      this.thread.stored.rollout.add(1);
      frames.push(['account/rateLimits/updated', RATE_LIMITS]);
    }
    this.#epoch++;
    this.#answer = 'none';
    if (failure.retryStatus === 401 && this.#server.tokens.held && !this.#renewed) return this.#renewTokens();
    const retry = this.#retries.next(failure);
    if (!retry) return this.#giveUp(failure.error, frames);
    const ids = { threadId: this.#threadId, turnId: this.turnId };
    if (retry.notice) frames.push(['error', { error: retry.notice, willRetry: true, ...ids }]);
    this.#server.notify(...frames);
    this.#later(retry.delayMs, () => this.#askAgain());
  }

  /** The client has to give new ones; without them the turn fails. */
  #renewTokens(): void {
    this.#renewed = true;
    this.#stopRenewing = this.#server.tokens.renew((complaint) => {
      if (complaint === null) this.#later(TIMING.quick, () => this.#askAgain());
      else this.#giveUp({ message: complaint, codexErrorInfo: 'other', additionalDetails: null }, []);
    });
  }

  #askAgain(): void {
    if (this.#inputs.length > 0) this.#takeInput();
    else this.#askModel();
  }

  #giveUp(error: TurnError, before: readonly Frame[]): void {
    const ids = { threadId: this.#threadId, turnId: this.turnId };
    this.#server.notify(...before, this.thread.setStatus({ type: 'systemError' }), [
      'error',
      { error: errorObject(error), willRetry: false, ...ids },
    ]);
    this.#later(TIMING.failed, () => {
      this.thread.stored.rollout.add(1);
      this.#finish('failed', error, this.thread.readState(this.turnId));
    });
  }

  #finish(status: 'completed' | 'interrupted' | 'failed', error: TurnError | null, before: readonly Frame[]): void {
    const { now } = this.#server;
    this.#state = 'ended';
    this.#epoch++;
    this.#record.status = status;
    this.thread.stored.updatedAtMs = now;
    this.#server.truth.running.delete(this.#threadId);
    this.#server.truth.ended.push({ turnId: this.turnId, status, atMs: now });
    const answer = status === 'completed' ? this.#items.lastMessage : null;
    const turn = turnObject(this.turnId, {
      items: answer ? [answer] : [],
      itemsView: answer ? 'summary' : 'notLoaded',
      status,
      error,
      startedAtMs: this.#startedAtMs,
      completedAtMs: now,
    });
    this.#server.notify(...before, ['turn/completed', { threadId: this.#threadId, turn }]);
    this.#onEnded();
  }
}
