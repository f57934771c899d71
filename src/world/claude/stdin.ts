import { UnmodelledError } from '../unmodelled.ts';
import type { Body } from './frames.ts';
import type { ClaudeProcess, QueuedMessage } from './process.ts';
import { TIMING } from './timing.ts';

/** Members of a user message that change what it means and were not modelled. */
const SPECIAL = ['priority', 'shouldQuery', 'isSynthetic'];
/** Types that the CLI takes from stdin besides those handled here (facts 1.2). */
const OTHER = new Set(['update_environment_variables', 'queued_notification', 'session_notice']);
const IGNORED = new Set(['control_cancel_request', 'keep_alive']);

/**
 * Reads the lines of stdin in order, each when the one before it has been taken care of, and gives them to the process
 * once it is ready. What breaks the protocol ends the process as it ends the real one (facts 0.11, 5).
 */
export class StdinReader {
  #text = '';
  readonly #lines: string[] = [];
  #process: ClaudeProcess | null = null;
  #ended = false;
  #busy = false;
  #broken = false;

  chunk(text: string): void {
    const parts = (this.#text + text).split('\n');
    this.#text = parts.pop() ?? '';
    this.#lines.push(...parts);
    this.#pump();
  }

  /** A last line without its end counts. */
  end(): void {
    if (this.#text.trim() !== '') this.#lines.push(this.#text);
    this.#text = '';
    this.#ended = true;
    this.#pump();
  }

  /** The process is up: from now on lines are handled as they come. */
  attach(process: ClaudeProcess): void {
    this.#process = process;
    this.#pump();
    process.frames.flush();
  }

  #pump(): void {
    const process = this.#process;
    if (!process) return;
    while (!this.#busy && !this.#broken) {
      const line = this.#lines.shift();
      if (line === undefined) break;
      if (line.trim() !== '') this.#onLine(process, line);
    }
    process.frames.flush();
    if (this.#lines.length === 0 && !this.#busy && !this.#broken && this.#ended) {
      this.#ended = false;
      process.onEnd();
    }
  }

  #onLine(process: ClaudeProcess, line: string): void {
    let frame: Body;
    try {
      frame = JSON.parse(line);
    } catch {
      const type = /"type"\s*:\s*"([a-z_]+)"/.exec(line)?.[1] ?? 'unknown';
      this.#fail(process, `Error parsing streaming input line (type=${type}, ${line.length} chars): SyntaxError`);
      return;
    }
    const type = String(frame.type);
    if (type === 'user') this.#onUser(process, frame);
    else if (type === 'control_request') this.#onControl(process, frame);
    else if (type === 'control_response') process.onAnswer((frame.response ?? {}) as Body);
    else if (OTHER.has(type)) throw new UnmodelledError('claude', `input of type ${type}`);
    else if (!IGNORED.has(type)) process.kernel.record(`claude ${process.proc.pid}`, 'ignored', type);
  }

  #onUser(process: ClaudeProcess, frame: Body): void {
    const message = (frame.message ?? {}) as Body;
    if (message.role !== 'user') {
      this.#fail(process, `Error: Expected message role 'user', got '${String(message.role)}'`);
      return;
    }
    for (const key of SPECIAL)
      if (frame[key] !== undefined) throw new UnmodelledError('claude', `user message with ${key}`);
    const queued: QueuedMessage = {
      uuid: typeof frame.uuid === 'string' ? frame.uuid : null,
      text: textOf(message.content),
    };
    // Reading a message takes a moment, in which the turn of the one before it begins.
    this.#busy = true;
    process.later(TIMING.running, () => {
      process.onMessage(queued);
      this.#busy = false;
      this.#pump();
    });
  }

  #onControl(process: ClaudeProcess, frame: Body): void {
    if (typeof frame.request !== 'object' || frame.request === null) {
      this.#fail(process, 'Error: Missing request on control_request');
      return;
    }
    process.onControl(String(frame.request_id), frame.request as Body);
  }

  #fail(process: ClaudeProcess, words: string): void {
    this.#broken = true;
    process.fail(words);
  }
}

function textOf(content: unknown): string {
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : (content as Body[]);
  if (!Array.isArray(blocks) || blocks.length !== 1 || blocks[0]?.type !== 'text') {
    throw new UnmodelledError('claude', 'a user message that is not one text');
  }
  const text = String(blocks[0].text);
  if (text.startsWith('/')) throw new UnmodelledError('claude', `slash command ${text}`);
  return text;
}
