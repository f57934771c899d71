/** One string of a transcript against one string of the wire, and back. */
import { execParts } from './bounded-regexp.ts';
import type { Bindings, Part, SymbolValue } from './symbols.ts';
import { KINDS, parseTemplate } from './symbols.ts';

/**
 * True when `actual` is what `template` says, given and extending `bindings`. On false, bindings may have been added: the caller undoes.
 * A template that is one symbol also matches numbers, as its kind says.
 */
export function matchTemplate(template: string, actual: SymbolValue, bindings: Bindings): boolean {
  return template.includes('<') ? matchParts(parseTemplate(template), actual, bindings) : template === actual;
}

function matchParts(parts: readonly Part[], actual: SymbolValue, bindings: Bindings): boolean {
  const only = parts[0];
  if (parts.length === 1 && only !== undefined) {
    return 'text' in only ? only.text === actual : matchWhole(only.symbol, only.kind, actual, bindings);
  }
  if (typeof actual !== 'string') return false;
  const groups: string[] = [];
  const open = parts.filter((part) => 'symbol' in part && isOpen(part.symbol, part.kind, bindings)).length;
  let source = '^';
  for (const part of parts) {
    if ('text' in part) source += escapeRegExp(part.text);
    else source += partSource(part.symbol, part.kind, groups, bindings);
  }
  const found = execParts(new RegExp(`${source}$`, 's'), actual, open);
  if (found === null) return false;
  return groups.every((symbol, i) => {
    const text = found[i + 1] ?? '';
    const kind = KINDS[symbol.slice(1, symbol.indexOf(':') < 0 ? -1 : symbol.indexOf(':'))];
    // Inside text a number has lost its type; numeric identities (pid, port) are numbers wherever they stand alone.
    return bindings.bind(symbol, kind?.json === 'either' && /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text);
  });
}

/** Whether a symbol may stand for a text of any length. */
function isOpen(symbol: string, kind: string, bindings: Bindings): boolean {
  return bindings.get(symbol) === undefined && /[+*]/.test(KINDS[kind]?.pattern ?? '');
}

function partSource(symbol: string, kindName: string, groups: string[], bindings: Bindings): string {
  const kind = KINDS[kindName];
  if (kind === undefined || kind.role === 'redacted') return escapeRegExp(symbol);
  if (kind.role === 'volatile') return `(?:${kind.pattern})`;
  const bound = bindings.get(symbol);
  if (bound !== undefined) return escapeRegExp(String(bound));
  const earlier = groups.indexOf(symbol);
  if (earlier >= 0) return `\\${earlier + 1}(?!\\d)`;
  groups.push(symbol);
  return `(${kind.pattern})`;
}

function matchWhole(symbol: string, kindName: string, actual: SymbolValue, bindings: Bindings): boolean {
  const kind = KINDS[kindName];
  if (kind === undefined || kind.role === 'redacted') return actual === symbol;
  if (kind.json !== 'either' && typeof actual !== kind.json) return false;
  const bound = bindings.get(symbol);
  if (bound !== undefined) return bound === actual;
  if (typeof actual === 'string' && !new RegExp(`^(?:${kind.pattern})$`, 's').test(actual)) return false;
  return kind.role === 'volatile' || bindings.bind(symbol, actual);
}

/** Invents values for symbols that nothing has bound yet, and for volatile ones. */
export interface Minter {
  /** A value for an identity or place symbol; the caller binds it. */
  symbol(kind: string, name: string): SymbolValue;
  volatile(kind: string): SymbolValue;
}

const FAMILY_CODES = ['uuid', 'thread', 'turn', 'item', 'session', 'control'];
/** 2023-11-14T22:13:20Z: recognisably not a real time, and with room before it. */
const EPOCH_MS = 1_700_000_000_000;

/** Values that depend on nothing but the symbol and `t` (ms since the spawn): two replays write the same bytes. */
export function plainMinter(t: number): Minter {
  const iso = new Date(EPOCH_MS + t).toISOString();
  return {
    symbol(kind, name) {
      const last = Number(name.slice(name.lastIndexOf('.') + 1));
      const n = Number.isInteger(last) ? last : 0;
      if (KINDS[kind]?.family === 'uuid') {
        const version = kind === 'thread' || kind === 'turn' || kind === 'item' ? '7' : '4';
        const code = FAMILY_CODES.indexOf(kind).toString(16).padStart(4, '0');
        return `01a00000-${code}-${version}000-8000-${n.toString(16).padStart(12, '0')}`;
      }
      switch (kind) {
        case 'rpc':
          return n;
        // codex counts its own requests from 0 (facts/codex-wire 1.1.5).
        case 'srv':
          return n - 1;
        case 'pid':
          return 40_000 + n;
        case 'proc':
          return String(10_000 + n);
        case 'port':
          return 9000;
        case 'pane':
          return `%${n}`;
        case 'win':
          return `@${n}`;
        case 'sess':
          return `$${n}`;
        case 'run':
          return `run${n}-0000000${n % 10}`;
        case 'path':
          return `/reprise/${name}`;
        case 'munged':
          return `-reprise-${name}`;
        default:
          return `${kind}${n}`;
      }
    },
    volatile(kind) {
      switch (kind) {
        case 'ms':
          return EPOCH_MS + t;
        case 's':
          return Math.floor((EPOCH_MS + t) / 1000);
        case 'iso':
          return iso;
        case 'ymd':
          return iso.slice(0, 10).replaceAll('-', '/');
        case 'ctime':
          return ctime(new Date(EPOCH_MS + t));
        case 'stamp':
          return iso.slice(0, 19).replaceAll(':', '-');
        case 'os':
          return 'Linux';
        case 'slug':
          return 'plan';
        default:
          return 1;
      }
    },
  };
}

/** `Sat Nov 21 16:39:31 2026`, in UTC. */
function ctime(date: Date): string {
  const [, day, month, year, time] = /^(\w+), (\d+ \w+) (\d+) (\S+)/.exec(date.toUTCString()) ?? [];
  const [number = '', name] = (month ?? '').split(' ');
  return `${day} ${name} ${String(Number(number)).padStart(2)} ${time} ${year}`;
}

/** The value a template stands for: bound symbols as bound, others minted (and bound). A lone numeric symbol gives a number. */
export function renderTemplate(template: string, bindings: Bindings, minter: Minter): SymbolValue {
  const parts = parseTemplate(template);
  const values = parts.map((part) => ('text' in part ? part.text : renderSymbol(part, bindings, minter)));
  const only = values[0];
  return values.length === 1 && only !== undefined ? only : values.join('');
}

function renderSymbol(
  part: { symbol: string; kind: string; name: string },
  bindings: Bindings,
  minter: Minter,
): SymbolValue {
  const kind = KINDS[part.kind];
  if (kind === undefined || kind.role === 'redacted') return part.symbol;
  if (kind.role === 'volatile') return minter.volatile(part.kind);
  const bound = bindings.get(part.symbol);
  if (bound !== undefined) return bound;
  const minted = minter.symbol(part.kind, part.name);
  if (!bindings.bind(part.symbol, minted)) {
    throw new Error(`${part.symbol}: the minted value ${String(minted)} is already taken by another symbol`);
  }
  return minted;
}

export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
