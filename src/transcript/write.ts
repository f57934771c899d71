/** Writes transcripts: one `write` a line, so that a killed writer leaves whole lines and at most one cut one. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { HttpRecord, Json, TranscriptRecord } from './format.ts';
import { KEY_ORDER } from './format.ts';
import { readTranscript } from './read.ts';

/** One line, without its `\n`: keys in the order of the format, bodies as they are. */
export function serialiseRecord(record: TranscriptRecord): string {
  const values = record as unknown as Readonly<Record<string, Json | undefined>>;
  const entries = KEY_ORDER[record.type].flatMap((key) => {
    const value = values[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  return JSON.stringify(Object.fromEntries(entries));
}

/** A line was about to be written that holds a credential. The message does not. */
export class UnredactedSecretError extends Error {
  /** Kinds of the credentials, e.g. `github`. */
  readonly kinds: readonly string[];

  constructor(what: string, kinds: readonly string[]) {
    super(`${what} holds unredacted credentials (${[...new Set(kinds)].join(', ')}); nothing of it was written`);
    this.name = 'UnredactedSecretError';
    this.kinds = kinds;
  }
}

/** Appends whole lines to a new file. After SIGKILL at any moment the file is valid up to its last whole line. */
export class LineLog {
  readonly #fd: number;
  #closed = false;

  /** Throws (EEXIST) when the file is there already. Default mode 600: recordings are private until they are sealed. */
  constructor(path: string, mode = 0o600) {
    this.#fd = openSync(path, 'ax', mode);
  }

  /** Appends `line` and `\n`. Throws when the disk does, or after {@link close}. */
  append(line: string): void {
    if (this.#closed) throw new Error('the log is closed');
    const bytes = Buffer.from(`${line}\n`, 'utf8');
    for (let from = 0; from < bytes.length; ) from += writeSync(this.#fd, bytes, from);
  }

  /** Flushes to the disk and closes. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    fsyncSync(this.#fd);
    closeSync(this.#fd);
  }
}

/** The text of a whole file. */
export function serialiseTranscript(records: Iterable<TranscriptRecord>): string {
  let text = '';
  for (const record of records) text += `${serialiseRecord(record)}\n`;
  return text;
}

/** True when two files hold the same transcript apart from `t` (also of HTTP chunks), `ms` and the day of recording. False when either cannot be read. */
export function sameExceptTiming(a: string, b: string): boolean {
  if (a === b) return true;
  const [left, right] = [withoutTiming(a), withoutTiming(b)];
  return left !== null && left === right;
}

function withoutTiming(text: string): string | null {
  const read = readTranscript(text, '');
  if (!read.ok || read.transcript.cut) return null;
  const timeless = read.transcript.records.map((record) => ({
    ...(record.type === 'http' ? untimed(record) : record),
    ...(record.type === 'exec' ? { ms: 0 } : {}),
    t: 0,
  }));
  const { recorded: _day, ...header } = read.transcript.header;
  return serialiseTranscript([header, ...timeless]);
}

function untimed(record: HttpRecord): HttpRecord {
  const { response } = record;
  if (response === null) return record;
  return { ...record, response: { ...response, chunks: response.chunks.map((chunk) => ({ ...chunk, t: 0 })) } };
}

/**
 * Puts a recording where fixtures live. An older file that says the same apart from timing stays as it is, so that recording again
 * changes nothing. The file is replaced as a whole or not at all.
 */
export function saveTranscript(path: string, text: string): 'written' | 'unchanged' {
  const old = readIfThere(path);
  if (old !== null && sameExceptTiming(old, text)) return 'unchanged';
  replaceFile(path, text);
  return 'written';
}

/** Dates a recording anew that was found to be as it was. False when it bears that day already, or cannot be read. */
export function renewTranscript(path: string, day: string): boolean {
  const old = readFileSync(path, 'utf8');
  const read = readTranscript(old, path);
  if (!read.ok || read.transcript.header.recorded === day) return false;
  const end = old.indexOf('\n', old.search(/\S/));
  replaceFile(path, `${serialiseRecord({ ...read.transcript.header, recorded: day })}${old.slice(end)}`);
  return true;
}

/** Replaces a file as a whole or not at all, even by a process that is killed. Mode 600. Throws when the disk does. */
export function replaceFile(path: string, text: string): void {
  // Not `.partial` alone: that is the log which the transcript is made of.
  const temporary = `${path}.new.partial`;
  rmSync(temporary, { force: true });
  const log = new LineLog(temporary, 0o666);
  log.append(text.replace(/\n$/, ''));
  log.close();
  renameSync(temporary, path);
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
