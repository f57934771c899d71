import type { Scheduled } from '../../kernel/kernel.ts';
import { UnmodelledError } from '../unmodelled.ts';
import { ApiCalls } from './api-calls.ts';
import type { Body } from './frames.ts';
import { StreamedMessage } from './message.ts';
import type { ClaudeProcess, QueuedMessage } from './process.ts';
import { type Ending, writeApiError } from './results.ts';
import type { Block } from './sessions.ts';
import type { ApiError, SentEvent } from './stream.ts';
import { TIMING } from './timing.ts';
import { ToolRun } from './tool.ts';
import { ToolQueue } from './tool-queue.ts';
import { TurnRecord } from './turn-record.ts';

type Item =
  | { readonly kind: 'event'; readonly sent: SentEvent; readonly requestId: string }
  | { readonly kind: 'refused'; readonly error: ApiError }
  | { readonly kind: 'cut' }
  | { readonly kind: 'closed' };

/** How the CLI's request to go on begins; the whole is its own prose. */
const CUT_OFF = 'Your response above was cut off mid-stream.';

/**
 * One turn: from the user's message over the rounds of model and tools to its result. Frames leave in the order of
 * facts/claude-wire 3; what arrives from the model waits in the inbox while the turn is not ready for it.
 */
export class Turn {
  readonly #process: ClaudeProcess;
  readonly #record: TurnRecord;
  readonly #calls: ApiCalls;
  readonly #tools: ToolQueue;
  #inbox: Item[] = [];
  #message: StreamedMessage | null = null;
  /** `begin`: before the first request; `model`: the model's answer is not complete; `tools`; `ending`: nothing can stop the result. */
  #phase: 'begin' | 'model' | 'tools' | 'ending' = 'begin';
  #holding = false;
  #step: Scheduled | null = null;
  #aborted = false;
  #abortDue = false;

