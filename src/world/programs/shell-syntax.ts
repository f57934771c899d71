import { UnmodelledError } from '../unmodelled.ts';

/** A piece of a word: text, or a variable (`?`, `$`, `@`, `#` and digits included). Quoted ones are not split into fields. */
export interface Piece {
  readonly kind: 'text' | 'variable';
  readonly value: string;
  readonly quoted: boolean;
}

export type Word = readonly Piece[];

export interface Redirection {
  readonly fd: 0 | 1 | 2;
  readonly mode: 'write' | 'append' | 'read' | 'copy';
  /** A path, or for `copy` the number of the other descriptor. */
  readonly target: Word;
}

export interface SimpleCommand {
  /** What joins it to the one before: always, only after success, or only after failure. */
  readonly when: 'always' | 'success' | 'failure';
  readonly negated: boolean;
  readonly assignments: readonly { readonly name: string; readonly value: Word }[];
  readonly words: readonly Word[];
  readonly redirections: readonly Redirection[];
}

/** Parses the part of the shell language that the simulated shell knows: lists of simple commands. Throws {@link UnmodelledError}. */
export function parseShell(source: string): SimpleCommand[] {
  return new Parser(source).list();
}

/** Words that begin compound commands. */
const RESERVED = new Set([
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'for',
  'while',
  'until',
  'do',
  'done',
  'case',
  'esac',
  '{',
  '}',
]);

class Parser {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  list(): SimpleCommand[] {
    const commands: SimpleCommand[] = [];
    let when: SimpleCommand['when'] = 'always';
    for (;;) {
      this.#skipBlanks();
      const before = this.#at;
      const command = this.#simple(when);
      if (this.#at > before) commands.push(command);
      const rest = this.#source.slice(this.#at);
      if (rest === '') return commands;
      const operator = /^(&&|\|\||;|\n)/.exec(rest)?.[0];
      if (!operator || rest.startsWith(';;')) this.#unknown(rest);
      if (this.#at === before && operator !== '\n') this.#unknown(rest);
      this.#at += operator.length;
      when = operator === '&&' ? 'success' : operator === '||' ? 'failure' : 'always';
    }
  }

  #simple(when: SimpleCommand['when']): SimpleCommand {
    const assignments: { name: string; value: Word }[] = [];
    const words: Word[] = [];
    const redirections: Redirection[] = [];
    let negated = false;
    for (;;) {
      this.#skipBlanks();
      const rest = this.#source.slice(this.#at);
      if (rest === '' || /^[;\n]|^&&|^\|\|/.test(rest)) break;
      const redirection = /^([0-2]?)(>>|>&|>|<)/.exec(rest);
      if (redirection) {
        this.#at += redirection[0].length;
        redirections.push(this.#redirection(redirection[1]!, redirection[2]!));
        continue;
      }
      const assignment = words.length === 0 ? /^([A-Za-z_]\w*)=/.exec(rest) : null;
      if (assignment) {
        this.#at += assignment[0].length;
        assignments.push({ name: assignment[1]!, value: this.#word() });
        continue;
      }
      if (words.length === 0 && /^![ \t]/.test(rest)) {
        this.#at++;
        negated = true;
        continue;
      }
      const word = this.#word();
      if (word.length === 0) this.#unknown(rest);
      const [first] = word;
      if (words.length === 0 && word.length === 1 && !first!.quoted && RESERVED.has(first!.value)) this.#unknown(rest);
      words.push(word);
    }
    return { when, negated, assignments, words, redirections };
  }

  #redirection(fd: string, operator: string): Redirection {
    this.#skipBlanks();
    const target = this.#word();
    if (target.length === 0) this.#unknown(this.#source.slice(this.#at));
    if (operator === '<') return { fd: 0, mode: 'read', target };
    const mode = operator === '>' ? 'write' : operator === '>>' ? 'append' : 'copy';
    return { fd: fd === '2' ? 2 : 1, mode, target };
  }

  #word(): Word {
    const pieces: Piece[] = [];
    let text = '';
    let quotedText = false;
    const flush = () => {
      if (text !== '' || quotedText) pieces.push({ kind: 'text', value: text, quoted: quotedText });
      text = '';
      quotedText = false;
    };
    for (;;) {
      const character = this.#source[this.#at];
      if (character === undefined || /[ \t\n;]/.test(character)) break;
      if (/[&|<>]/.test(character)) break;
      if (/[()`*?[~#]/.test(character) && !(character === '#' && (text !== '' || pieces.length > 0))) {
        this.#unknown(this.#source.slice(this.#at));
      }
      if (character === "'" || character === '"') {
        flush();
        this.#at++;
        this.#quoted(character, pieces);
      } else if (character === '\\') {
        flush();
        pieces.push({ kind: 'text', value: this.#source[this.#at + 1] ?? '\\', quoted: true });
        this.#at += 2;
      } else if (character === '$') {
        flush();
        pieces.push(this.#variable(false));
      } else {
        text += character;
        this.#at++;
      }
    }
    flush();
    return pieces;
  }

  #quoted(quote: string, pieces: Piece[]): void {
    let text = '';
    const flush = () => {
      pieces.push({ kind: 'text', value: text, quoted: true });
      text = '';
    };
    for (;;) {
      const character = this.#source[this.#at];
      if (character === undefined) throw new UnmodelledError('sh', `an unterminated quoted string in ${this.#source}`);
      if (character === quote) break;
      if (quote === '"' && character === '\\' && '$`"\\\n'.includes(this.#source[this.#at + 1] ?? ' ')) {
        if (this.#source[this.#at + 1] !== '\n') text += this.#source[this.#at + 1];
        this.#at += 2;
      } else if (quote === '"' && character === '$') {
        flush();
        pieces.push(this.#variable(true));
      } else if (quote === '"' && character === '`') {
        this.#unknown(this.#source.slice(this.#at));
      } else {
        text += character;
        this.#at++;
      }
    }
    this.#at++;
    flush();
  }

  #variable(quoted: boolean): Piece {
    const rest = this.#source.slice(this.#at);
    const match = /^\$(?:([A-Za-z_]\w*|[?$#0-9@])|\{([A-Za-z_]\w*)\})/.exec(rest);
    if (match) {
      this.#at += match[0].length;
      return { kind: 'variable', value: (match[1] ?? match[2])!, quoted };
    }
    if (/^\$[({*!-]/.test(rest)) this.#unknown(rest);
    this.#at++;
    return { kind: 'text', value: '$', quoted };
  }

  #skipBlanks(): void {
    while (this.#source[this.#at] === ' ' || this.#source[this.#at] === '\t') this.#at++;
  }

  #unknown(rest: string): never {
    throw new UnmodelledError(
      'sh',
      `${JSON.stringify(rest.split(/[\s;]/)[0] || rest.slice(0, 10))} in ${JSON.stringify(this.#source)}`,
    );
  }
}
