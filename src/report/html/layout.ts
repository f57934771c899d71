import type { TraceEntry } from '../../kernel/trace.ts';
import type { Part } from '../cone.ts';

/** A row of its own for one entry, at the height `y` (px, its middle). */
export interface Row {
  readonly kind: 'row';
  readonly entry: TraceEntry;
  readonly y: number;
}

/** Neighbouring entries that are only hinted at, between `top` and `bottom` (px). */
export interface Band {
  readonly kind: 'band';
  readonly entries: readonly TraceEntry[];
  readonly top: number;
  readonly bottom: number;
}

/** A stretch of virtual time in which nothing happened, drawn as a break at the height `y`. */
export interface Break {
  readonly kind: 'break';
  readonly ms: number;
  readonly y: number;
}

export interface Layout {
  readonly items: readonly (Row | Band | Break)[];
  /** Height in px of each entry that is drawn, by `seq`. */
  readonly yOf: ReadonlyMap<number, number>;
  readonly height: number;
  /** Height in px of a point of virtual time; what lies outside the run is put at its ends. */
  readonly atTime: (ms: number) => number;
}

const ROW = 22;
const TOP = 16;
const BREAK_MS = 200;
const BREAK = 24;

/** From top to bottom, a row for each entry of `full`, bands for the others. Time is compressed where nothing happens. */
export function layOut(entries: readonly TraceEntry[], full: (entry: TraceEntry) => boolean): Layout {
  const items: (Row | Band | Break)[] = [];
  const yOf = new Map<number, number>();
  let y = TOP;
  let now = entries[0]?.time ?? 0;
  for (let index = 0; index < entries.length; ) {
    const entry = entries[index]!;
    const pause = entry.time - now;
    if (pause >= BREAK_MS) {
      items.push({ kind: 'break', ms: pause, y: y + BREAK / 2 });
      y += BREAK;
    } else {
      y += Math.min(8, pause / 4);
    }
    now = entry.time;
    if (full(entry)) {
      items.push({ kind: 'row', entry, y: y + ROW / 2 });
      yOf.set(entry.seq, y + ROW / 2);
      y += ROW;
      index++;
      continue;
    }
    const hidden: TraceEntry[] = [];
    while (index < entries.length && !full(entries[index]!)) hidden.push(entries[index++]!);
    const height = Math.min(40, 10 + 2 * Math.sqrt(hidden.length));
    for (const [place, { seq }] of hidden.entries()) yOf.set(seq, round(y + (height * (place + 0.5)) / hidden.length));
    items.push({ kind: 'band', entries: hidden, top: y, bottom: y + height });
    y += height;
    now = hidden.at(-1)!.time;
  }
  return { items, yOf, height: Math.ceil(y + TOP), atTime: (ms) => heightAt(entries, yOf, ms) };
}

/** Which entries get a row when everything is shown: those that matter and the latest others, `limit` at most. */
export function limitRows(
  entries: readonly TraceEntry[],
  parts: readonly Part[],
  limit: number,
): { readonly shown: readonly TraceEntry[]; readonly omitted: number } {
  if (entries.length <= limit) return { shown: entries, omitted: 0 };
  const weight = ({ seq }: TraceEntry) => (parts[seq] === 'rest' ? 0 : 1);
  const shown = [...entries]
    .sort((one, other) => weight(other) - weight(one) || other.seq - one.seq)
    .slice(0, limit)
    .sort((one, other) => one.seq - other.seq);
  return { shown, omitted: entries.length - shown.length };
}

/** Two decimals: the same text on every machine. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function heightAt(entries: readonly TraceEntry[], yOf: ReadonlyMap<number, number>, ms: number): number {
  let before = entries[0];
  for (const entry of entries) {
    if (entry.time > ms) {
      if (!before || before.time >= ms || entry === before) return yOf.get((before ?? entry).seq) ?? TOP;
      const [low, high] = [yOf.get(before.seq)!, yOf.get(entry.seq)!];
      return round(low + ((high - low) * (ms - before.time)) / (entry.time - before.time));
    }
    before = entry;
  }
  return before ? yOf.get(before.seq)! : TOP;
}