  constructor(process: ClaudeProcess, messages: readonly QueuedMessage[]) {
    this.#process = process;
    this.#record = new TurnRecord(
      process,
      messages.flatMap(({ uuid }) => uuid ?? []),
    );
    for (const { uuid, text } of messages) {
      process.frames.lifecycle(uuid, 'started');
      process.branch.add('user', { type: 'text', text });
    }
    this.#tools = new ToolQueue((ms, work) => process.later(ms, work));
    this.#calls = new ApiCalls(process, {
      event: (sent, requestId) => this.#receive({ kind: 'event', sent, requestId }),
      refused: (error) => this.#receive({ kind: 'refused', error }),
      cut: () => this.#receive({ kind: 'cut' }),
      closed: () => this.#receive({ kind: 'closed' }),
    });
  }

  /** The open permission question, if there is one. */
  get asking(): ToolRun | null {
    return this.#tools.asking;
  }

  /** Shells that run now. */
  get shells() {
    return this.#tools.shells;
  }

  /** @param aborted an interrupt came before the turn began: it ends without a request. */
  begin(aborted: boolean): void {
    this.#aborted = aborted;
    const { first } = this.#process;
    this.#later(first ? TIMING.firstInit : TIMING.init, () => {
      this.#process.writeInit(this.#record.uuids);
      this.#phase = 'model';
      if (this.#aborted) this.#abortWhenIdle();
      else this.#later(first ? TIMING.firstStatus : TIMING.status, () => this.#round());
    });
  }

  /**
   * An interrupt, already answered. `signalled`: by SIGINT, which leaves some words out. `denied`: the tool whose refusal
   * asked for it.
   */
  interrupt(signalled = false, denied: ToolRun | null = null): void {
    if (this.#phase === 'ending' || this.#aborted) return;
    this.#aborted = true;
    if (this.#phase === 'tools') this.#abortTools(signalled, denied);
    else this.#abortWhenIdle();
  }

  /** The process is about to die: its shells are killed and no result follows. */
  stop(): void {
    this.#calls.cancel();
    this.#step?.cancel();
    this.#tools.hold();
    this.#phase = 'ending';
    for (const tool of this.#tools.running) tool.killed();
  }

  /** Claude's own follow-up of a tool call. */
  toolDone(tool: ToolRun, result: Block, denied: boolean): void {
    this.#record.numTurns++;
    this.#process.branch.add('user', result);
    if (denied) this.#record.denied(tool.call.id, tool.call.input);
    if (this.#phase === 'ending') return;
    const another = this.#tools.beginNext(TIMING.nextTool, () => this.#drain());
    if (!another && this.#phase === 'tools') this.#endRound();
  }

  #later(ms: number, work: () => void): void {
    this.#step = this.#process.later(ms, work);
  }

  /** One request to the model. */
  #round(): void {
    this.#phase = 'model';
    this.#message = null;
    this.#tools.clear();
    this.#process.frames.requesting(this.#record.uuids);
    this.#record.requestSent();
    // Before the request: its answer may be there at once or a promise later, and both are to draw their latency second.
    this.#process.frames.flush();
    this.#calls.begin();
  }

  /** All tools of the round have answered; what the user said meanwhile goes into the same turn (facts 3.2). */
  #endRound(): void {
    const { frames, branch } = this.#process;
    this.#phase = 'begin';
    this.#later(TIMING.nextRound, () => {
      if (this.#aborted) {
        this.#abortTools(false, null);
        return;
      }
      for (const { uuid, text } of this.#process.takeQueue()) {
        frames.lifecycle(uuid, 'started');
        branch.add('user', { type: 'text', text });
        if (uuid !== null) this.#record.uuids.push(uuid);
      }
      this.#round();
    });
  }

  #receive(item: Item): void {
    this.#inbox.push(item);
    this.#drain();
  }

  #drain(): void {
    while (!this.#holding) {
      const item = this.#inbox[0];
      if (!item) break;
      // A tool whose block is complete gets going before the end of the message is reported (measured).
      if (item.kind === 'event' && item.sent.event.type === 'message_stop' && this.#tools.due) break;
      this.#inbox.shift();
      this.#handle(item);
    }
    if (this.#aborted) this.#abortWhenIdle();
  }

  /** What has arrived of the model's message is reported first. */
  #abortWhenIdle(): void {
    if (this.#phase === 'begin' || this.#inbox.length > 0 || this.#holding || this.#abortDue) return;
    this.#abortDue = true;
    this.#process.later(TIMING.aborted, () => {
      this.#abortDue = false;
      if (this.#inbox.length > 0 || this.#holding) return;
      if (this.#phase === 'model') this.#abortModel();
      else if (this.#phase === 'tools') this.#abortTools(false, null);
    });
  }

  #handle(item: Item): void {
    if (item.kind === 'event') this.#onEvent(item.sent, item.requestId);
    else if (item.kind === 'refused') this.#onRefused(item.error);
    else if (item.kind === 'cut') this.#onCut();
    else if (this.#phase === 'model') throw new UnmodelledError('claude', 'a stream without its end');
  }

  #onEvent(sent: SentEvent, requestId: string): void {
    const { frames } = this.#process;
    switch (sent.event.type) {
      case 'message_start':
        this.#message = new StreamedMessage(frames, sent, requestId, this.#record, this.#record.elapsedMs);
        this.#record.inputTokens(this.#message.inputTokens);
        break;
      case 'content_block_start':
        this.#current.openBlock(sent);
        break;
      case 'content_block_delta':
        this.#current.delta(sent);
        break;
      case 'content_block_stop':
        this.#onBlock(sent);
        break;
      case 'message_delta':
        this.#current.pass(sent);
        break;
      case 'message_stop':
        this.#current.pass(sent);
        this.#onMessage(this.#current);
        break;
      default:
        throw new UnmodelledError('claude', `stream event ${sent.event.type}`);
    }
  }

  get #current(): StreamedMessage {
    if (!this.#message) throw new UnmodelledError('claude', 'a stream without message_start');
    return this.#message;
  }

  #onBlock(sent: SentEvent): void {
    const message = this.#current;
    const block = message.endBlock();
    this.#process.branch.add('assistant', block);
    if (block.type !== 'tool_use') {
      message.pass(sent);
      return;
    }
    const tool = new ToolRun(this.#process.toolHost(this), {
      id: block.id,
      name: block.name,
      input: block.input as Body,
    });
    const next = this.#tools.open.length === 0;
    this.#tools.add(tool);
    this.#holding = true;
    this.#process.later(TIMING.toolBlock, () => {
      this.#holding = false;
      if (this.#phase !== 'model') return;
      message.pass(sent);
      if (next) this.#tools.beginNext(TIMING.toolReady, () => this.#drain());
      this.#drain();
    });
  }

  #onMessage(message: StreamedMessage): void {
    this.#process.usage.message(message.inputTokens, message.outputTokens);
    if (message.stopReason === 'tool_use') {
      this.#phase = 'tools';
      if (this.#tools.open.length === 0) this.#endRound();
    } else if (message.stopReason === 'end_turn' && message.lastText !== null) {
      this.#end({ kind: 'completed', text: message.lastText });
    } else {
      throw new UnmodelledError(
        'claude',
        `a message that stops with ${message.stopReason} after ${message.blocks} blocks`,
      );
    }
  }

  #onRefused(error: ApiError): void {
    if (!this.#calls.repeatAfter(error)) this.#failApi(error);
  }

  /** The connection broke; how much of the message had come decides what happens (facts 4). */
  #onCut(): void {
    const { frames, branch, clips, usage } = this.#process;
    const message = this.#message;
    if (this.#phase !== 'model') return;
    if (!this.#tools.empty) throw new UnmodelledError('claude', 'a stream that breaks after a complete tool call');
    const complete = message?.blocks ?? 0;
    if (message) {
      message.closeStream(true);
      usage.message(message.inputTokens, message.outputTokens, message.estimate);
    }
    this.#message = null;
    if (complete === 0) {
      if (!this.#calls.repeatAfter(null)) this.#failApi(null);
      return;
    }
    this.#later(TIMING.aborted, () => {
      this.#record.numTurns++;
      frames.user([{ type: 'text', text: clips.cutOff }], { isSynthetic: true });
      branch.add('user', { type: 'text', text: CUT_OFF });
      this.#round();
    });
  }

  #failApi(error: ApiError | null): void {
    const { frames, clips, model, gateway } = this.#process;
    this.#later(TIMING.apiError, () => {
      const ending = writeApiError(frames, clips, error, { model, gateway, tags: this.#record.assistant() });
      this.#end(ending);
    });
  }

  #abortModel(): void {
    const { branch, clips, usage } = this.#process;
    if (this.#tools.open.length > 0) {
      throw new UnmodelledError('claude', 'an interrupt while a tool runs and the model still writes');
    }
    this.#calls.cancel();
    this.#step?.cancel();
    const message = this.#message;
    const block = message?.abortText();
    if (block) branch.add('assistant', block);
    this.#marker(clips.interrupted);
    message?.closeStream(false);
    if (message) usage.abandoned(message.inputTokens, message.estimate);
    this.#end({ kind: 'aborted', while: 'streaming' });
  }

  #abortTools(signalled: boolean, denied: ToolRun | null): void {
    const { frames, clips } = this.#process;
    const asking = this.asking;
    const running = this.#tools.running.length > 0;
    this.#tools.hold();
    this.#phase = 'ending';
    if (asking && !signalled) frames.state('running');
    this.#later(running ? TIMING.killedTool : TIMING.denied, () => {
      for (const tool of this.#tools.open) {
        const stopped = tool.state === 'running' && !signalled;
        tool.reject(stopped ? clips.toolStopped : clips.toolRefused, tool === asking || tool === denied);
      }
      this.#marker(clips.interruptedTool);
      // A question that SIGINT withdraws is the last thing that is heard of a turn (measured).
      if (asking && signalled) this.#process.turnOver();
      else this.#end({ kind: 'aborted', while: 'tools' });
    });
  }

  #marker(text: string): void {
    this.#record.numTurns++;
    this.#process.frames.user([{ type: 'text', text }]);
    // The model gets it with a line end after it (measured).
    this.#process.branch.add('user', { type: 'text', text: `${text}\n` });
  }

  #end(ending: Ending): void {
    this.#phase = 'ending';
    this.#later(TIMING.result, () => {
      this.#record.result(ending);
      this.#later(TIMING.completed, () => {
        this.#record.over(ending);
        this.#later(TIMING.idle, () => this.#process.turnOver());
      });
    });
  }
}
