import { UnmodelledError } from '../unmodelled.ts';

const USAGE = `usage: tmux [-2CDlNuvV] [-c shell-command] [-f file] [-L socket-name]
            [-S socket-path] [-T features] [command [flags]]
`;

/** What stands before the command in the client's argv. */
export type GlobalArgs =
  | {
      readonly kind: 'run';
      readonly label: string | null;
      readonly path: string | null;
      readonly config: string | null;
      readonly utf8: boolean;
      readonly noStart: boolean;
      /** Command words; empty means `new-session`. */
      readonly words: readonly string[];
    }
  | { readonly kind: 'print'; readonly code: number; readonly stdout: string; readonly stderr: string };

/** Parses argv as tmux 3.3a's getopt does: flags may be joined, `--` and the first other word end them. */
export function parseGlobalArgs(argv: readonly string[]): GlobalArgs {
  let label: string | null = null;
  let path: string | null = null;
  let config: string | null = null;
  let utf8 = false;
  let noStart = false;
  let index = 1;
  while (index < argv.length) {
    const word = argv[index]!;
    if (word.length < 2 || word[0] !== '-') break;
    index++;
    if (word === '--') break;
    for (let at = 1; at < word.length; at++) {
      const flag = word[at]!;
      if (flag === 'L' || flag === 'S' || flag === 'f' || flag === 'T' || flag === 'c') {
        const rest = word.slice(at + 1);
        if (rest === '' && index >= argv.length) return usage(`tmux: option requires an argument -- ${flag}\n`);
        const value = rest === '' ? argv[index++]! : rest;
        if (flag === 'L') label = value;
        else if (flag === 'S') path = value;
        else if (flag === 'f') config = value;
        else throw new UnmodelledError('tmux', `global flag -${flag}`);
        break;
      }
      if (flag === 'V') return { kind: 'print', code: 0, stdout: 'tmux 3.3a\n', stderr: '' };
      if (flag === 'u') utf8 = true;
      else if (flag === 'N') noStart = true;
      else if ('CDdlqv'.includes(flag)) throw new UnmodelledError('tmux', `global flag -${flag}`);
      else if (flag !== '2' && flag !== 'U') return usage(`tmux: unknown option -- ${flag}\n`);
    }
  }
  return { kind: 'run', label, path, config, utf8, noStart, words: index === 0 ? argv : argv.slice(index) };
}

function usage(complaint: string): GlobalArgs {
  return { kind: 'print', code: 1, stdout: '', stderr: complaint + USAGE };
}
