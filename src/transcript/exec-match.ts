/** Runs of short-lived tools: what is written down of one, and which recorded run a new one is. */
import { type Field, fieldsOf } from './exec-fields.ts';
import type { ExecRecord, Json, LaneRecord, StdinDigest } from './format.ts';
import { matchJson } from './match.ts';
import { type Bindings, escapeText } from './symbols.ts';
import { escapeRegExp, plainMinter, renderTemplate } from './template.ts';
import type { Mismatch } from './verdict.ts';
import { differencesOf } from './verdict.ts';

const UUID = /(?<![0-9a-fA-F])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-fA-F])/g;

/** Names what differs from one recording to the next by the order in which it was first seen in a file. */
export class RunNames {
  readonly #symbols: Map<string, string>;

  /** `known`: symbols by value, as {@link known} gave them; each run is written down by a process of its own. */
  constructor(known: Readonly<Record<string, string>> = {}) {
    this.#symbols = new Map(Object.entries(known));
  }

  get known(): Record<string, string> {
    return Object.fromEntries(this.#symbols);
  }

  /** The symbol of a value, e.g. `<pane:2>`. */
  of(kind: string, value: string): string {
    const known = this.#symbols.get(value);
    if (known !== undefined) return known;
    const sort = kind === 'tty' ? '<path:tty' : `<${kind}:`;
    const count = [...this.#symbols.values()].filter((symbol) => symbol.startsWith(sort)).length;
    const symbol = `${sort}${count + 1}>`;
    this.#symbols.set(value, symbol);
    return symbol;
  }

  /** Values that stand for themselves wherever they stand: pids, which are just numbers, are not among them. */
  replaceIn(text: string): string {
    let result = text;
    for (const [value, symbol] of this.#symbols) {
      if (/^\d+$/.test(value) || !result.includes(value)) continue;
      const found = new RegExp(`(?<![\\w%@$])${escapeRegExp(value)}(?![0-9A-Za-z-])`, 'g');
      result = result.replace(found, () => symbol);
    }
    return result;
  }
}

/**
 * A run with symbols for the places of this machine, uuids, and what the tool itself gives numbers and times to. Nothing is guessed: a
 * value is known by the place where the tool was asked for it, and then wherever exactly that value stands.
 */
export function execTemplate(
  record: ExecRecord,
  places: Readonly<Record<string, string>>,
  names: RunNames,
): ExecRecord {
  const fields = fieldsOf(record.lane.split(':')[0] ?? '', record.args, record.stdout);
  const { stdout } = record;
  for (const { start, end, kind } of fields) if (!VOLATILE.has(kind)) names.of(kind, stdout.slice(start, end));
  const text = (plain: string): string => textTemplate(plain, places, names);
  return {
    ...record,
    args: record.args.map(text),
    stdout: withFields(stdout, fields, names, text),
    stderr: text(record.stderr),
  };
}

const VOLATILE = new Set(['s', 'ctime']);

function withFields(
  stdout: string,
  fields: readonly Field[],
  names: RunNames,
  text: (plain: string) => string,
): string {
  let result = '';
  let from = 0;
  for (const { start, end, kind } of fields) {
    result += text(stdout.slice(from, start));
    result += VOLATILE.has(kind) ? `<${kind}>` : names.of(kind, stdout.slice(start, end));
    from = end;
  }
  return result + text(stdout.slice(from));
}

function textTemplate(plain: string, places: Readonly<Record<string, string>>, names: RunNames): string {
  let result = escapeText(plain);
  for (const [name, path] of Object.entries(places).sort(([, a], [, b]) => b.length - a.length)) {
    const found = new RegExp(`${escapeRegExp(escapeText(path))}(?![0-9A-Za-z_-])`, 'g');
    result = result.replace(found, () => `<path:${name}>`);
  }
  return names.replaceIn(result.replace(UUID, (id) => names.of('uuid', id)));
}

/** What a tool was started with. */
export interface ExecAct {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * The runs that may begin next: the first that has not begun, and those that began before its end when they were recorded.
 * `begun` says of an index whether its run has begun.
 */
export function nextRuns(runs: readonly ExecRecord[], begun: (index: number) => boolean): number[] {
  const first = runs.findIndex((_, index) => !begun(index));
  if (first < 0) return [];
  const { t, ms } = runs[first] as ExecRecord;
  return runs.flatMap((run, index) => (!begun(index) && (index === first || run.t < t + ms) ? [index] : []));
}

/** Compares the start of a run with a recorded one; on success `bindings` knows its symbols. */
export function matchRun(
  record: ExecRecord,
  act: ExecAct,
  bindings: Bindings,
): Pick<Mismatch, 'differences' | 'more'> | null {
  const base = (file: string): string => file.slice(file.lastIndexOf('/') + 1);
  const expected = { file: base(record.file), args: [...record.args] };
  const result = matchJson(expected, { file: base(act.file), args: [...act.args] }, bindings);
  return result.ok ? null : differencesOf(result);
}

/** What a recorded run writes here. */
export function renderRun(
  record: ExecRecord,
  bindings: Bindings,
): { readonly stdout: string; readonly stderr: string } {
  const render = (text: string): string => String(renderTemplate(text, bindings, plainMinter(record.t)));
  return { stdout: render(record.stdout), stderr: render(record.stderr) };
}

export function sameStdin(expected: StdinDigest | null, got: StdinDigest | null): boolean {
  return expected?.sha256 === got?.sha256 && expected?.bytes === got?.bytes;
}

/** The digest as JSON, for messages. */
export const showStdin = (digest: StdinDigest | null): Json => (digest === null ? null : { ...digest });

export const isRun = (record: LaneRecord): record is ExecRecord => record.type === 'exec';
