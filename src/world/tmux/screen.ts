import { UnmodelledError } from '../unmodelled.ts';
import { cellWidth } from './cell-width.ts';
import { applySgr, type Pen, PLAIN, penChange } from './pen.ts';

interface Row {
  /** One entry per column up to the last one written; the second column of a wide character is `''`. */
  readonly text: string[];
  readonly pens: Pen[];
  /** The line went on in the next row because it was too long. */
  wrapped: boolean;
}

/** How rows are rendered by `capture-pane`. */
export interface CaptureStyle {
  readonly escapes: boolean;
  readonly join: boolean;
  readonly keepTrailing: boolean;
}

/** Private modes that change nothing a capture shows. */
const SILENT_MODES = new Set(['1', '7', '12', '25', '1000', '1002', '1003', '1004', '1005', '1006', '2004', '2026']);

/** A terminal screen with its history: enough of one for what programs under simulation print. */
export class Screen {
  readonly columns: number;
  readonly rows: number;
  readonly #historyLimit: number;
  readonly #history: Row[] = [];
  #lines: Row[] = [];
  #x = 0;
  #y = 0;
  #pen: Pen = PLAIN;
  /** An escape sequence whose end has not arrived yet. */
  #partial = '';

  constructor(columns: number, rows: number, historyLimit: number) {
    this.columns = columns;
    this.rows = rows;
    this.#historyLimit = historyLimit;
  }

