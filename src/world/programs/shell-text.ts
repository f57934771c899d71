import { UnmodelledError } from '../unmodelled.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/** `echo` of dash: `-n`, and backslash escapes; `\c` ends the output. */
export function echo(args: readonly string[]): string {
  const newline = args[0] !== '-n';
  const text = (newline ? args : args.slice(1)).join(' ');
  const end = /(?<!\\)(?:\\\\)*\\c/.exec(text);
  if (end) return withEscapes(text.slice(0, end.index + end[0].length - 2), true);
  return withEscapes(text, true) + (newline ? '\n' : '');
}

/** `printf` of dash for `%s`, `%d`, `%c` and `%%`; the format is used again while arguments are left. */
export function printf(format: string, args: readonly string[]): string {
  const pattern = withEscapes(format, false);
  let out = '';
  let next = 0;
  do {
    const before = next;
    out += pattern.replace(/%(-?\d*)(.?)/gs, (whole, width: string, kind: string) => {
      if (kind === '%') return '%';
      if (kind !== 's' && kind !== 'd' && kind !== 'c') throw new UnmodelledError('sh', `printf conversion ${whole}`);
      const given = args[next++] ?? '';
      const value = kind === 'c' ? given.slice(0, 1) : kind === 'd' ? String(Number.parseInt(given || '0', 10)) : given;
      const columns = Number(width || 0);
      return columns < 0 ? value.padEnd(-columns) : value.padStart(columns);
    });
    if (next === before) break;
  } while (next < args.length);
  return out;
}

/** `echo` writes octal escapes as `\0NNN`, `printf` as `\NNN`. */
function withEscapes(text: string, leadingZero: boolean): string {
  const octal = leadingZero ? '0[0-7]{0,3}' : '[0-7]{1,3}';
  return text.replace(new RegExp(`\\\\(${octal}|[abfnrtv\\\\])`, 'g'), (_, code: string) => {
    return ESCAPES[code] ?? String.fromCharCode(Number.parseInt(code, 8) || 0);
  });
}
