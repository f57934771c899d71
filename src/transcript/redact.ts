/**
 * Takes credentials and the marks of a machine out of text. The same redactor serves the recorder, the stored bytes and the live side of
 * a replay, so that what was written can always be matched.
 *
 * Not handled: a credential of no known format under no telling name that is in no environment variable; base64 or compressed forms of
 * one; values shorter than {@link MIN_VALUE}; in a raw log (not in a sealed transcript) one that is cut into streamed deltas.
 */
import type { Json } from './format.ts';
import { eachString, isArray, isObject, objectFrom } from './json.ts';
import type { SecretRange } from './secrets.ts';
import {
  ACCOUNT_ID,
  disjoint,
  formatSecrets,
  isAccountKey,
  isSecretKey,
  isSecretVariable,
  keyedSecrets,
  replaceKeyed,
} from './secrets.ts';
import { KINDS, parseTemplate, wholeSymbol } from './symbols.ts';
import { escapeRegExp } from './template.ts';

/** Shorter values of variables are words, not credentials (`x` is a common stand-in for a key that nobody checks). */
export const MIN_VALUE = 6;

export interface RedactorOptions {
  /** Environment of the recorder and of the child: values of variables with telling names are credentials. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Further credentials by value. */
  readonly secrets?: readonly string[];
  readonly homes?: readonly string[];
  readonly hosts?: readonly string[];
  readonly users?: readonly string[];
  /** Ids and names of accounts and organisations, by value. */
  readonly accounts?: readonly string[];
}

/** Names that say nothing of whose machine it is, and that stand in ordinary text. */
const COMMON_NAMES = new Set(
  'localhost root user users admin node runner ubuntu debian docker home test dev code build work host local vagrant'.split(
    ' ',
  ),
);

const EMAIL = /(?<![\w.+-])(?!git@)[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?![\w-])/g;
/** Paths inside a sub-agent tree, not of a file system (facts/codex-wire 1.1.16): `/root` there is no home. */
const NO_PATHS = new Set(['agentPath']);

export class Redactor {
  readonly #values: readonly string[];
  readonly #options: RedactorOptions;
  readonly #texts = new Remembered<string>();
  readonly #found = new Remembered<string[]>();
  readonly #names: readonly { readonly pattern: RegExp; readonly kind: 'home' | 'host' | 'user' | 'account' }[];

