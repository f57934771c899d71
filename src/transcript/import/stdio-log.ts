/**
 * Logs that a shim between client and server writes: `STDIN: …`, `STDOUT: …`, `STDERR: …`, a line a frame (facts/record-replay-tools 3.3),
 * with whatever a logger puts before that, and with frames that were printed over several lines.
 */
import type { Direction, Json, Speaker } from '../format.ts';
import type { RawRecord } from '../raw.ts';
import { type Imported, type Loss, parseJson, type SourceLine, timeAfter } from './source.ts';
import { speakerOf } from './tolerant.ts';

/** A stream's name after at most one prefix: a time, brackets, a level, an arrow. The name ends in a colon or stands in brackets. */
const MARK = /^(.{0,80}?)(?:\[(stdin|stdout|stderr)\]:?|\b(stdin|stdout|stderr)\s*:)\s?(.*)$/is;
/** A prefix that a frame or a sentence would not have: no quotes and braces, and few words. */
const PREFIX = /^[^"'{}]*$/;

const DIRECTIONS: Readonly<Record<string, Direction>> = { stdin: 'send', stdout: 'recv', stderr: 'err' };

interface Frame {
  readonly line: number;
  readonly dir: Direction;
  readonly at: number | null;
  text: string;
}

/** The stream, the text and the time of a line, or null for a line that names no stream. */
export function markedLine(text: string): { dir: Direction; text: string; at: number | null } | null {
  const found = MARK.exec(text);
  if (found === null) return null;
  const [, prefix = '', bracketed, plain, rest = ''] = found;
  if (!PREFIX.test(prefix) || prefix.trim().split(/\s+/).length > 6) return null;
  return { dir: DIRECTIONS[(bracketed ?? plain ?? '').toLowerCase()] as Direction, text: rest, at: timeOf(prefix) };
}

/** What cannot be carried over is added to `losses`. */
export function importStdioLog(lines: readonly SourceLine[], losses: Loss[], asked: Speaker | null): Imported {
  const frames = framesOf(lines, losses);
  const bodies = frames.flatMap(({ dir, text }): Json[] => {
    const parsed = dir === 'err' ? null : parseJson(text);
    return parsed !== null && 'value' in parsed ? [parsed.value] : [];
  });
  const speaker = asked ?? speakerOf(bodies);
  const lane = `${speaker}:1`;
  const file = speaker === 'ndjson' ? 'agent' : speaker;
  const args = speaker === 'codex' ? ['app-server'] : [];
  const log: RawRecord[] = [{ k: 'spawn', lane, t: 0, file, args, env: {} }];
  const first = frames.find(({ at }) => at !== null)?.at ?? null;
  let t = 0;
  for (const { line, dir, text, at } of frames) {
    if (at !== null && first !== null) t = timeAfter(t, at - first, line, losses);
    log.push({ k: 'line', lane, t, dir, text: dir === 'err' ? text : inOneLine(text) });
  }
  const lose = (what: string, why: string): number => losses.push({ line: null, what, why });
  lose('how the process was started', `the file does not say it: '${[file, ...args].join(' ')}' is assumed`);
  lose('how the process ended', 'the file does not say it: that its stdin was closed, and exit code 0, are assumed');
  if (first === null) lose('when it was said', 'the lines have no times: everything happens at 0 ms');
  log.push({ k: 'eof', lane, t }, { k: 'exit', lane, t, code: 0, signal: null });
  const day = first === null || first < FIRST_YEAR ? {} : { recorded: new Date(first).toISOString().slice(0, 10) };
  return { log, speaker, version: null, ...day, places: {}, ordered: false };
}

function framesOf(lines: readonly SourceLine[], losses: Loss[]): Frame[] {
  const frames: Frame[] = [];
  /** The last frame has begun, and is no whole JSON yet. */
  let open = false;
  const close = (): void => {
    const last = frames.at(-1);
    if (!open || last === undefined) return;
    open = false;
    if (last.dir === 'err' || !/^\s*[{[]/.test(last.text)) return;
    losses.push({ line: last.line, what: 'the JSON of the frame', why: 'it does not end: the frame was kept as text' });
  };
  for (const { number, text } of lines) {
    const marked = markedLine(text);
    if (marked !== null) {
      close();
      frames.push({ line: number, ...marked });
      open = marked.dir === 'err' || !isWhole(marked.text);
      continue;
    }
    const last = frames.at(-1);
    if (last === undefined || !open) {
      losses.push({ line: number, what: 'the line', why: 'it names no stream, and no frame is open before it' });
    } else if (last.dir === 'err') {
      frames.push({ line: number, dir: 'err', at: null, text });
    } else {
      last.text += `\n${text}`;
      // Looked at only where it may have ended: else long frames would cost the square of their length.
      if (/^[}\]]/.test(text.trimEnd().slice(-1))) open = !isWhole(last.text);
    }
  }
  close();
  return frames.filter(({ line, dir, text }) => {
    if (dir !== 'err' && text.trim() === '') losses.push({ line, what: 'the frame', why: 'it is empty' });
    return dir === 'err' || text.trim() !== '';
  });
}

/** A frame that cannot go on in the next line: JSON that is whole, or text that is no beginning of JSON. */
const isWhole = (text: string): boolean => (text.trim() !== '' && !/^\s*[{[]/.test(text)) || 'value' in parseJson(text);

/** A frame is one line of the pipe; JSON that was printed over several is put into one. */
function inOneLine(text: string): string {
  if (!text.includes('\n')) return text.trim();
  const parsed = parseJson(text);
  return 'value' in parsed ? JSON.stringify(parsed.value) : text.replace(/\s*\n\s*/g, ' ');
}

/** Times before are times of day. */
const FIRST_YEAR = Date.UTC(2000, 0);

/** ms since the epoch, or of the day, that stand in a prefix; null when none does. */
function timeOf(prefix: string): number | null {
  const date = /(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?/.exec(prefix);
  if (date !== null) {
    const [, day, time, fraction = '0', zone = 'Z'] = date;
    const at = Date.parse(`${day}T${time}${zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')}`);
    return Number.isNaN(at) ? null : at + Number(`0.${fraction}`) * 1000;
  }
  const clock = /\b(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?/.exec(prefix);
  if (clock !== null) {
    const [, h, m, s, fraction = '0'] = clock;
    return ((Number(h) * 60 + Number(m)) * 60 + Number(s) + Number(`0.${fraction}`)) * 1000;
  }
  const epoch = /\b(1\d{9})(?:\.(\d+)|(\d{3}))?\b/.exec(prefix);
  if (epoch === null) return null;
  const [, seconds, fraction, millis] = epoch;
  return Number(seconds) * 1000 + (millis === undefined ? Number(`0.${fraction ?? '0'}`) * 1000 : Number(millis));
}
