/** What a strict replay says when reality and transcript part ways. It is the harness's verdict, never an answer of a provider. */
import type { FrameRecord, Json, LaneRecord } from './format.ts';
import type { Difference, MatchResult } from './match.ts';

/** - `different`: the right kind of act at the right time, with another content.
 *  - `unexpected`: nothing of the kind was recorded here.
 *  - `too-early`: the act fits, but something that it answers had not happened yet. */
export type MismatchKind = 'different' | 'unexpected' | 'too-early';

export interface Mismatch {
  readonly kind: MismatchKind;
  readonly lane: string;
  /** What was done, e.g. `send #3`. */
  readonly act: string;
  /** `file:line` of the expected record, or of the end of the file. */
  readonly place: string;
  /** The expected record, if there was one. */
  readonly expected: LaneRecord | null;
  /** What came: the JSON or text of a line, or a description of another act. */
  readonly got: Json;
  readonly differences: readonly Difference[];
  /** Differences beyond those listed. */
  readonly more: number;
  /** Further facts, one a line: what is missing, what it would have matched. */
  readonly notes: readonly string[];
}

export type Verdict =
  | { readonly ok: true /** Index of the record that matched. */; readonly index: number }
  | { readonly ok: false; readonly mismatch: Mismatch };

export function differencesOf(result: MatchResult): Pick<Mismatch, 'differences' | 'more'> {
  return result.ok ? { differences: [], more: 0 } : { differences: result.differences, more: result.more };
}

const EXCERPT = 96;

/** One line of text for a value, at most about a hundred characters. */
function excerpt(value: Json | undefined): string {
  if (value === undefined) return '(nothing)';
  const text = JSON.stringify(value);
  return text.length <= EXCERPT ? text : `${text.slice(0, EXCERPT)}… (${text.length} characters)`;
}

/** Names a record for a person, e.g. `send turn/start`, `recv result`, `exit code 0`. */
export function describe(record: LaneRecord): string {
  switch (record.type) {
    case 'frame':
      return `${record.dir} ${describeFrame(record)}`;
    case 'signal':
      return `signal ${record.signal} to the ${record.scope}`;
    case 'exit':
      return record.code === null ? `exit by ${record.signal}` : `exit code ${record.code}`;
    case 'eof':
      return 'eof (stdin closed)';
    case 'broken':
      return `broken ${record.stream} (${record.errno})`;
    case 'spawn':
      return `spawn ${record.file}`;
    case 'exec':
      return excerpt([record.file, ...record.args].join(' '));
    case 'http':
      return `${record.request.method} ${record.request.path}`;
  }
}

function describeFrame(record: FrameRecord): string {
  if (record.body === undefined) return `line ${excerpt(record.raw)}`;
  return describeBody(record.body);
}

/** Short name of a JSON frame of either provider: its method, or its type and subtype, or that it is an answer. */
function describeBody(body: Json): string {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return excerpt(body);
  const frame = body as { readonly [key: string]: Json };
  if (typeof frame.method === 'string')
    return frame.id === undefined ? frame.method : `${frame.method} (id ${excerpt(frame.id)})`;
  if (typeof frame.type === 'string') {
    return typeof frame.subtype === 'string' ? `${frame.type}/${frame.subtype}` : frame.type;
  }
  if (frame.id !== undefined) return `${frame.error === undefined ? 'result' : 'error'} for id ${excerpt(frame.id)}`;
  return excerpt(body);
}

/** A longer explanation is not read. */
const MAX_MISMATCH_LINES = 40;

/** The difference as text, at most {@link MAX_MISMATCH_LINES} lines. */
export function formatMismatch(mismatch: Mismatch): string {
  const lines = [`${mismatch.lane} ${mismatch.act}: ${HEADLINES[mismatch.kind]}`, `  at ${mismatch.place}`];
  if (mismatch.expected !== null) lines.push(`  expected ${describe(mismatch.expected)}`);
  lines.push(`  got      ${excerpt(mismatch.got)}`);
  for (const difference of mismatch.differences) {
    const [expected, got] = aligned(difference.expected, difference.got);
    lines.push(`  ${difference.path}`, `    expected ${expected}`, `    got      ${got}`);
    if (difference.note !== undefined) lines.push(`    ${difference.note}`);
  }
  if (mismatch.more > 0) lines.push(`  and ${mismatch.more} more differences`);
  for (const note of mismatch.notes) lines.push(`  ${note}`);
  if (lines.length <= MAX_MISMATCH_LINES) return lines.join('\n');
  const left = lines.length - MAX_MISMATCH_LINES + 1;
  return [...lines.slice(0, MAX_MISMATCH_LINES - 1), `  … ${left} more lines`].join('\n');
}

const HEADLINES: Readonly<Record<MismatchKind, string>> = {
  different: 'differs from the transcript',
  unexpected: 'is not in the transcript',
  'too-early': 'came before what it answers',
};

/** Excerpts of two values; of two long strings, the part where they first differ. */
function aligned(expected: Json | undefined, got: Json | undefined): [string, string] {
  if (typeof expected !== 'string' || typeof got !== 'string' || Math.max(expected.length, got.length) < EXCERPT) {
    return [excerpt(expected), excerpt(got)];
  }
  let same = 0;
  while (same < Math.min(expected.length, got.length) && expected[same] === got[same]) same++;
  const from = Math.max(0, same - 24);
  const cut = (text: string): string =>
    `${from > 0 ? '…' : ''}${JSON.stringify(text.slice(from, from + EXCERPT - 24))}${from + EXCERPT - 24 < text.length ? '…' : ''}`;
  return [`${cut(expected)} (from character ${from})`, cut(got)];
}
