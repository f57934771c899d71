import type { Machine } from '../machine.ts';
import type { Proc } from '../proc.ts';
import { UnmodelledError } from '../unmodelled.ts';
import { cellWidth } from './cell-width.ts';

/** Linux's line discipline keeps this many bytes of an unfinished line and drops the rest. */
const MAX_LINE = 4095;

/**
 * The terminal of a pane in its usual (cooked, echoing) mode: keys become lines, lines become the program's input, and
 * what the program writes goes to the screen with `\n` as `\r\n`.
 */
export class Tty {
  readonly #machine: Machine;
  readonly #toScreen: (text: string) => void;
  #line = '';

  /** @param toScreen takes what the terminal shows. */
  constructor(machine: Machine, toScreen: (text: string) => void) {
    this.#machine = machine;
    this.#toScreen = toScreen;
  }

  /** The program writes. */
  output(text: string): void {
    this.#toScreen(text.includes('\n') ? text.replaceAll('\n', '\r\n') : text);
  }

  /** Keys arrive for the foreground group, which `leader` leads. */
  input(leader: Proc, keys: string): void {
    let echo = '';
    const flush = () => {
      if (echo !== '') this.#toScreen(echo);
      echo = '';
    };
    for (const key of keys) {
      if (key === '\r' || key === '\n') {
        echo += '\r\n';
        flush();
        this.#deliver(leader, `${this.#line}\n`);
      } else if (key === '\u0004') {
        flush();
        if (this.#line === '') leader.feedEnd();
        else this.#deliver(leader, this.#line);
      } else if (key === '\u0003') {
        echo += '^C';
        flush();
        this.#line = '';
        this.#machine.kill(0, -leader.pgid, 'SIGINT');
      } else if (key === '\u007f') {
        echo += this.#erase();
      } else if ('\u0011\u0012\u0013\u0015\u0016\u0017\u001a\u001c'.includes(key)) {
        throw new UnmodelledError('tmux', `key 0x${key.charCodeAt(0).toString(16)} on a pane's terminal`);
      } else if (this.#line.length < MAX_LINE) {
        this.#line += key;
        echo += key < ' ' && key !== '\t' ? `^${String.fromCharCode(key.charCodeAt(0) + 0x40)}` : key;
      }
    }
    flush();
  }

  /** Takes the last character back. Returns what the terminal shows: a control character took two columns. */
  #erase(): string {
    const last = [...this.#line].at(-1);
    if (last === undefined) return '';
    if (last === '\t') throw new UnmodelledError('tmux', "erasing a tab on a pane's terminal");
    this.#line = this.#line.slice(0, -last.length);
    return '\b \b'.repeat(last < ' ' ? 2 : cellWidth(last));
  }

  #deliver(leader: Proc, text: string): void {
    this.#line = '';
    leader.feed(text);
  }
}
