/** Foreign recordings become transcripts: format found, lines turned into a recording, sealed like one of our own, and linted. */
import type { Json, LaneRecord, Speaker, Transcript } from '../format.ts';
import { isObject } from '../json.ts';
import { type LintFinding, lintTranscript } from '../lint.ts';
import { PROFILES } from '../profiles.ts';
import { MAX_LINE, readTranscript } from '../read.ts';
import { countRedactions, Redactor, type RedactorOptions } from '../redact.ts';
import { seal, textsOf } from '../seal.ts';
import { serialiseTranscript, UnredactedSecretError } from '../write.ts';
import { importClaudeSession } from './claude-session.ts';
import { declareMatchers } from './declared.ts';
import { FOUR_RECORD_TYPES, importFourRecord } from './four-record.ts';
import { type Imported, type Loss, parseJson, type SourceLine, sourceLines } from './source.ts';
import { importStdioLog, markedLine } from './stdio-log.ts';
import { marksOf, tolerantProfile } from './tolerant.ts';

/** `transcript` is our own format: what stands before the damage of a file is kept. */
export const IMPORT_FORMATS = ['four-record', 'stdio-log', 'claude-session', 'transcript'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

export interface ImportOptions {
  /** Name of the scenario, which is that of the file to be written without `.ndjson`. */
  readonly scenario: string;
  /** Program and version that imports. */
  readonly recorder: string;
  /** Default: found by looking at the lines. */
  readonly format?: ImportFormat;
  /** Whose protocol the lines speak; default: what the file says, or looks like. */
  readonly speaker?: Speaker;
  /** What is secret, and whose machine this is. The marks of the machine that made the file are found in it. */
  readonly redaction: RedactorOptions;
  /** Longest line in bytes; default {@link MAX_LINE}. */
  readonly maxLine?: number;
}

export type ImportResult =
  | {
      readonly ok: true;
      readonly format: ImportFormat;
      /** The file. */
      readonly text: string;
      readonly transcript: Transcript;
      readonly losses: readonly Loss[];
      /** What the linter still has to say about it. */
      readonly findings: readonly LintFinding[];
    }
  | {
      readonly ok: false;
      readonly format: ImportFormat | null;
      readonly reason: string;
      readonly losses: readonly Loss[];
    };

/** Lines that are looked at to find the format. */
const LOOKED_AT = 50;

/** Never throws for what is in `bytes`, except that it cannot be written without a credential: then an `UnredactedSecretError`. */
export function importTranscript(bytes: Uint8Array, fileName: string, options: ImportOptions): ImportResult {
  const losses: Loss[] = [];
  const lines = sourceLines(bytes, options.maxLine ?? MAX_LINE, losses);
  const format = options.format ?? formatOf(lines);
  const refuse = (reason: string): ImportResult => ({ ok: false, format, reason, losses: inOrder(losses) });
  if (format === null) {
    return refuse(
      lines.length === 0
        ? 'it holds no line of text'
        : `no line of the first ${LOOKED_AT} looks like one of ${IMPORT_FORMATS.join(', ')}; say what it is with --from`,
    );
  }
  const sealed =
    format === 'transcript' ? salvage(bytes, fileName, losses, options) : sealImported(format, lines, losses, options);
  if (sealed === null) return refuse('nothing in it could be carried over');
  const findings = lintTranscript(sealed.text, `${options.scenario}.ndjson`, {
    redactor: new Redactor(options.redaction),
  });
  return { ok: true, format, ...sealed, losses: inOrder(losses), findings };
}

/** The format of the first line that tells, or null. */
export function formatOf(lines: readonly SourceLine[]): ImportFormat | null {
  for (const { text } of lines.slice(0, LOOKED_AT)) {
    const parsed = /^\s*\{/.test(text) ? parseJson(text) : null;
    const value = parsed !== null && 'value' in parsed && isObject(parsed.value) ? parsed.value : null;
    if (value === null) {
      if (markedLine(text) !== null) return 'stdio-log';
      continue;
    }
    if (typeof value.type !== 'string') continue;
    if (FOUR_RECORD_TYPES.has(value.type)) return 'four-record';
    if (value.type === 'header' && 'format' in value) return 'transcript';
    if (
      'sessionId' in value ||
      'leafUuid' in value ||
      'parentUuid' in value ||
      value.type === 'file-history-snapshot'
    ) {
      return 'claude-session';
    }
  }
  return null;
}

type Sealed = Pick<Extract<ImportResult, { ok: true }>, 'text' | 'transcript'>;

function sealImported(
  format: Exclude<ImportFormat, 'transcript'>,
  lines: readonly SourceLine[],
  losses: Loss[],
  options: ImportOptions,
): Sealed | null {
  const imported = importLines(format, lines, losses, options.speaker ?? null);
  if (!imported.log.some(({ k }) => k === 'line')) return null;
  const marks = marksOf(imported.log, imported.places);
  const { redaction, scenario, recorder } = options;
  const all = <T>(a: readonly T[] | undefined, b: readonly T[]): T[] => [...(a ?? []), ...b];
  const { transcript } = seal(imported.log, {
    profile: tolerantProfile(PROFILES[imported.speaker], imported.log, imported.ordered),
    scenario,
    providerVersion: imported.version ?? 'unknown',
    platform: 'unknown',
    recorder: `${recorder} (imported from ${format})`,
    ...(imported.recorded === undefined ? {} : { recorded: imported.recorded }),
    places: { paths: { ...imported.places.paths, ...marks.paths } },
    redactor: new Redactor({
      ...redaction,
      homes: all(redaction.homes, marks.homes),
      users: all(redaction.users, marks.users),
    }),
  });
  if (format !== 'four-record') return written(transcript, transcript.records, scenario);
  const declared = transcript.records.map(declareMatchers);
  const open = declared.filter((record, i) => isOpen(record) && !isOpen(transcript.records[i] as LaneRecord)).length;
  if (open > 0) {
    const why = 'the format does not compare some of their fields: "$more" lets these, and any others, be there';
    losses.push({ line: null, what: `the exact fields of ${open} requests`, why });
  }
  return written(transcript, exitsLast(declared), scenario);
}

function importLines(
  format: Exclude<ImportFormat, 'transcript'>,
  lines: readonly SourceLine[],
  losses: Loss[],
  speaker: Speaker | null,
): Imported {
  if (format === 'four-record') return importFourRecord(lines, losses, speaker);
  if (format === 'stdio-log') return importStdioLog(lines, losses, speaker);
  return importClaudeSession(lines, losses);
}

/** The parameters of the request may have further fields. */
const isOpen = (record: LaneRecord): boolean =>
  record.type === 'frame' && isObject(record.body) && isObject(record.body.params) && '$more' in record.body.params;

/** A process of the four-record format ends after all that the client had to say; what it received last need not show that. */
function exitsLast(records: readonly LaneRecord[]): LaneRecord[] {
  const exits = new Map<string, LaneRecord>();
  const lasts = new Map<string, LaneRecord>();
  for (const record of records) (record.type === 'exit' ? exits : lasts).set(record.lane, record);
  return records.flatMap((record, i) => {
    const exit = exits.get(record.lane);
    if (record === exit) return [];
    if (exit === undefined || record !== lasts.get(record.lane)) return [record];
    if (record.type !== 'frame' || record.dir !== 'send') return [record, exit];
    const id = record.id ?? `x${i + 1}`;
    return [
      { ...record, id },
      { ...exit, after: [...(exit.after ?? []), id].sort() },
    ];
  });
}

/** The file of records that were changed after sealing. */
function written({ header }: Transcript, records: readonly LaneRecord[], scenario: string): Sealed | null {
  const counted = { ...header, redactions: countRedactions(records.flatMap(textsOf)) };
  const text = serialiseTranscript([counted, ...records]);
  const read = readTranscript(text, `${scenario}.ndjson`);
  return read.ok ? { text, transcript: read.transcript } : null;
}

/** What is good of a transcript that cannot be read, or was cut. */
function salvage(bytes: Uint8Array, fileName: string, losses: Loss[], options: ImportOptions): Sealed | null {
  const read = readTranscript(bytes, fileName, options.maxLine === undefined ? {} : { maxLine: options.maxLine });
  const kept = read.ok ? read.transcript : read.before;
  // What was said of the lines themselves is said of records in the same words as by everybody who reads transcripts.
  losses.length = 0;
  if (!read.ok) {
    const [first, ...others] = read.errors;
    losses.push({
      line: first.line,
      what: 'this line and all after it',
      why: `column ${first.column}: ${first.message}`,
    });
    for (const { line, column, message } of others)
      losses.push({ line, what: 'the line', why: `column ${column}: ${message}` });
  } else if (read.transcript.cut) losses.push({ line: null, what: 'the last line', why: 'it is cut' });
  if (kept === null || kept.records.length === 0) return null;
  const kinds = new Redactor(options.redaction).secretsInJson(kept.records as unknown as Json);
  if (kinds.length > 0) throw new UnredactedSecretError(fileName, kinds);
  const header = { ...kept.header, scenario: options.scenario };
  return written({ ...kept, header }, [...kept.records, ...missingExits(kept.records, losses)], options.scenario);
}

/** Ends for the processes that go on where a transcript is cut. */
function missingExits(records: readonly LaneRecord[], losses: Loss[]): LaneRecord[] {
  const running = new Map<string, LaneRecord>();
  for (const record of records) {
    if (record.type === 'spawn' && record.notStarted === undefined) running.set(record.lane, record);
    if (running.has(record.lane)) running.set(record.lane, record);
    if (record.type === 'exit') running.delete(record.lane);
  }
  return [...running].map(([lane, { t }]) => {
    losses.push({
      line: null,
      what: `how the process of lane ${lane} ended`,
      why: 'that is lost: exit code 0 is assumed',
    });
    return { type: 'exit', lane, t, code: 0, signal: null };
  });
}

const inOrder = (losses: readonly Loss[]): Loss[] =>
  [...losses].sort((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity));
