import type { ExchangeChunk, ExchangeEnd, ModelExchange } from '../model/index.ts';
import type { JsonObject } from './params.ts';

/** Virtual time and gates as a turn has them. Whatever was scheduled is dropped when the turn no longer wants it. */
export interface StreamTime {
  later(ms: number, work: () => void): void;
  /** Calls `work` when the gate of this name is open. */
  gate(name: string, work: () => void): void;
}

export interface StreamEvents {
  /** The response head is there. */
  head(): void;
  /** The readable events of one piece of the body, in order. Malformed ones are skipped, as codex does. */
  events(events: readonly JsonObject[]): void;
  end(kind: ExchangeEnd['kind']): void;
}

/** Plays an answer of the model at its own pace. */
export function playStream(exchange: ModelExchange, firstDelayMs: number, time: StreamTime, out: StreamEvents): void {
  const { chunks, end } = exchange;
  const reader = new SseReader();
  const wait = (timing: Pick<ExchangeChunk, 'gapMs' | 'gate'>, extraMs: number, work: () => void): void => {
    const pause = () => time.later(timing.gapMs + extraMs, work);
    if (timing.gate === undefined) pause();
    else time.gate(timing.gate, pause);
  };
  const from = (index: number): void => {
    const extra = index === 0 ? firstDelayMs : 0;
    const chunk = chunks[index];
    if (!chunk) {
      wait(end, extra, () => out.end(end.kind));
      return;
    }
    wait(chunk, extra, () => {
      if (index === 0) out.head();
      out.events(reader.read(chunk.text));
      // An orderly end follows in the same instant; anything else takes its own.
      if (index + 1 === chunks.length && end.kind === 'close' && end.gapMs === 0 && !end.gate) out.end('close');
      else from(index + 1);
    });
  };
  from(0);
}

/** Reads `text/event-stream`, as far as the Responses API uses it: the type of an event is repeated in its data. */
class SseReader {
  #rest = '';

  read(text: string): JsonObject[] {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop()!;
    const events: JsonObject[] = [];
    for (const block of blocks) {
      const data = block.startsWith('data: ') ? 0 : block.indexOf('\ndata: ') + 1;
      if (!block.startsWith('data: ', data)) continue;
      try {
        events.push(JSON.parse(block.slice(data + 6)) as JsonObject);
      } catch {
        // Skipped silently: malformed_sse in facts/codex-wire.md 4.
      }
    }
    return events;
  }
}
