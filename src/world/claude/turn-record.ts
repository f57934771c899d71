import type { Body } from './frames.ts';
import type { Tags } from './message.ts';
import type { ClaudeProcess } from './process.ts';
import { type Ending, writeResult } from './results.ts';

/** What a turn gathers for its result, and the names of its messages that ride on its frames. */
export class TurnRecord implements Tags {
  readonly #process: ClaudeProcess;
  readonly #startedAt: number;
  /** All messages of the turn; the first `#begun` of them are those it began with. */
  readonly uuids: string[];
  readonly #begun: number;
  readonly #denials: object[] = [];
  #firstRequest: { sentWallMs: number; inputTokens: number } | null = null;
  /** One for the user's message, and one for each `user` frame. */
  numTurns = 1;
  #streamTagged = false;
  #assistantTagged = false;

  constructor(process: ClaudeProcess, uuids: readonly string[]) {
    this.#process = process;
    this.#startedAt = process.now;
    this.uuids = [...uuids];
    this.#begun = uuids.length;
  }

  get elapsedMs(): number {
    return this.#process.now - this.#startedAt;
  }

  denied(toolUseId: string, input: Body): void {
    this.#denials.push({ tool_name: 'Bash', tool_use_id: toolUseId, tool_input: input });
  }

  requestSent(): void {
    this.#firstRequest ??= { sentWallMs: this.#process.frames.wallMs, inputTokens: 0 };
  }

  inputTokens(count: number): void {
    if (this.#firstRequest) this.#firstRequest.inputTokens ||= count;
  }

  /** Messages that joined the turn while it ran are done before its result (facts 3.2). */
  result(ending: Ending): void {
    const { frames, clips, usage } = this.#process;
    for (const uuid of this.uuids.slice(this.#begun)) frames.lifecycle(uuid, 'completed');
    const input = {
      usage: usage.take(),
      uuids: this.uuids,
      primary: this.#primary,
      numTurns: this.numTurns,
      denials: this.#denials,
      index: this.#process.nextResult(ending.kind !== 'completed'),
      durationMs: this.elapsedMs,
      firstRequest: this.#firstRequest,
    };
    writeResult(frames, clips, input, ending);
  }

  over(ending: Ending): void {
    const state = ending.kind === 'completed' ? 'completed' : 'cancelled';
    for (const uuid of this.uuids.slice(0, this.#begun)) this.#process.frames.lifecycle(uuid, state);
  }

  stream(): Body {
    if (this.#streamTagged || this.#primary === null) return {};
    this.#streamTagged = true;
    return { user_message_uuid: this.#primary, user_message_uuids: [...this.uuids], owed_rows: [] };
  }

  assistant(): Body {
    if (this.#assistantTagged || this.#primary === null) return {};
    this.#assistantTagged = true;
    return { user_message_uuid: this.#primary, user_message_uuids: [...this.uuids] };
  }

  one(): Body {
    return this.#primary === null ? {} : { user_message_uuid: this.#primary };
  }

  /** The last of the messages with which the turn began. */
  get #primary(): string | null {
    return this.uuids[this.#begun - 1] ?? null;
  }
}
