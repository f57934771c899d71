import type { Scheduled } from '../../kernel/kernel.ts';
import type { Gates } from '../gates.ts';
import type { ModelExchange } from '../model/index.ts';
import { type ApiError, apiErrorOf, parseEvents, type SentEvent } from './stream.ts';

/** Who reads an answer of the model as it arrives. */
export interface AnswerReader {
  event(sent: SentEvent): void;
  refused(error: ApiError): void;
  /** The connection broke. */
  cut(): void;
  /** The body ended in good order. */
  closed(): void;
}

/** Delivers one answer of the model on the virtual clock, chunk by chunk, gates included. */
export class AnswerDelivery {
  readonly #exchange: ModelExchange;
  readonly #gates: Gates;
  readonly #later: (ms: number, work: () => void) => Scheduled;
  readonly #reader: AnswerReader;
  #next = 0;
  #timer: Scheduled | null = null;
  #cancelled = false;

  constructor(
    exchange: ModelExchange,
    gates: Gates,
    later: (ms: number, work: () => void) => Scheduled,
    reader: AnswerReader,
  ) {
    this.#exchange = exchange;
    this.#gates = gates;
    this.#later = later;
    this.#reader = reader;
  }

  /** The first chunk arrives `travelMs` after its own gap and gate. */
  start(travelMs: number): void {
    this.#step(travelMs);
  }

  cancel(): void {
    this.#cancelled = true;
    this.#timer?.cancel();
  }

  #step(extraMs: number): void {
    const chunk = this.#exchange.chunks[this.#next++];
    const { gate, gapMs } = chunk ?? this.#exchange.end;
    if (!chunk && this.#exchange.end.kind === 'hang') return;
    const go = () => {
      if (this.#cancelled) return;
      this.#timer = this.#later(gapMs + extraMs, () => (chunk ? this.#deliver(chunk.text) : this.#finish()));
    };
    if (gate === undefined) go();
    else this.#gates.pass(gate, go);
  }

  #deliver(text: string): void {
    if (this.#exchange.status !== 200) {
      this.#reader.refused(apiErrorOf(this.#exchange));
      return;
    }
    for (const sent of parseEvents(text)) this.#reader.event(sent);
    if (!this.#cancelled) this.#continue();
  }

  /** What follows without a gap comes in the same instant. */
  #continue(): void {
    const { gate, gapMs, kind } = this.#exchange.end;
    const last = this.#next === this.#exchange.chunks.length;
    if (last && kind !== 'hang' && gate === undefined && gapMs === 0) this.#finish();
    else this.#step(0);
  }

  #finish(): void {
    if (this.#exchange.end.kind === 'cut') this.#reader.cut();
    else this.#reader.closed();
  }
}
