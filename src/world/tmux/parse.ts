import { UnmodelledError } from '../unmodelled.ts';
import { COMMANDS, type CommandSyntax } from './command-table.ts';

/** One command with its flags and arguments, as the server will run it. */
export class ParsedCommand {
  readonly syntax: CommandSyntax;
  readonly #flags: readonly (readonly [flag: string, value: string | null])[];
  readonly args: readonly string[];

  constructor(
    syntax: CommandSyntax,
    flags: readonly (readonly [flag: string, value: string | null])[],
    args: readonly string[],
  ) {
    this.syntax = syntax;
    this.#flags = flags;
    this.args = args;
  }

  has(flag: string): boolean {
    for (const [name] of this.#flags) if (name === flag) return true;
    return false;
  }

  /** The value of the flag's last use. */
  get(flag: string): string | undefined {
    for (let index = this.#flags.length - 1; index >= 0; index--) {
      const [name, value] = this.#flags[index]!;
      if (name === flag) return value ?? undefined;
    }
    return undefined;
  }

  /** The values of all uses, in order. */
  all(flag: string): string[] {
    return this.#flags.filter(([name]) => name === flag).map(([, value]) => value ?? '');
  }
}

export type ParsedSequence =
  | { readonly kind: 'ok'; readonly commands: readonly ParsedCommand[] }
  | { readonly kind: 'error'; readonly message: string };

const byName = new Map<string, CommandSyntax>();
for (const syntax of COMMANDS) {
  byName.set(syntax.name, syntax);
  if (syntax.alias) byName.set(syntax.alias, syntax);
}

/** Default `command-alias` entries: they stand for whole command lines. */
const COMMAND_ALIASES = new Set(['split-pane', 'splitp', 'server-info', 'info', 'choose-window', 'choose-session']);

/** Splits words at `;` (also at the end of a word, unless `\;`) and parses each command (facts tmux.md 6). */
export function parseSequence(words: readonly string[]): ParsedSequence {
  const commands: ParsedCommand[] = [];
  let current: string[] = [];
  for (let index = 0; index <= words.length; index++) {
    const word = words[index];
    if (word !== undefined && !word.endsWith(';')) {
      current.push(word);
      continue;
    }
    const before = word === undefined ? '' : word.slice(0, -1);
    if (before.endsWith('\\')) {
      current.push(`${before.slice(0, -1)};`);
      continue;
    }
    if (before !== '') current.push(before);
    if (current.length === 0) continue;
    const parsed = parseCommand(current);
    if (typeof parsed === 'string') return { kind: 'error', message: parsed };
    commands.push(parsed);
    current = [];
  }
  return { kind: 'ok', commands };
}

/** Finds a command by its name, alias or unique prefix. Returns tmux's complaint otherwise. */
export function findCommand(name: string): CommandSyntax | string {
  const known = byName.get(name);
  if (known) return known;
  if (COMMAND_ALIASES.has(name)) throw new UnmodelledError('tmux', `command alias ${name}`);
  const found = COMMANDS.filter((each) => each.name.startsWith(name));
  if (found.length === 1) return found[0]!;
  if (found.length === 0) return `unknown command: ${name}`;
  return `ambiguous command: ${name}, could be: ${found.map((each) => each.name).join(', ')}`;
}

function parseCommand(words: readonly string[]): ParsedCommand | string {
  const syntax = findCommand(words[0]!);
  if (typeof syntax === 'string') return syntax;
  const flags: [string, string | null][] = [];
  let index = 1;
  while (index < words.length) {
    const word = words[index]!;
    if (word.length < 2 || word[0] !== '-') break;
    index++;
    if (word === '--') break;
    for (let at = 1; at < word.length; at++) {
      const flag = word[at]!;
      if (flag === '?') throw new UnmodelledError('tmux', `usage of ${syntax.name} (-?)`);
      if (!/[A-Za-z0-9]/.test(flag)) return complain(syntax, `invalid flag -${flag}`);
      const known = syntax.flags.indexOf(flag);
      if (known < 0) return complain(syntax, `unknown flag -${flag}`);
      if (syntax.flags[known + 1] !== ':') {
        flags.push([flag, null]);
        continue;
      }
      const rest = word.slice(at + 1);
      // A flag at the end without its argument is accepted and means nothing (measured).
      flags.push([flag, rest !== '' ? rest : index < words.length ? words[index++]! : null]);
      break;
    }
  }
  const args = words.slice(index);
  if (args.length < syntax.least) return complain(syntax, `too few arguments (need at least ${syntax.least})`);
  if (args.length > syntax.most) return complain(syntax, `too many arguments (need at most ${syntax.most})`);
  return new ParsedCommand(syntax, flags, args);
}

function complain({ name }: CommandSyntax, what: string): string {
  return `command ${name}: ${what}`;
}
