/**
 * Symbols in transcript strings: `<kind>` or `<kind:name>` stands for a value that differs from run to run. This module knows the kinds,
 * splits a string into literal text and symbols, and keeps what each symbol stands for in the current run.
 */

/**
 * - `identity`: bound where first seen, the same value ever after, and different from all others of its family.
 * - `place`: a path or port of the machine, given by whoever runs the transcript or bound where first seen.
 * - `volatile`: a time or a gauge; each occurrence is on its own.
 * - `redacted`: what `redact.ts` put there; it matches only itself, since live text is redacted before it is compared.
 */
export type SymbolRole = 'identity' | 'place' | 'volatile' | 'redacted';

export interface SymbolKind {
  readonly role: SymbolRole;
  /** JSON type of a value that consists of the symbol alone; `either` keeps the type it was bound with. */
  readonly json: 'string' | 'number' | 'either';
  /** Regular expression source of the values, for symbols inside longer text. */
  readonly pattern: string;
  /** Identity kinds of one family never share a value. */
  readonly family?: string;
}

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const uuid: SymbolKind = { role: 'identity', json: 'string', pattern: UUID, family: 'uuid' };

export const KINDS: Readonly<Record<string, SymbolKind>> = {
  /** JSON-RPC id chosen by the client. */
  rpc: { role: 'identity', json: 'either', pattern: '[\\w.-]+', family: 'rpc' },
  /** JSON-RPC id chosen by the server. */
  srv: { role: 'identity', json: 'either', pattern: '[\\w.-]+', family: 'srv' },
  /** Control request id chosen by the client (claude). */
  req: { role: 'identity', json: 'string', pattern: '[\\w.-]+', family: 'req' },
  /** Control request id chosen by the provider (claude). */
  control: uuid,
  thread: uuid,
  turn: uuid,
  item: uuid,
  session: uuid,
  uuid,
  task: { role: 'identity', json: 'string', pattern: '[0-9a-z]+', family: 'task' },
  run: { role: 'identity', json: 'string', pattern: '[0-9a-z]+-[0-9a-f]+', family: 'run' },
  /** Number of an exec session, written as a string (codex `processId`). */
  proc: { role: 'identity', json: 'string', pattern: '\\d+', family: 'proc' },
  pid: { role: 'identity', json: 'either', pattern: '\\d+', family: 'pid' },
  /** Ids that tmux counts for each of its servers: of panes, windows and sessions. */
  pane: { role: 'identity', json: 'string', pattern: '%\\d+', family: 'pane' },
  win: { role: 'identity', json: 'string', pattern: '@\\d+', family: 'win' },
  sess: { role: 'identity', json: 'string', pattern: '\\$\\d+', family: 'sess' },

  path: { role: 'place', json: 'string', pattern: '/[^\\s"\'<>]*' },
  /** The path of the same name with every character that is neither letter nor digit replaced by `-` (claude's project folders). */
  munged: { role: 'place', json: 'string', pattern: '-[0-9A-Za-z-]*' },
  port: { role: 'place', json: 'either', pattern: '\\d+' },

  /** Milliseconds since the epoch. */
  ms: { role: 'volatile', json: 'number', pattern: '\\d+' },
  /** Seconds since the epoch. */
  s: { role: 'volatile', json: 'number', pattern: '\\d+' },
  /** A duration in any unit. */
  dur: { role: 'volatile', json: 'number', pattern: '\\d+(?:\\.\\d+)?' },
  /** A gauge or an estimate. */
  n: { role: 'volatile', json: 'number', pattern: '\\d+(?:\\.\\d+)?' },
  iso: {
    role: 'volatile',
    json: 'string',
    pattern: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?(?:Z|[+-]\\d\\d:?\\d\\d)',
  },
  /** `2026/11/20`. */
  ymd: { role: 'volatile', json: 'string', pattern: '\\d{4}/\\d\\d/\\d\\d' },
  /** `2026-11-20T19-40-24`. */
  stamp: { role: 'volatile', json: 'string', pattern: '\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\d-\\d\\d' },
  /** `Sat Nov 21 16:39:31 2026`, as `ctime` of C writes it. */
  ctime: {
    role: 'volatile',
    json: 'string',
    pattern: '[A-Z][a-z]{2} [A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d \\d{4}',
  },
  /** Random words that name a file. */
  slug: { role: 'volatile', json: 'string', pattern: '[0-9a-z-]+' },
  /** Name and version of an operating system in a user agent. */
  os: { role: 'volatile', json: 'string', pattern: '[^()]+' },

  home: { role: 'redacted', json: 'string', pattern: '' },
  host: { role: 'redacted', json: 'string', pattern: '' },
  user: { role: 'redacted', json: 'string', pattern: '' },
  email: { role: 'redacted', json: 'string', pattern: '' },
  account: { role: 'redacted', json: 'string', pattern: '' },
  secret: { role: 'redacted', json: 'string', pattern: '' },
};

