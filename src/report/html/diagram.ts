import type { TraceEntry } from '../../kernel/trace.ts';
import type { Actor, Actors } from '../actors.ts';
import { comesFromOutside, type Part } from '../cone.ts';
import type { ReportedRun } from '../failure.ts';
import { clipped, gistOf } from '../gist.ts';
import { grouped, spoken } from '../time.ts';
import { escapeHtml } from './escape.ts';
import { type Band, type Layout, layOut, type Row, round } from './layout.ts';

const GUTTER = 104;
const COLUMN = 104;
/** Room for the labels of the rightmost column. */
const MARGIN = 300;
const CHARACTER = 6.3;

export interface DiagramInput {
  readonly run: ReportedRun;
  /** The entries to draw, in order. */
  readonly entries: readonly TraceEntry[];
  readonly parts: readonly Part[];
  readonly actors: Actors;
  /** Has it a row of its own? The others are hinted at. */
  readonly full: (entry: TraceEntry) => boolean;
}

/** The names of the actors above their columns. */
export function headerSvg({ list }: Actors): string {
  const boxes = list.map(({ kind, name }, column) => {
    const x = columnX(column);
    const label = escapeHtml(clipped(name, 15));
    return `<g class="k-${kind}"><title>${escapeHtml(name)}</title><rect class="head" x="${x - 48}" y="5" width="96" height="24" rx="6"/><text class="head-text" x="${x}" y="21">${label}</text></g>`;
  });
  const width = widthOf(list);
  return `<svg class="header" width="${width}" height="34" viewBox="0 0 ${width} 34" aria-hidden="true"><text class="axis" x="${GUTTER - 14}" y="21">ms</text>${boxes.join('')}</svg>`;
}

/** Time downwards, a column for each actor, marks for what happened, arrows from causes to effects. */
export function diagramSvg(input: DiagramInput): string {
  const { entries, actors, full } = input;
  const layout = layOut(entries, full);
  const width = widthOf(actors.list);
  const body = [
    lifelines(actors.list, layout),
    ...lives(input, layout),
    ...troubles(input, layout),
    ...arrows(input, layout),
    ...items(input, layout, width),
  ].join('\n');
  return `<svg class="diagram" width="${width}" height="${layout.height}" viewBox="0 0 ${width} ${layout.height}" role="img" aria-label="Space-time diagram">\n${body}\n</svg>`;
}

function columnX(column: number): number {
  return GUTTER + COLUMN / 2 + column * COLUMN;
}

function widthOf(list: readonly Actor[]): number {
  return GUTTER + list.length * COLUMN + MARGIN;
}

function lifelines(list: readonly Actor[], { height }: Layout): string {
  return list
    .map(({ kind }, column) => {
      const x = columnX(column);
      return `<line class="lifeline k-${kind}" x1="${x}" y1="0" x2="${x}" y2="${height}"/>`;
    })
    .join('');
}

/** A bar for each process, from its start to its end. */
function lives({ entries, actors }: DiagramInput, { yOf, height }: Layout): string[] {
  const open = new Map<string, TraceEntry>();
  const bars: string[] = [];
  const bar = (start: TraceEntry, bottom: number) => {
    const column = actors.of[start.seq]!;
    const top = yOf.get(start.seq)!;
    const { kind } = actors.list[column]!;
    bars.push(
      `<rect class="life k-${kind}" x="${columnX(column) - 5}" y="${top}" width="10" height="${round(Math.max(4, bottom - top))}" rx="5"/>`,
    );
  };
  for (const entry of entries) {
    if (entry.type === 'process.start') open.set(entry.actor, entry);
    const start = open.get(entry.actor);
    if (entry.type !== 'process.exit' || !start) continue;
    open.delete(entry.actor);
    bar(start, yOf.get(entry.seq)!);
  }
  for (const start of open.values()) bar(start, height);
  return bars;
}

/** A bar for each fault that lasts, in the column of faults. */
function troubles({ run, actors }: DiagramInput, { atTime }: Layout): string[] {
  const column = actors.list.findIndex(({ kind }) => kind === 'fault');
  if (column < 0) return [];
  return run.scenario.faults.flatMap((fault) => {
    const lasts = 'forMs' in fault ? fault.forMs : 'downMs' in fault ? fault.downMs : 0;
    if (lasts === 0 || fault.kind === 'daemon-crash-at-write') return [];
    const start = run.originMs + fault.at;
    const [top, bottom] = [atTime(start), atTime(start + lasts)];
    return `<rect class="trouble" x="${columnX(column) - 9}" y="${top}" width="18" height="${round(Math.max(6, bottom - top))}" rx="9"><title>${escapeHtml(`${fault.kind} for ${spoken(lasts)}`)}</title></rect>`;
  });
}