  constructor(options: RedactorOptions = {}) {
    this.#options = options;
    const fromEnv = Object.entries(options.env ?? {}).flatMap(([name, value]) =>
      isSecretVariable(name) && value ? [value] : [],
    );
    const values = [...fromEnv, ...(options.secrets ?? [])].filter((value) => value.length >= MIN_VALUE);
    this.#values = [...new Set(values.flatMap(writtenForms))].sort((a, b) => b.length - a.length);
    const homes = (options.homes ?? []).filter((home) => home.length > 1).sort((a, b) => b.length - a.length);
    const telling = (names: readonly string[] | undefined): string[] =>
      (names ?? []).filter((name) => name.length >= 3 && !COMMON_NAMES.has(name.toLowerCase()));
    this.#names = [
      ...homes.map((home) => ({
        pattern: new RegExp(`(?<![\\w.-])${escapeRegExp(home)}(?![\\w.-])`, 'g'),
        kind: 'home' as const,
      })),
      ...telling(options.hosts).map((name) => ({ pattern: word(name), kind: 'host' as const })),
      ...telling(options.users).map((name) => ({ pattern: word(name), kind: 'user' as const })),
      ...(options.accounts ?? []).map((name) => ({ pattern: word(name), kind: 'account' as const })),
      { pattern: ACCOUNT_ID, kind: 'account' as const },
    ];
  }

  /** One that also knows the accounts which these values name under telling keys, wherever else they stand. */
  knowingAccounts(values: readonly Json[]): Redactor {
    const accounts = new Set(this.#options.accounts ?? []);
    for (const value of values) {
      eachString(value, (text, key) => {
        if (text !== key && isAccountKey(key) && text.length >= MIN_VALUE && wholeSymbol(text) === null)
          accounts.add(text);
      });
    }
    return new Redactor({ ...this.#options, accounts: [...accounts] });
  }

  /** Credentials in `text`: by format and by value. What was taken out before is not looked at, whatever its name. */
  findSecrets(text: string): SecretRange[] {
    const found: SecretRange[] = [];
    if (text.length < MIN_VALUE) return found;
    eachSegment(text, (segment, offset) => {
      const own = formatSecrets(segment);
      for (const value of this.#values) {
        for (let at = segment.indexOf(value); at >= 0; at = segment.indexOf(value, at + value.length)) {
          own.push({ start: at, end: at + value.length, kind: 'env' });
        }
      }
      for (const { start, end, kind } of disjoint(own)) found.push({ start: start + offset, end: end + offset, kind });
    });
    return found;
  }

  /** `text` with everything replaced. `key` is the JSON key it stands under. Idempotent. */
  text(text: string, key = ''): string {
    return this.#texts.of(text, key, () => this.#redacted(text, key));
  }

  #redacted(text: string, key: string): string {
    if (isAccountKey(key) && text !== '') return wholeSymbol(text) === null ? '<account>' : text;
    let clean = isSecretKey(key) ? this.#keyed(text) : this.#clean(replaceKeyed(text, (value) => this.#keyed(value)));
    for (let before = ''; before !== clean; ) {
      before = clean;
      clean = this.#machine(clean, key);
    }
    return clean;
  }

  /** Credentials only, in a line that may be JSON and is not parsed (a recorder's hot path); those under telling keys go too. */
  line(line: string): string {
    return this.#clean(replaceKeyed(line, (value) => this.#keyed(value)));
  }

  /** Every string of a JSON value, object keys too. */
  json(value: Json, key = ''): Json {
    if (typeof value === 'string') return this.text(value, key);
    if (isArray(value)) return value.map((item) => this.json(item, key));
    if (!isObject(value)) return value;
    return objectFrom(Object.entries(value).map(([k, v]) => [this.text(k), this.json(v, k)]));
  }

  /** Arguments of a command, credentials only: what follows `--token`, or stands behind `--token=`, is one. */
  args(args: readonly string[]): string[] {
    return args.map((arg, i) => {
      const flag = /^--?([A-Za-z][\w-]*)$/.exec(args[i - 1] ?? '')?.[1];
      if (flag !== undefined && isSecretKey(flag) && !arg.startsWith('-')) return this.#keyed(arg);
      const [, name, value] = /^--?([A-Za-z][\w-]*)=(.*)$/s.exec(arg) ?? [];
      if (name === undefined || value === undefined || !isSecretKey(name)) return this.#clean(arg);
      return arg.slice(0, arg.length - value.length) + this.#keyed(value);
    });
  }

  /** Kinds of the credentials in a JSON value that should hold none. */
  secretsInJson(value: Json): string[] {
    const kinds: string[] = [];
    eachString(value, (text, key) => kinds.push(...this.#found.of(text, key, () => this.#secretsIn(text, key))));
    return kinds;
  }

  #secretsIn(text: string, key: string): string[] {
    const kinds = this.findSecrets(text).map(({ kind }) => kind);
    return text !== key && isSecretKey(key) && this.#keyed(text) !== text ? [...kinds, 'key'] : kinds;
  }

  /** Kinds of what names a person or a machine in a JSON value, each once: `email`, `home`, … */
  marksInJson(value: Json): string[] {
    const kinds = new Set<string>();
    eachString(value, (text, key) => {
      const left = [...text.matchAll(TOKEN)].map(([token]) => token);
      for (const [token] of this.text(text, text === key ? '' : key).matchAll(TOKEN)) {
        const at = left.indexOf(token);
        if (at >= 0) left.splice(at, 1);
        else if (!token.startsWith('<secret:')) kinds.add(token.slice(1, -1));
      }
    });
    return [...kinds].sort();
  }

  /**
   * Pieces of one text that was streamed: a credential that reaches over their seams is replaced in the piece where it begins and
   * dropped from the others. Credentials within a piece are left to {@link text}.
   */
  pieces(pieces: readonly string[]): string[] {
    const joined = pieces.join('');
    const result: string[] = [];
    const ranges = this.#streamed(joined);
    let offset = 0;
    for (const piece of pieces) {
      const end = offset + piece.length;
      let text = '';
      let from = offset;
      for (const range of ranges.filter((r) => r.start < end && r.end > offset && (r.start < offset || r.end > end))) {
        text += joined.slice(from, Math.max(range.start, from));
        if (range.start >= offset) text += `<secret:${range.kind}>`;
        from = Math.min(range.end, end);
      }
      result.push(text + joined.slice(from, end));
      offset = end;
    }
    return result;
  }

  /** Kinds of credentials in text that was streamed in pieces, those under telling keys of streamed JSON too. */
  secretsInStream(joined: string): string[] {
    return this.#streamed(joined).map(({ kind }) => kind);
  }

  #streamed(joined: string): SecretRange[] {
    const named = keyedSecrets(joined).filter(({ start, end }) => {
      const value = joined.slice(start, end);
      return this.#keyed(value) !== value;
    });
    return disjoint([...this.findSecrets(joined), ...named]);
  }

  /** The value of a telling key: a known token leaves the scheme before it readable, anything else goes as a whole. */
  #keyed(text: string): string {
    if (text === '' || wholeSymbol(text) !== null) return text;
    const clean = this.#clean(text);
    return /^(?:[A-Za-z]+ )?<secret:\w+>$/.test(clean) ? clean : '<secret:key>';
  }

  /** Again until nothing is found: what is taken out may have hidden the beginning of the next. */
  #clean(text: string): string {
    let clean = text;
    for (let ranges = this.findSecrets(clean); ranges.length > 0; ranges = this.findSecrets(clean)) {
      let result = '';
      let from = 0;
      for (const { start, end, kind } of ranges) {
        result += `${clean.slice(from, start)}<secret:${kind}>`;
        from = end;
      }
      clean = result + clean.slice(from);
    }
    return clean;
  }

  #machine(text: string, key: string): string {
    let result = text.includes('@') ? replaceOutside(text, EMAIL, '<email>') : text;
    for (const { pattern, kind } of this.#names) {
      if (kind !== 'home' || !NO_PATHS.has(key)) result = replaceOutside(result, pattern, `<${kind}>`);
    }
    return result;
  }
}

