import type { Pane, Window } from './state.ts';
import { quoteArgument } from './variables.ts';

/** A session name as tmux stores it: `:` and `.` become `_`, odd characters are escaped. Null when it is empty. */
export function sessionName(given: string): string | null {
  if (given === '') return null;
  return escapeName(given.replace(/[:.]/g, '_'));
}

/** Control characters, backslashes and `$` before a name character as `vis(3)` with C escapes writes them. */
function escapeName(name: string): string {
  let out = '';
  for (let index = 0; index < name.length; index++) {
    const character = name[index]!;
    const code = name.charCodeAt(index);
    const next = name[index + 1] ?? '';
    if (character === '$' && /[A-Za-z_{]/.test(next)) out += '\\$';
    else if (character === '\\') out += '\\\\';
    else if (code < 0x20 || code === 0x7f) out += escapeControl(code, next);
    else out += character;
  }
  return out;
}

const C_ESCAPES: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
};

function escapeControl(code: number, next: string): string {
  if (code === 0) return /[0-7]/.test(next) ? '\\000' : '\\0';
  return C_ESCAPES[code] ?? `\\${code.toString(8).padStart(3, '0')}`;
}

/** What a window is called after its command when nobody named it. */
export function windowNameOf(command: string): string {
  let name = command.startsWith('"') ? command.slice(1) : command;
  const quote = name.indexOf('"');
  if (quote >= 0) name = name.slice(0, quote);
  if (name.startsWith('exec ')) name = name.slice(5);
  name = name.replace(/^[ -]+/, '');
  const space = name.indexOf(' ');
  if (space >= 0) name = name.slice(0, space);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: everything that is no printable ASCII is cut off.
  name = name.replace(/(?<=.)[\u0000-\u0020\u007f-\uffff]+$/s, '');
  return name.startsWith('/') ? name.slice(name.lastIndexOf('/') + 1) : name;
}

/** `pane_current_command`: the program's argv[0], or the command as given once it is dead. */
export function currentCommand(pane: Pane): string {
  const { proc, command } = pane;
  if (proc?.alive) return windowNameOf(proc.argv[0]!);
  return windowNameOf(command.length > 0 ? command.map(quoteArgument).join(' ') : pane.shell);
}

/** Names a window after its active pane's command. */
export function nameWindow(window: Window): void {
  window.name = currentCommand(window.active);
}
