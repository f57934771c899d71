/**
 * Replaces what differs from run to run by symbols: identities and times by the field tables of a profile, this run's places by exact value.
 * Identities are then recognised wherever their exact value stands. Nothing is guessed from its looks.
 */
import type { Json } from './format.ts';
import { isObject, needsLiteral, sortKeys } from './json.ts';
import type { Leaf, Profile } from './profile.ts';
import { mapLeaves } from './profile.ts';
import { escapeText, KINDS, munge } from './symbols.ts';
import { escapeRegExp } from './template.ts';

/** Places of the recording machine by the name that they get in the file. */
export interface Places {
  /** Absolute paths, e.g. `{ws: '/tmp/w'}` gives `<path:ws>`; the longest match wins. */
  readonly paths?: Readonly<Record<string, string>>;
  /** Loopback ports, e.g. `{model: 8911}` gives `127.0.0.1:<port:model>`. */
  readonly ports?: Readonly<Record<string, number>>;
}

const UUID = /(?<![0-9a-fA-F])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-fA-F])/g;
/** Shorter identities are recognised in their own fields only: they stand in other text by chance. */
const MIN_TEXT_ID = 8;
const PER_PROCESS = new Set(['rpc', 'srv', 'req']);

interface Identity {
  readonly kind: string;
  /** Given at the first appearance in the file. */
  symbol: string | null;
}

export class Normaliser {
  readonly #profile: Profile;
  readonly #processes: readonly string[];
  /** By value; those of {@link PER_PROCESS} kinds by process, kind and value. */
  readonly #identities = new Map<string, Identity>();
  readonly #counters = new Map<string, number>();
  readonly #places: readonly { readonly pattern: RegExp; readonly symbol: string }[];
  #textIds: RegExp | null = null;

  /** `processes`: the processes of the file in order; ids that each counts for itself are named by its number. */
  constructor(profile: Profile, processes: readonly string[], places: Places = {}) {
    this.#profile = profile;
    this.#processes = processes;
    this.#places = placePatterns(places);
  }

