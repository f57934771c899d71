import type { TraceEntry } from '../kernel/trace.ts';
import { type Actors, actorsOf } from './actors.ts';
import { conePartsOf, type Part } from './cone.ts';
import type { Failure } from './failure.ts';
import { clipped, gistOf } from './gist.ts';
import { counted, grouped } from './time.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const GLYPHS: Readonly<Record<Part, string>> = { cause: '●', subject: '○', outside: '■', rest: '·' };
const TIME_WIDTH = 10;

/** What is dropped first when there is no room: the set-up, then what merely concerns the subject, oldest first. */
const WEIGHT: Readonly<Record<Part, number>> = { outside: 3, cause: 2, subject: 1, rest: 0 };

/**
 * The causal cone of a failure as text in fixed columns: virtual ms after the set-up, one column for each actor, what
 * happened. At most `maxLines` lines of at most `width` characters; what is left out is counted.
 */
export function timelineText(failure: Failure, maxLines: number, width: number): string[] {
  const { trace } = failure.result;
  const parts = conePartsOf(trace, failure.violation);
  const actors = actorsOf(trace);
  const legendRoom = 5;
  const chosen = choose(failure, parts, Math.max(1, maxLines - legendRoom));
  const columns = [...new Set(chosen.map(({ seq }) => actors.of[seq]!))].sort((one, other) => one - other);
  const left = trace.length - chosen.length;
  return [
    `Timeline in virtual ms after the set-up; ${counted(left, 'other entry', 'other entries')} not shown`,
    '  ■ user or fault   ● led to it   ○ concerns it   ✗ the rule was found broken',
    ...legend(actors, columns, width).slice(0, legendRoom - 3),
    `${'ms'.padStart(TIME_WIDTH)}  ${columns.map((_, at) => letter(at)).join(' ')}`,
    ...chosen.map((entry) =>
      row(entry, failure, parts[entry.seq]!, columns.indexOf(actors.of[entry.seq]!), columns.length, width),
    ),
  ];
}

function choose({ result, violation, originMs }: Failure, parts: readonly Part[], room: number): TraceEntry[] {
  const { trace } = result;
  const weight = ({ seq, time }: TraceEntry) => {
    if (seq === violation.step) return Number.POSITIVE_INFINITY;
    return time < originMs ? 0 : WEIGHT[parts[seq]!];
  };
  return trace
    .filter(({ seq }) => parts[seq] !== 'rest' || seq === violation.step)
    .sort((one, other) => weight(other) - weight(one) || other.seq - one.seq)
    .slice(0, room)
    .sort((one, other) => one.seq - other.seq);
}

function legend({ list }: Actors, columns: readonly number[], width: number): string[] {
  const lines = [''];
  for (const [at, column] of columns.entries()) {
    const item = `${letter(at)} ${list[column]!.name}`;
    const line = lines.at(-1)!;
    if (line !== '' && line.length + item.length + 3 > width) lines.push(item);
    else lines[lines.length - 1] = line === '' ? item : `${line}   ${item}`;
  }
  return lines.map((line) => clipped(`  ${line}`, width));
}

function row(entry: TraceEntry, failure: Failure, part: Part, column: number, columns: number, width: number): string {
  const { violation, originMs } = failure;
  const glyph = entry.seq === violation.step ? '✗' : GLYPHS[part];
  const marks = Array.from({ length: columns }, (_, at) => (at === column ? glyph : '·')).join(' ');
  const time = grouped(entry.time - originMs).padStart(TIME_WIDTH);
  return clipped(`${time}  ${marks}  ${gistOf(entry)}`, width);
}

function letter(index: number): string {
  return LETTERS[index % LETTERS.length]!;
}
