import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Frontend, FrontendEvent } from '../../core/index.ts';

/**
 * The front end of a live run: each chat has a log file to which what its user sees is appended, and the program in its
 * terminal shows that file. Both survive the daemon: the file because it is one, the terminal because tmux keeps it.
 */
export class ChatWindows implements Frontend {
  readonly #folder: string;
  readonly #changed: () => void;
  /** Everything published so far, by all daemons of this run. */
  readonly events: FrontendEvent[] = [];

  constructor(folder: string, changed: () => void) {
    this.#folder = folder;
    this.#changed = changed;
    mkdirSync(folder, { recursive: true });
  }

  /**
   * What runs in a chat's terminal; the core appends the chat's id, which the shell sees as `$1`. The shell becomes
   * `tail`: the pane's process is the program itself, from its start to its end.
   */
  get worker(): readonly string[] {
    return ['sh', '-c', 'exec tail -n +1 -F "$0/$1.log"', this.#folder];
  }

  /** Begins the log of a chat, which must be there before its terminal is. */
  open(chatId: string): void {
    this.#append(chatId, `chat ${chatId}\n`);
  }

  /** Shows what the user wrote. */
  said(chatId: string, text: string): void {
    this.#append(chatId, `> ${text}\n`);
  }

  publish(event: FrontendEvent): void {
    this.events.push(event);
    this.#append(event.chatId, shown(event));
    this.#changed();
  }

  #append(chatId: string, text: string): void {
    appendFileSync(join(this.#folder, `${chatId}.log`), text);
  }
}

function shown(event: FrontendEvent): string {
  switch (event.type) {
    case 'text.delta':
      return event.text;
    case 'message.delivered':
      return '';
    case 'message.failed':
      return `[not delivered: ${event.error}]\n`;
    case 'tool':
      return `\n[${event.title}: ${event.status}]\n`;
    case 'approval.requested':
      return `\n[may it run? ${event.title}]\n`;
    case 'approval.withdrawn':
      return '[no answer needed any more]\n';
    case 'turn.ended':
      return event.error === null ? `\n[${event.status}]\n` : `\n[${event.status}: ${event.error}]\n`;
    case 'notice':
      return `[${event.text}]\n`;
  }
}