function arrows({ run, entries, parts, actors, full }: DiagramInput, { yOf }: Layout): string[] {
  const { trace } = run.result;
  return entries.flatMap((entry) => {
    const cause = trace[entry.cause];
    if (!cause || comesFromOutside(entry) || !full(entry) || !yOf.has(cause.seq)) return [];
    const inCone = parts[entry.seq] === 'cause';
    // What is hinted at would only add noise: its arrows are not drawn, unless they carry the chain of causes on.
    if (!inCone && !full(cause)) return [];
    const [from, to] = [columnX(actors.of[cause.seq]!), columnX(actors.of[entry.seq]!)];
    const [top, bottom] = [yOf.get(cause.seq)!, yOf.get(entry.seq)!];
    const classes = `arrow${inCone ? ' cause' : ''}${from === to ? ' same' : ''}`;
    return `<path class="${classes}" data-to="${entry.seq}" d="${pathOf(from, top, to, bottom)}"/>`;
  });
}

/**
 * Elbows that keep clear of labels, which stand to the right of their marks: to the right, down the cause's column and
 * along the effect's row; to the left, along the cause's row and down the effect's column.
 */
function pathOf(fromX: number, fromY: number, toX: number, toY: number): string {
  if (fromX === toX) return `M${fromX} ${fromY}V${toY}`;
  const bend = round(Math.min(9, toY - fromY));
  if (toX > fromX) {
    const end = toX - 8;
    return `M${fromX} ${fromY}V${round(toY - bend)}q0 ${bend} ${bend} ${bend}H${end}m-5 -4l5 4l-5 4`;
  }
  const end = round(toY - 8);
  return `M${fromX} ${fromY}H${toX + bend}q-${bend} 0 -${bend} ${bend}V${end}m-4 -5l4 5l4 -5`;
}

function items(input: DiagramInput, layout: Layout, width: number): string[] {
  const lines: string[] = [];
  let labelled = '';
  for (const item of layout.items) {
    if (item.kind === 'break') {
      lines.push(
        `<g class="break"><line x1="${GUTTER}" y1="${item.y}" x2="${width - MARGIN}" y2="${item.y}"/><text class="axis" x="${GUTTER - 14}" y="${item.y + 4}">${spoken(item.ms)} later</text></g>`,
      );
    } else if (item.kind === 'band') {
      lines.push(bandSvg(item, input.actors, layout));
    } else {
      const time = grouped(item.entry.time - input.run.originMs);
      lines.push(rowSvg(item, input, width, time === labelled ? '' : time));
      labelled = time;
    }
  }
  return lines;
}

function bandSvg({ entries, top, bottom }: Band, actors: Actors, { yOf }: Layout): string {
  const dots = new Set(
    entries.map(({ seq }) => {
      const column = actors.of[seq]!;
      return `<circle class="k-${actors.list[column]!.kind}" cx="${columnX(column)}" cy="${Math.round(yOf.get(seq)!)}" r="2"/>`;
    }),
  );
  const y = round((top + bottom) / 2 + 3);
  return `<g class="band">${[...dots].join('')}<text class="axis" x="${GUTTER - 14}" y="${y}">${grouped(entries.length)} more</text></g>`;
}

function rowSvg({ entry, y }: Row, { run, parts, actors }: DiagramInput, width: number, time: string): string {
  const column = actors.of[entry.seq]!;
  const { kind } = actors.list[column]!;
  const x = columnX(column);
  const broken = entry.seq === run.result.violation?.step;
  const part = broken ? 'cause broken' : parts[entry.seq]!;
  const label = escapeHtml(clipped(gistOf(entry), Math.floor((width - x - 24) / CHARACTER)));
  const axis = time === '' ? '' : `<text class="axis" x="${GUTTER - 14}" y="${y + 4}">${time}</text>`;
  return `<g class="entry ${part} k-${kind}" data-seq="${entry.seq}"><rect class="hit" x="0" y="${y - 11}" width="${width}" height="22"/>${axis}${markOf(x, y, kind, broken)}<text class="label" x="${x + 14}" y="${y + 4}">${label}</text></g>`;
}

function markOf(x: number, y: number, kind: Actor['kind'], broken: boolean): string {
  if (broken) {
    return `<circle class="ring" cx="${x}" cy="${y}" r="9"/><path class="cross" d="M${x - 4} ${y - 4}l8 8m0 -8l-8 8"/>`;
  }
  if (kind === 'fault') return `<path class="mark" d="M${x} ${y - 7}l7.5 13h-15z"/>`;
  if (kind === 'user') return `<rect class="mark" x="${x - 5.5}" y="${y - 5.5}" width="11" height="11" rx="2"/>`;
  return `<circle class="mark" cx="${x}" cy="${y}" r="5"/>`;
}
