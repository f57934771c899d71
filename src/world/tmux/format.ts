import { UnmodelledError } from '../unmodelled.ts';
import { fnmatch } from './fnmatch.ts';
import { clock } from './time.ts';

/** A template, parsed once: literal text, or a `#{…}` with its modifiers. */
type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly modifiers: readonly Modifier[]; readonly body: string };

interface Modifier {
  readonly name: string;
  readonly args: readonly string[];
}

/** Looks up a variable. Undefined when tmux has none of that name, which expands to nothing. */
export type Lookup = (name: string) => string | undefined;

/** `#S` and the like. */
const SHORT: Readonly<Record<string, string>> = {
  D: 'pane_id',
  F: 'window_flags',
  H: 'host',
  I: 'window_index',
  P: 'pane_index',
  S: 'session_name',
  T: 'pane_title',
  W: 'window_name',
  h: 'host_short',
};

const cache = new Map<string, readonly Part[]>();

/** Expands a format (facts tmux.md 6): unknown variables are empty. Throws {@link UnmodelledError} for unknown syntax. */
export function expandFormat(template: string, lookup: Lookup): string {
  if (!template.includes('#')) return template;
  let parts = cache.get(template);
  if (!parts) {
    if (cache.size > 1_000) cache.clear();
    parts = parse(template);
    cache.set(template, parts);
  }
  let out = '';
  for (const part of parts) out += part.kind === 'text' ? part.text : evaluate(part.modifiers, part.body, lookup);
  return out;
}

/** Neither empty nor `0`. */
export function isTrue(value: string): boolean {
  return value !== '' && value !== '0';
}

function parse(template: string): Part[] {
  const parts: Part[] = [];
  let text = '';
  const push = (part: Part) => {
    if (text !== '') parts.push({ kind: 'text', text });
    text = '';
    parts.push(part);
  };
  let index = 0;
  while (index < template.length) {
    const character = template[index]!;
    const next = template[index + 1];
    if (character !== '#' || next === undefined) {
      text += character;
      index++;
    } else if (next === '{') {
      const end = closing(template, index + 2);
      if (end < 0) throw new UnmodelledError('tmux', `unclosed format ${template}`);
      push(parseValue(template.slice(index + 2, end)));
      index = end + 1;
    } else if (next === '(') {
      throw new UnmodelledError('tmux', `shell command in format ${template}`);
    } else if (/^#{2,}\[/.test(template.slice(index, index + 40))) {
      throw new UnmodelledError('tmux', `escaped style in format ${template}`);
    } else if (next === '#' || next === ',' || next === '}') {
      text += next;
      index += 2;
    } else if (SHORT[next]) {
      push({ kind: 'value', modifiers: [], body: SHORT[next] });
      index += 2;
    } else {
      // Styles (`#[…]`) and whatever else follows a `#` stay as they are.
      text += character + next;
      index += 2;
    }
  }
  if (text !== '') parts.push({ kind: 'text', text });
  return parts;
}

/** Index of the `}` that ends a format whose body starts at `from`, or -1. */
function closing(template: string, from: number): number {
  let depth = 1;
  for (let index = from; index < template.length; index++) {
    if (template[index] === '#' && template[index + 1] === '{') depth++;
    else if (template[index] === '#' && '#,}'.includes(template[index + 1] ?? ' ')) index++;
    else if (template[index] === '}' && --depth === 0) return index;
  }
  return -1;
}

function parseValue(source: string): Part {
  const modifiers: Modifier[] = [];
  let rest = source;
  for (;;) {
    if (rest.startsWith('?'))
      return { kind: 'value', modifiers: [...modifiers, { name: '?', args: [] }], body: rest.slice(1) };
    const modifier = /^(==|!=|<=|>=|\|\||&&|<|>|[lmbdnwqtETsepSWPaC=](?=[:/|0-9-]))/.exec(rest);
    if (!modifier) break;
    const name = modifier[0];
    const colon = rest.indexOf(':', name.length);
    const semicolon = rest.indexOf(';', name.length);
    if (colon < 0) break;
    if (semicolon >= 0 && semicolon < colon)
      throw new UnmodelledError('tmux', `joined modifiers in format #{${source}}`);
    const options = rest.slice(name.length, colon);
    modifiers.push({ name, args: options === '' ? [] : options.split(/[|/]/).filter((each) => each !== '') });
    rest = rest.slice(colon + 1);
  }
  return { kind: 'value', modifiers, body: rest };
}