  /** Learns the identities of a body. Every body of the file must be learnt, in file order, before the first is replaced. */
  learn(process: string, dir: Leaf['dir'], body: Json): void {
    mapLeaves(dir, body, (leaf, value) => {
      if (typeof value !== 'string' && typeof value !== 'number') return undefined;
      const kind = this.#profile.identity(leaf, value);
      if (kind === null) return undefined;
      if (KINDS[kind]?.family === 'uuid') for (const [id] of String(value).matchAll(UUID)) this.#add(id, kind);
      else if (PER_PROCESS.has(kind)) {
        if (!this.#identities.has(String(value))) this.#add(ownKey(process, kind, value), kind);
      } else this.#add(String(value), kind);
      return undefined;
    });
  }

  /** The body as it stands in a transcript. */
  body(process: string, dir: Leaf['dir'], body: Json): Json {
    const ordered = isObject(body) && this.#profile.unstableKeys(body) ? sortKeys(body) : body;
    const leafText = (key: string): string => this.text(noLeaf(dir, ordered, key), key);
    return mapLeaves(dir, ordered, (leaf, value) => this.#leaf(process, leaf, value), leafText);
  }

  /** Text that is no JSON, or one string of a body. */
  text(leaf: Leaf, text: string): string {
    let result = text;
    // Symbols begin with <; paths, ports and uuids have one of the others in them.
    if (/[<\-/\\:]/.test(text)) {
      result = escapeText(text).replaceAll('<lt>secret:', '<secret:');
      for (const { pattern, symbol } of this.#places) result = result.replace(pattern, symbol);
      result = result.replace(UUID, (id) => this.#symbolFor(id) ?? id);
    }
    const ids = this.#idPattern();
    if (ids !== null) result = result.replace(ids, (id) => this.#symbolFor(id) ?? id);
    for (const kind of this.#profile.embeds(leaf)) {
      for (const [value, identity] of this.#identities) {
        if (identity.kind === kind) result = result.replace(bounded(value), () => this.#symbolFor(value) ?? value);
      }
    }
    return this.#profile.text(leaf, result);
  }

  #leaf(process: string, leaf: Leaf, value: Json): Json | undefined {
    if (isObject(value)) {
      // The wire holds an object that would be read as a matcher.
      return needsLiteral(value) ? { $literal: value } : undefined;
    }
    if (typeof value !== 'string' && typeof value !== 'number') return undefined;
    const volatile = this.#profile.volatile(leaf, value);
    if (volatile !== null) return typeof volatile === 'string' ? `<${volatile}>` : volatile;
    const kind = this.#profile.identity(leaf, value);
    if (kind !== null && KINDS[kind]?.family !== 'uuid') {
      const key =
        PER_PROCESS.has(kind) && !this.#identities.has(String(value)) ? ownKey(process, kind, value) : String(value);
      return this.#symbolFor(key, process) ?? value;
    }
    return typeof value === 'string' ? this.text(leaf, value) : undefined;
  }

  #add(key: string, kind: string): void {
    // A constant that a client chose to be nobody's id.
    if (this.#identities.has(key) || key.startsWith('00000000-')) return;
    this.#identities.set(key, { kind, symbol: null });
    this.#textIds = null;
  }

  #symbolFor(key: string, process = ''): string | null {
    const identity = this.#identities.get(key);
    if (identity === undefined) return null;
    if (identity.symbol === null) {
      const number = this.#processes.indexOf(process) + 1;
      const space = PER_PROCESS.has(identity.kind) && number > 1 ? `${number}.` : '';
      const counter = `${identity.kind}:${space}`;
      const count = (this.#counters.get(counter) ?? 0) + 1;
      this.#counters.set(counter, count);
      identity.symbol = `<${counter}${count}>`;
    }
    return identity.symbol;
  }

  /** Known identities that are no uuids and long enough to be looked for in text. */
  #idPattern(): RegExp | null {
    if (this.#textIds === null) {
      const values = [...this.#identities]
        .filter(
          ([value, { kind }]) =>
            !PER_PROCESS.has(kind) && KINDS[kind]?.family !== 'uuid' && value.length >= MIN_TEXT_ID,
        )
        .map(([value]) => escapeRegExp(value))
        .sort((a, b) => b.length - a.length);
      this.#textIds =
        values.length === 0 ? /(?!)/ : new RegExp(`(?<![0-9A-Za-z])(?:${values.join('|')})(?![0-9A-Za-z])`, 'g');
    }
    return this.#textIds;
  }
}

const ownKey = (process: string, kind: string, value: string | number): string =>
  `${process} ${kind} ${JSON.stringify(value)}`;

function noLeaf(dir: Leaf['dir'], frame: Json, key: string): Leaf {
  return { dir, frame, path: [key], depth: 1, key: '', parent: '' };
}

/** The leaf under which a line that is no JSON is normalised. */
export function rawLeaf(dir: Leaf['dir']): Leaf {
  return { dir, frame: null, path: [], depth: 0, key: '', parent: '' };
}

function placePatterns(places: Places): { pattern: RegExp; symbol: string }[] {
  const paths = Object.entries(places.paths ?? {}).sort(([, a], [, b]) => b.length - a.length);
  const after = '(?![0-9A-Za-z_-])';
  return [
    ...paths.map(([name, path]) => ({
      pattern: new RegExp(escapeRegExp(escapeText(path)) + after, 'g'),
      symbol: `<path:${name}>`,
    })),
    ...paths.map(([name, path]) => ({
      pattern: new RegExp(`(?<![0-9A-Za-z-])${escapeRegExp(munge(path))}(?![0-9A-Za-z])`, 'g'),
      symbol: `<munged:${name}>`,
    })),
    ...Object.entries(places.ports ?? {}).map(([name, port]) => ({
      pattern: new RegExp(`(?<=127\\.0\\.0\\.1:|localhost:|\\[::1\\]:)${port}(?!\\d)`, 'g'),
      symbol: `<port:${name}>`,
    })),
  ];
}

const bounded = (value: string): RegExp => new RegExp(`(?<![0-9A-Za-z])${escapeRegExp(value)}(?![0-9A-Za-z])`, 'g');
