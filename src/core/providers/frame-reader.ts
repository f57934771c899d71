import { LineSplitter } from './lines.ts';

/** A line that a newline inside a string cut into pieces is put together up to these bounds (facts B2). */
const MAX_JOINED_LENGTH = 1_000_000;
const MAX_JOINED_LINES = 1_000;

type Frame = Readonly<Record<string, unknown>>;

export interface FrameHandlers {
  frame(frame: Frame): void;
  /** What is no frame; its length in UTF-16 code units. It is dropped, and what follows is read as usual. */
  noise(length: number): void;
  /** A line longer than any frame may be. */
  oversized(length: number): void;
}

/**
 * Reads frames, one JSON object on each line, from a stream that others write to as well: banners, halves of lines and
 * unescaped newlines inside strings (facts/pairs-and-shared-client.md C1 S21). Nothing on it ends the reading.
 */
export class FrameReader {
  readonly #handlers: FrameHandlers;
  readonly #lines: LineSplitter;
  /** Beginning of a frame that was cut inside a string. */
  #cut: string[] = [];
  #cutLength = 0;

  constructor(handlers: FrameHandlers, maxLineLength?: number) {
    this.#handlers = handlers;
    this.#lines = new LineSplitter(
      {
        line: (line) => this.#line(line),
        oversized: (length) => {
          this.#dropCut();
          handlers.oversized(length);
        },
      },
      maxLineLength,
    );
  }

  push(chunk: string): void {
    this.#lines.push(chunk);
  }

  /** The stream is over: a last line without its end counts. */
  end(): void {
    this.#lines.end();
    this.#dropCut();
  }

  #line(line: string): void {
    const whole = parse(line);
    // A whole frame is one, whatever stands before it: the rest of what was cut never came.
    if (whole) {
      this.#dropCut();
      this.#handlers.frame(whole);
    } else if (this.#cut.length > 0) {
      this.#continue(line);
    } else if (line.startsWith('{') && endsInString(line)) {
      this.#keep(line);
    } else if (line.trim() !== '') {
      this.#handlers.noise(line.length);
    }
  }

  #continue(line: string): void {
    this.#keep(line);
    if (this.#cutLength > MAX_JOINED_LENGTH || this.#cut.length > MAX_JOINED_LINES) {
      this.#dropCut();
      return;
    }
    if (endsInString(line, true)) return;
    const frame = parse(this.#cut.join('\\n'));
    if (!frame) {
      this.#dropCut();
      return;
    }
    this.#cut = [];
    this.#cutLength = 0;
    this.#handlers.frame(frame);
  }

  #keep(line: string): void {
    this.#cut.push(line);
    this.#cutLength += line.length + 2;
  }

  #dropCut(): void {
    if (this.#cut.length === 0) return;
    const length = this.#cutLength;
    this.#cut = [];
    this.#cutLength = 0;
    this.#handlers.noise(length);
  }
}

function parse(line: string): Frame | null {
  if (!line.includes('{')) return null;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Frame) : null;
  } catch {
    return null;
  }
}

/** The text breaks off inside a JSON string; `inside` says whether it began in one. */
function endsInString(text: string, began = false): boolean {
  let inside = began;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (char === '"') inside = !inside;
    else if (char === '\\' && inside) index++;
  }
  return inside;
}