  get cursor(): { readonly x: number; readonly y: number } {
    return { x: Math.min(this.#x, this.columns - 1), y: this.#y };
  }

  get historySize(): number {
    return this.#history.length;
  }

  /** Throws {@link UnmodelledError} for an escape sequence it does not know. */
  write(chunk: string): void {
    const text = this.#partial + chunk;
    this.#partial = '';
    let index = 0;
    while (index < text.length) {
      const code = text.codePointAt(index)!;
      if (code === 0x1b) {
        const length = this.#escape(text.slice(index));
        if (length === 0) {
          this.#partial = text.slice(index);
          return;
        }
        index += length;
        continue;
      }
      const character = String.fromCodePoint(code);
      index += character.length;
      if (code < 0x20 || code === 0x7f) this.#control(code);
      else this.#put(character);
    }
  }

  /** Scrolls everything up one line and writes `text` in the last one, as a dead pane does (facts tmux.md 5). */
  appendBottomLine(text: string): void {
    this.#y = this.rows - 1;
    this.#scroll();
    this.#x = 0;
    this.#pen = PLAIN;
    this.write(text.slice(0, this.columns));
  }

  /** Rows `first` to `last`, 0 being the top of the visible screen and negative numbers the history, one line each. */
  capture(first: number, last: number, style: CaptureStyle): string {
    let out = '';
    let pen = PLAIN;
    for (let number = first; number <= last; number++) {
      const row = number < 0 ? this.#history[this.#history.length + number] : this.#lines[number];
      let line = '';
      for (let x = 0; x < (row?.text.length ?? 0); x++) {
        if (style.escapes) {
          line += penChange(pen, row!.pens[x]!);
          pen = row!.pens[x]!;
        }
        line += row!.text[x]!;
      }
      out += style.join || style.keepTrailing ? line : line.replace(/ +$/, '');
      if (!(style.join && row?.wrapped)) out += '\n';
    }
    return out;
  }

  #put(character: string): void {
    const width = cellWidth(character);
    if (width === 0) {
      const row = this.#row();
      if (this.#x > 0) row.text[this.#x - 1] += character;
      return;
    }
    if (this.#x + width > this.columns) {
      this.#row().wrapped = true;
      this.#lineFeed();
      this.#x = 0;
    }
    const row = this.#row();
    while (row.text.length < this.#x) this.#push(row, ' ');
    row.text[this.#x] = character;
    row.pens[this.#x] = this.#pen;
    if (width === 2) {
      row.text[this.#x + 1] = '';
      row.pens[this.#x + 1] = this.#pen;
    }
    this.#x += width;
  }

  #push(row: Row, character: string): void {
    row.text.push(character);
    row.pens.push(PLAIN);
  }

  #row(): Row {
    while (this.#lines.length <= this.#y) this.#lines.push({ text: [], pens: [], wrapped: false });
    return this.#lines[this.#y]!;
  }

  #control(code: number): void {
    if (code === 0x0d) this.#x = 0;
    else if (code === 0x0a || code === 0x0b || code === 0x0c) this.#lineFeed();
    else if (code === 0x08) this.#x = Math.max(0, this.#x - 1);
    else if (code === 0x09) this.#x = Math.min(this.columns - 1, (Math.floor(this.#x / 8) + 1) * 8);
    else if (code !== 0x07 && code !== 0 && code !== 0x7f) {
      throw new UnmodelledError('tmux', `control character 0x${code.toString(16)} in a pane's output`);
    }
  }

  #lineFeed(): void {
    if (this.#y === this.rows - 1) this.#scroll();
    else this.#y++;
  }

  #scroll(): void {
    this.#row();
    this.#history.push(this.#lines[0]!);
    this.#lines = this.#lines.slice(1);
    if (this.#history.length > this.#historyLimit) this.#history.shift();
  }

  /** Handles the escape sequence at the start of `text`. Returns its length, or 0 when it is not complete. */
  #escape(text: string): number {
    if (text.length === 1) return 0;
    if (text[1] === ']') {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what ends an OSC sequence.
      const end = /\u0007|\u001b\\/.exec(text);
      return end ? end.index + end[0].length : 0;
    }
    if (text[1] === '(' || text[1] === ')') return text.length < 3 ? 0 : 3;
    if (text[1] === '=' || text[1] === '>') return 2;
    if (text[1] !== '[') throw new UnmodelledError('tmux', `escape sequence ${JSON.stringify(text.slice(0, 8))}`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence starts with that character.
    const csi = /^\u001b\[([0-9;<=>?]*)([ -/]*)([@-~])/.exec(text);
    if (!csi) return 0;
    if (!this.#csi(csi[1]!, csi[2]! + csi[3]!)) {
      throw new UnmodelledError('tmux', `escape sequence ${JSON.stringify(csi[0])}`);
    }
    return csi[0].length;
  }

  #csi(parameters: string, final: string): boolean {
    const numbers = parameters.split(';').map((each) => (each === '' ? 0 : Number(each)));
    const count = numbers[0] || 1;
    switch (final) {
      case 'm': {
        const pen = applySgr(this.#pen, numbers);
        if (pen) this.#pen = pen;
        return pen !== null;
      }
      case 'A':
        this.#y = Math.max(0, this.#y - count);
        return true;
      case 'B':
        this.#y = Math.min(this.rows - 1, this.#y + count);
        return true;
      case 'C':
        this.#x = Math.min(this.columns - 1, this.#x + count);
        return true;
      case 'D':
        this.#x = Math.max(0, this.#x - count);
        return true;
      case 'G':
        this.#x = Math.min(this.columns, count) - 1;
        return true;
      case 'H':
      case 'f':
        this.#y = Math.min(this.rows, count) - 1;
        this.#x = Math.min(this.columns, numbers[1] || 1) - 1;
        return true;
      case 'J':
        return this.#eraseScreen(numbers[0]!);
      case 'K':
        return this.#eraseLine(numbers[0]!);
      case 'h':
      case 'l':
        return (
          parameters.startsWith('?') &&
          parameters
            .slice(1)
            .split(';')
            .every((each) => SILENT_MODES.has(each))
        );
      default:
        return false;
    }
  }

  #eraseScreen(what: number): boolean {
    if (what === 0) {
      this.#eraseLine(0);
      this.#lines.length = Math.min(this.#lines.length, this.#y + 1);
    } else if (what === 2) this.#lines = [];
    else return false;
    return true;
  }

  #eraseLine(what: number): boolean {
    const row = this.#row();
    if (what === 0) {
      row.text.length = Math.min(row.text.length, this.#x);
      row.pens.length = row.text.length;
    } else if (what === 2) {
      row.text.length = 0;
      row.pens.length = 0;
    } else return false;
    return true;
  }
}