/** One piece of a string: text, or a symbol with its full text (`<thread:1>`). */
export type Part =
  | { readonly text: string }
  | { readonly symbol: string; readonly kind: string; readonly name: string };

const TOKEN = new RegExp(`<(?:lt|(${Object.keys(KINDS).join('|')})(?::([A-Za-z0-9_.-]+))?)>`, 'g');

/** Splits a string of a transcript into text (with `<lt>` undone) and symbols. */
export function parseTemplate(template: string): readonly Part[] {
  if (!template.includes('<')) return [{ text: template }];
  const parts: Part[] = [];
  let text = '';
  let from = 0;
  for (const found of template.matchAll(TOKEN)) {
    text += template.slice(from, found.index);
    from = found.index + found[0].length;
    if (found[1] === undefined) {
      text += '<';
      continue;
    }
    if (text !== '') parts.push({ text });
    text = '';
    parts.push({ symbol: found[0], kind: found[1], name: found[2] ?? '' });
  }
  text += template.slice(from);
  if (text !== '' || parts.length === 0) parts.push({ text });
  return parts;
}

/** Writes text so that {@link parseTemplate} gives it back unchanged, whatever it looks like. */
export function escapeText(text: string): string {
  return text.includes('<') ? text.replace(TOKEN, (token) => `<lt>${token.slice(1)}`) : text;
}

/** The symbol that a string consists of, or null. */
export function wholeSymbol(template: string): { symbol: string; kind: string; name: string } | null {
  if (!template.startsWith('<')) return null;
  const parts = parseTemplate(template);
  const only = parts[0];
  return parts.length === 1 && only !== undefined && 'symbol' in only ? only : null;
}

/** Claude's folder name for a path: every character that is neither letter nor digit becomes `-` (facts/claude-wire 3.3). */
export function munge(path: string): string {
  return path.replace(/[^A-Za-z0-9]/g, '-');
}

export type SymbolValue = string | number;

/** What the symbols stand for in one run. Bindings made while a comparison fails are undone. */
export class Bindings {
  readonly #values = new Map<string, SymbolValue>();
  /** `family process value` to symbol, so that two symbols never stand for one value. */
  readonly #owners = new Map<string, string>();
  readonly #trail: { symbol: string; owner: string | null }[] = [];

  /** `given` maps symbol names without brackets to values, e.g. `{'path:ws': '/tmp/w'}`. */
  constructor(given: Readonly<Record<string, SymbolValue>> = {}) {
    for (const [name, value] of Object.entries(given)) this.bind(`<${name}>`, value);
  }

  get(symbol: string): SymbolValue | undefined {
    const value = this.#values.get(symbol);
    if (value !== undefined || !symbol.startsWith('<munged:')) return value;
    const path = this.#values.get(symbol.replace('<munged:', '<path:'));
    return path === undefined ? undefined : munge(String(path));
  }

  /** True when the symbol stands for `value` now; false when it, or the value, is taken otherwise. */
  bind(symbol: string, value: SymbolValue): boolean {
    const bound = this.get(symbol);
    if (bound !== undefined) return bound === value;
    const part = wholeSymbol(symbol);
    const kind = part === null ? undefined : KINDS[part.kind];
    if (kind === undefined) throw new TypeError(`not a symbol: ${symbol}`);
    if (kind.role !== 'identity' && kind.role !== 'place') return true;
    // `<rpc:2.7>` is the seventh of the second process: ids that each process counts for itself are apart.
    const space = part?.name.includes('.') === true ? part.name.slice(0, part.name.indexOf('.')) : '';
    const owner = kind.family === undefined ? null : `${kind.family} ${space} ${JSON.stringify(value)}`;
    if (owner !== null && this.#owners.has(owner)) return false;
    if (owner !== null) this.#owners.set(owner, symbol);
    this.#values.set(symbol, value);
    this.#trail.push({ symbol, owner });
    return true;
  }

  /** A point to return to with {@link undo}. */
  mark(): number {
    return this.#trail.length;
  }

  /** What was bound since a {@link mark}, in order. */
  since(mark: number): readonly (readonly [symbol: string, value: SymbolValue])[] {
    return this.#trail.slice(mark).map(({ symbol }) => [symbol, this.#values.get(symbol)!] as const);
  }

  undo(mark: number): void {
    while (this.#trail.length > mark) {
      const last = this.#trail.pop();
      if (last === undefined) return;
      this.#values.delete(last.symbol);
      if (last.owner !== null) this.#owners.delete(last.owner);
    }
  }

  entries(): IterableIterator<[string, SymbolValue]> {
    return this.#values.entries();
  }
}
