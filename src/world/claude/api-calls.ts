import type { Scheduled } from '../../kernel/kernel.ts';
import { faultyExchange } from '../model/faults.ts';
import type { AnswerKey, ModelAsk, ModelExchange } from '../model/index.ts';
import type { ClaudeProcess } from './process.ts';
import { AnswerDelivery } from './request.ts';
import { retryWord } from './results.ts';
import type { ApiError, SentEvent } from './stream.ts';
import { TIMING } from './timing.ts';

/** What comes of the requests of a turn. */
export interface CallReader {
  event(sent: SentEvent, requestId: string): void;
  refused(error: ApiError): void;
  cut(): void;
  closed(): void;
}

/** Requests that are repeated without a word: so many in all (facts 4). */
const SILENT: Readonly<Record<number, number>> = { 400: 6, 404: 2 };
const RETRIES_DEFAULT = 10;
const RETRIES_MOST = 15;
/** The CLI adds up to a quarter to its delays; a `delay` choice takes so many steps of it. */
const JITTER_STEPS = 5;

/** The requests to the model that one turn makes, one at a time, and their repetition after failures (facts 4). */
export class ApiCalls {
  readonly #process: ClaudeProcess;
  readonly #reader: CallReader;
  readonly #maxRetries: number;
  #delivery: AnswerDelivery | null = null;
  #timer: Scheduled | null = null;
  /** Of this round: requests sent, and repetitions that were announced. */
  #sent = 0;
  #retries = 0;
  #ofTurn = 0;

  constructor(process: ClaudeProcess, reader: CallReader) {
    this.#process = process;
    this.#reader = reader;
    const given = process.proc.env.CLAUDE_CODE_MAX_RETRIES;
    this.#maxRetries = Math.min(given === undefined ? RETRIES_DEFAULT : Number(given), RETRIES_MOST);
  }

  /** The first request of a round. */
  begin(): void {
    this.#sent = 0;
    this.#retries = 0;
    this.#send(true);
  }

  /** Repeats the request, now or later; false when the failure (null: the connection broke) is final. */
  repeatAfter(error: ApiError | null): boolean {
    const status = error?.status ?? null;
    const silent = status === null ? undefined : SILENT[status];
    if (silent !== undefined) {
      if (this.#sent >= silent) return false;
      this.#later(TIMING.silentRetry, () => this.#send(status !== 404));
      return true;
    }
    if (status === 403 || this.#retries >= this.#maxRetries) return false;
    this.#retries++;
    const base = Math.max(Math.min(500 * 2 ** (this.#retries - 1), 32_000), error?.retryAfterMs ?? 0);
    const jitter = this.#process.kernel.choose('delay', JITTER_STEPS) / (JITTER_STEPS - 1) / 4;
    const delayMs = Math.round(base * (1 + jitter));
    this.#later(TIMING.retry, () => {
      this.#process.frames.event({
        type: 'system',
        subtype: 'api_retry',
        attempt: this.#retries,
        max_retries: this.#maxRetries,
        retry_delay_ms: delayMs,
        error_status: status,
        error: status === null ? 'unknown' : retryWord(status),
      });
      this.#later(delayMs, () => this.#send(true));
    });
    return true;
  }

  /** Gives up whatever is under way. */
  cancel(): void {
    this.#delivery?.cancel();
    this.#delivery = null;
    this.#timer?.cancel();
    this.#sent++;
  }

  #send(stream: boolean): void {
    const { branch, source, model, frames, proc, first } = this.#process;
    const attempt = ++this.#sent;
    const travelMs = first ? TIMING.firstRequest : TIMING.request;
    const { ofProcess, step } = this.#process.countRequest();
    const ofTurn = ++this.#ofTurn;
    const { sessionId } = frames;
    const key: AnswerKey = { lane: sessionId, step, attempt };
    const ask: ModelAsk = { provider: 'anthropic', model, stream, lane: sessionId, ...branch.ask() };
    const http = () => ({
      path: '/v1/messages?beta=true',
      headers: { 'x-claude-code-session-id': sessionId },
      body: { model, max_tokens: 32_000, stream, messages: branch.wire() },
    });
    source.answer({ ask, key, http }, (exchange) => {
      if (attempt !== this.#sent || !proc.alive) return;
      const info = { pid: proc.pid, sessionId, ofProcess, ofTurn, words: ask.user };
      const fault = this.#process.faults.model?.(info) ?? null;
      this.#deliver(fault ? faultyExchange('anthropic', fault, exchange, key) : exchange, travelMs);
    });
  }

  #deliver(exchange: ModelExchange, travelMs: number): void {
    const requestId = exchange.headers['request-id'] ?? '';
    const reader = this.#reader;
    this.#delivery = new AnswerDelivery(exchange, this.#process.gates, (ms, work) => this.#process.later(ms, work), {
      event: (sent) => reader.event(sent, requestId),
      refused: (error) => reader.refused(error),
      cut: () => reader.cut(),
      closed: () => reader.closed(),
    });
    this.#delivery.start(travelMs);
  }

  #later(ms: number, work: () => void): void {
    this.#timer = this.#process.later(ms, work);
  }
}
