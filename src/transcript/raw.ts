/**
 * The raw log of a recording: what was seen, in the order in which it was seen, one JSON record a line, credentials already out. It is
 * written while things happen and turned into a transcript by `seal.ts` afterwards.
 */
import type { Direction, HttpRequest, HttpResponse, Json, Speaker } from './format.ts';
import { isObject } from './json.ts';

/** Times are ms since the recording began (monotonic), with fractions. */
interface RawBase {
  readonly lane: string;
  readonly t: number;
}

export interface RawSpawn extends RawBase {
  readonly k: 'spawn';
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly notStarted?: string;
}

export interface RawLine extends RawBase {
  readonly k: 'line';
  readonly dir: Direction;
  readonly text: string;
  /** The stream ended inside the line. */
  readonly cut?: true;
}

/** What the header of the transcript will say. First record of a log that is to be sealed by somebody else, after a crash perhaps. */
export interface RawAbout extends RawBase {
  readonly k: 'about';
  readonly provider: Speaker;
  readonly scenario: string;
  /** Null until the provider has said it. */
  readonly providerVersion: string | null;
  readonly platform: string;
  readonly recorder: string;
  /** Day (UTC) of the recording. */
  readonly recorded: string;
  readonly paths: Readonly<Record<string, string>>;
  readonly ports: Readonly<Record<string, number>>;
}

/** Says why the next act of `lane` happens: the client saw the `line`-th line (from 1) that `cause` wrote to its stdout. */
export interface RawBecause extends RawBase {
  readonly k: 'because';
  readonly cause: { readonly lane: string; readonly line: number };
}

export type RawRecord =
  | RawAbout
  | RawSpawn
  | RawLine
  | RawBecause
  | (RawBase & { readonly k: 'eof' })
  | (RawBase & { readonly k: 'signal'; readonly signal: string; readonly scope: 'process' | 'group' })
  | (RawBase & { readonly k: 'broken'; readonly stream: 'stdin' | 'stdout'; readonly errno: string })
  | (RawBase & { readonly k: 'exit'; readonly code: number | null; readonly signal: string | null })
  | (RawBase & { readonly k: 'http'; readonly request: HttpRequest; readonly response: HttpResponse | null });

const KEYS: Readonly<Record<RawRecord['k'], readonly string[]>> = {
  about: ['provider', 'scenario', 'providerVersion', 'platform', 'recorder', 'recorded', 'paths', 'ports'],
  spawn: ['file', 'args', 'env'],
  line: ['dir', 'text'],
  because: ['cause'],
  eof: [],
  signal: ['signal', 'scope'],
  broken: ['stream', 'errno'],
  exit: ['code', 'signal'],
  http: ['request', 'response'],
};

/**
 * Reads a raw log; an unfinished last line (a killed recorder) is left out. Throws an Error naming the line for anything else that is
 * no raw record: raw logs come from our own recorder, not from strangers.
 */
export function readRawLog(text: string, fileName: string): RawRecord[] {
  const lines = text.split('\n');
  const unfinished = lines.pop();
  const records = lines.map((line, i) => {
    const record = parse(line);
    if (record === null) throw new Error(`${fileName}:${i + 1}: not a record of a raw log`);
    return record;
  });
  const last = unfinished === undefined ? null : parse(unfinished);
  return last === null ? records : [...records, last];
}

function parse(line: string): RawRecord | null {
  let value: Json;
  try {
    value = JSON.parse(line) as Json;
  } catch {
    return null;
  }
  if (!isObject(value) || typeof value.lane !== 'string' || typeof value.t !== 'number') return null;
  const keys =
    typeof value.k === 'string' && Object.hasOwn(KEYS, value.k) ? KEYS[value.k as RawRecord['k']] : undefined;
  return keys?.every((key) => key in value) === true ? (value as unknown as RawRecord) : null;
}
