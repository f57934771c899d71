import type { ModelAsk } from '../model/index.ts';
import type { Usage } from './usage.ts';

export type Block =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: object }
  | {
      readonly type: 'tool_result';
      readonly tool_use_id: string;
      readonly content: string;
      readonly is_error?: boolean;
    };

/** One message of the conversation as the API is sent it. */
export interface HistoryMessage {
  readonly role: 'user' | 'assistant';
  readonly content: Block[];
}

/** What resuming puts in the place of an answer that a killed process never got, and of a tool's result (facts 3.3). */
const NO_ANSWER = 'No response requested.';
const NO_RESULT = "[Tool call interrupted: the session ended before this call's result was recorded]";
/** The CLI tells the model after the last tool result. */
const TOKENS_LEFT = '\n\n<system-reminder>\n<total_tokens>15000000 tokens left</total_tokens>\n</system-reminder>';

/** A session as it is on disk: it outlives the processes that work on it. */
export interface SessionRecord {
  readonly id: string;
  /** The branch of the process that wrote last; another process's later words are not in it (facts 0.15). */
  history: readonly HistoryMessage[];
  /** Written when a process ends in good order: after kill -9 it is what it was before. */
  spent: Usage['spent'] | null;
  /** Requests to the model so far, by all processes. */
  requests: number;
}

/**
 * The conversation as one process sees it. What is added reaches the session's record when it is saved: the CLI collects
 * its writes (measured), so that a process that is killed early leaves a session without its last words, or none at all.
 */
export class Branch {
  readonly #record: SessionRecord;
  readonly #saveSoon: () => void;
  readonly #messages: HistoryMessage[];
  #unsaved = false;
  /** Index of the message with results that resuming made up; -1 if there is none. */
  #repaired = -1;

  /** @param saveSoon is called when there is something to save that was not announced before. */
  constructor(record: SessionRecord, saveSoon: () => void) {
    this.#record = record;
    this.#saveSoon = saveSoon;
    this.#messages = copyOf(record.history);
    this.#repair();
  }

  get messages(): readonly HistoryMessage[] {
    return this.#messages;
  }

  /** Neighbouring messages of one role are one message to the API. */
  add(role: HistoryMessage['role'], block: Block): void {
    const last = this.#messages.at(-1);
    if (last?.role === role) last.content.push(block);
    else this.#messages.push({ role, content: [block] });
    if (this.#unsaved) return;
    this.#unsaved = true;
    this.#saveSoon();
  }

  /** This process's branch becomes the one that is resumed. */
  save(): void {
    if (!this.#unsaved) return;
    this.#unsaved = false;
    this.#record.history = copyOf(this.#messages);
  }

  /** What a script can tell of the request that these messages make. */
  ask(): Pick<ModelAsk, 'user' | 'toolResults' | 'round' | 'length'> {
    let user = '';
    let round = 0;
    const toolResults: string[] = [];
    for (let i = this.#messages.length - 1; i >= 0; i--) {
      const { role, content } = this.#messages[i]!;
      if (role === 'assistant') round++;
      const texts = content.filter((block) => block.type === 'text');
      const results = content.filter((block) => block.type === 'tool_result');
      // Tool results before a user's text of the same message belong to the answer before it.
      if (role === 'user' && texts.length > 0) {
        user = texts.at(-1)!.text.trim();
        break;
      }
      if (i === this.#messages.length - 1) toolResults.push(...results.map((block) => block.content));
    }
    if (toolResults.length > 0) toolResults.push(`${toolResults.pop()}${TOKENS_LEFT}`);
    return { user, toolResults, round, length: this.#messages.length };
  }

  /** The messages as they are sent: the last tool result of each has words of the CLI's own after it. */
  wire(): object[] {
    return this.#messages.map(({ role, content }, i) => {
      const last = i === this.#repaired ? -1 : content.findLastIndex((block) => block.type === 'tool_result');
      const sent = content.map((block, at) =>
        at === last && block.type === 'tool_result' ? { ...block, content: block.content + TOKENS_LEFT } : block,
      );
      return { role, content: sent };
    });
  }

  /** Closes what a killed process left open: tool calls get a result, and the user's words an answer. */
  #repair(): void {
    const last = this.#messages.at(-1);
    const open = (last?.role === 'assistant' ? last.content : []).filter((block) => block.type === 'tool_use');
    if (open.length > 0) {
      const results = open.map(
        ({ id }): Block => ({ type: 'tool_result', tool_use_id: id, content: NO_RESULT, is_error: true }),
      );
      this.#repaired = this.#messages.push({ role: 'user', content: results }) - 1;
    }
    if (this.#messages.at(-1)?.role === 'user') {
      this.#messages.push({ role: 'assistant', content: [{ type: 'text', text: NO_ANSWER }] });
    }
  }
}

function copyOf(messages: readonly HistoryMessage[]): HistoryMessage[] {
  return messages.map(({ role, content }) => ({ role, content: [...content] }));
}