/** What came of a text under a key: names of keys, methods and states come again and again. Long texts do not, and are not kept. */
class Remembered<T> {
  readonly #known = new Map<string, T>();

  of(text: string, key: string, find: () => T): T {
    if (text.length + key.length > 80) return find();
    const place = `${key}\0${text}`;
    let result = this.#known.get(place);
    if (result === undefined) {
      result = find();
      if (this.#known.size >= 5_000) this.#known.clear();
      this.#known.set(place, result);
    }
    return result;
  }
}

const TOKEN = /<(?:secret:\w+|home|host|user|email|account)>/g;

/** The text between what was taken out already. */
function eachSegment(text: string, visit: (segment: string, offset: number) => void): void {
  let from = 0;
  if (!text.includes('<')) return visit(text, 0);
  for (const { index, 0: token } of text.matchAll(TOKEN)) {
    visit(text.slice(from, index), from);
    from = index + token.length;
  }
  visit(text.slice(from), from);
}

function replaceOutside(text: string, pattern: RegExp, replacement: string): string {
  let result = '';
  let from = 0;
  eachSegment(text, (segment, offset) => {
    result += text.slice(from, offset) + segment.replace(pattern, replacement);
    from = offset + segment.length;
  });
  return result;
}

/** How many values of each kind were taken out of what `texts` now are: the `redactions` of a header. */
export function countRedactions(texts: Iterable<string>): Record<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) {
    if (!text.includes('<')) continue;
    for (const part of parseTemplate(text)) {
      if ('symbol' in part && KINDS[part.kind]?.role === 'redacted')
        counts.set(part.kind, (counts.get(part.kind) ?? 0) + 1);
    }
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A value as it is, inside a JSON string, and inside a URL. */
function writtenForms(value: string): string[] {
  return [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)];
}

const word = (name: string): RegExp => new RegExp(`(?<![\\w-])${escapeRegExp(name)}(?![\\w-])`, 'g');