function evaluate(modifiers: readonly Modifier[], body: string, lookup: Lookup): string {
  const first = modifiers[0];
  if (!first) return lookup(body) ?? '';
  const rest = modifiers.slice(1);
  switch (first.name) {
    case '?':
      return conditional(body, lookup);
    case '==':
    case '!=':
    case '<':
    case '>':
    case '<=':
    case '>=': {
      const [left, right] = operands(body, lookup);
      return compare(first.name, left, right) ? '1' : '0';
    }
    case '||':
    case '&&': {
      const [left, right] = operands(body, lookup);
      return (first.name === '||' ? isTrue(left) || isTrue(right) : isTrue(left) && isTrue(right)) ? '1' : '0';
    }
    case 'm': {
      if (first.args.length > 0) throw new UnmodelledError('tmux', `format match with options ${first.args.join(',')}`);
      const [pattern, text] = operands(body, lookup);
      return fnmatch(pattern, text) ? '1' : '0';
    }
    case 'e':
      return calculate(first.args, operands(body, lookup));
    case 'l':
      return body;
    case 'b':
      return evaluate(rest, body, lookup).replace(/^.*\//s, '');
    case 'd': {
      const path = evaluate(rest, body, lookup);
      if (path === '') return '';
      const slash = path.lastIndexOf('/');
      return slash < 0 ? '.' : slash === 0 ? '/' : path.slice(0, slash);
    }
    case 'n':
      return String(Buffer.byteLength(evaluate(rest, body, lookup)));
    case 'E':
      return expandFormat(evaluate(rest, body, lookup), lookup);
    case 't':
      return clock(evaluate(rest, body, lookup));
    case '=':
      return limit(first.args, evaluate(rest, body, lookup));
    default:
      throw new UnmodelledError('tmux', `format modifier ${first.name}`);
  }
}

/** Splits at the commas that are not inside a nested format. */
function split(body: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (let index = 0; index < body.length; index++) {
    const character = body[index]!;
    const next = body[index + 1];
    if (character === '#' && next === '{') depth++;
    if (character === '#' && next !== undefined && '#,}{'.includes(next)) {
      part += character + next;
      index++;
    } else if (character === ',' && depth === 0) {
      parts.push(part);
      part = '';
    } else {
      if (character === '}') depth--;
      part += character;
    }
  }
  parts.push(part);
  return parts;
}

function operands(body: string, lookup: Lookup): [string, string] {
  const [left = '', ...right] = split(body);
  return [expandFormat(left, lookup), expandFormat(right.join(','), lookup)];
}

function conditional(body: string, lookup: Lookup): string {
  const [condition = '', yes, ...no] = split(body);
  if (yes === undefined || no.length === 0) return '';
  const value = condition.includes('#') ? expandFormat(condition, lookup) : (lookup(condition) ?? '');
  return expandFormat(isTrue(value) ? yes : no.join(','), lookup);
}

function compare(operator: string, left: string, right: string): boolean {
  if (operator === '==') return left === right;
  if (operator === '!=') return left !== right;
  if (operator === '<') return left < right;
  if (operator === '>') return left > right;
  return operator === '<=' ? left <= right : left >= right;
}

/** `#{e|OPERATOR:left,right}` on integers. */
function calculate(args: readonly string[], [left, right]: readonly [string, string]): string {
  if (args.length !== 1) throw new UnmodelledError('tmux', `format arithmetic with ${args.length} options`);
  const a = Number(left);
  const b = Number(right);
  switch (args[0]) {
    case '+':
      return String(Math.trunc(a) + Math.trunc(b));
    case '-':
      return String(Math.trunc(a) - Math.trunc(b));
    case '*':
      return String(Math.trunc(a) * Math.trunc(b));
    case '>':
      return a > b ? '1' : '0';
    case '<':
      return a < b ? '1' : '0';
    case '==':
      return a === b ? '1' : '0';
    case '!=':
      return a !== b ? '1' : '0';
    default:
      throw new UnmodelledError('tmux', `format arithmetic ${args[0]}`);
  }
}

function limit(args: readonly string[], value: string): string {
  const count = Number(args[0]);
  if (args.length !== 1 || !Number.isInteger(count))
    throw new UnmodelledError('tmux', `format limit ${args.join('/')}`);
  return count >= 0 ? value.slice(0, count) : value.slice(count);
}
