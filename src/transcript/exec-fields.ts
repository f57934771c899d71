/**
 * Where in the output of a tool something stands that is another one each time: tmux was asked for it by name (`-F '#{pane_id}'`), so
 * its place is known exactly. tmux 3.3a, man page, FORMATS.
 */

/** A stretch of the output, by offsets into it. */
export interface Field {
  readonly start: number;
  readonly end: number;
  /** Kind of symbol; `tty` for a terminal's path. */
  readonly kind: string;
}

const IDS: Readonly<Record<string, string>> = { pane_id: 'pane', window_id: 'win', session_id: 'sess' };
const TTYS = new Set(['pane_tty', 'client_tty']);
const PIDS = new Set(['pid', 'pane_pid', 'client_pid']);
const TIMES = new Set(
  'start_time session_created session_activity session_last_attached window_activity client_created client_activity'.split(
    ' ',
  ),
);

/** Kinds and patterns by the name of a variable; null for one that says the same each time. */
function kindOf(variable: string): { readonly kind: string; readonly pattern: string } | null {
  const id = Object.hasOwn(IDS, variable) ? IDS[variable] : undefined;
  if (id !== undefined) return { kind: id, pattern: '[%@$]\\d+' };
  if (TTYS.has(variable)) return { kind: 'tty', pattern: '/dev/[\\w/]+' };
  if (PIDS.has(variable)) return { kind: 'pid', pattern: '\\d+' };
  return TIMES.has(variable) ? { kind: 's', pattern: '\\d+' } : null;
}

/** Fields of `stdout` in order, without overlap; none for a tool or a format that is not understood. */
export function fieldsOf(tool: string, args: readonly string[], stdout: string): Field[] {
  if (tool !== 'tmux') return [];
  const formats = args.filter((arg) => arg.includes('#{'));
  if (formats.length === 0) return listing(args) ? createdIn(stdout) : [];
  const only = formats[0]!;
  return formats.length > 1 ? [] : formatted(only.replace(/^-F(?=.)/, ''), stdout);
}

/** `list-sessions` without a format says when each session was made. */
const listing = (args: readonly string[]): boolean => args.some((arg) => arg === 'ls' || /^list-s/.test(arg));

function createdIn(stdout: string): Field[] {
  return [...stdout.matchAll(/(?<= windows? \(created )[^()\n]{24}(?=\))/g)].map(({ index }) => ({
    start: index,
    end: index + 24,
    kind: 'ctime',
  }));
}

/** Every line must be what the format gives; conditions and modifiers are not understood. */
function formatted(format: string, stdout: string): Field[] {
  const kinds: string[] = [];
  let pattern = '^';
  for (const part of format.split(/(#\{[^}]*\})/)) {
    const variable = /^#\{(.*)\}$/s.exec(part)?.[1];
    if (variable === undefined) {
      if (part.includes('#')) return [];
      pattern += part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
      continue;
    }
    if (!/^[a-z_]+$/.test(variable)) return [];
    const known = kindOf(variable);
    if (known !== null) kinds.push(known.kind);
    pattern += known === null ? '.*' : `(${known.pattern})`;
  }
  const line = new RegExp(`${pattern}$`, 'd');
  const fields: Field[] = [];
  let offset = 0;
  for (const text of stdout.split('\n')) {
    const found = line.exec(text);
    kinds.forEach((kind, i) => {
      const at = found?.indices?.[i + 1];
      if (at !== undefined) fields.push({ start: offset + at[0], end: offset + at[1], kind });
    });
    offset += text.length + 1;
  }
  return fields;
}
