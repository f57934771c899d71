import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { SymbolValue } from '../../transcript/symbols.ts';
import type { StandInResult } from './outcome.ts';

/** Who plays a lane. */
export interface Claim {
  /** Position of the transcript among those that are played. */
  readonly transcript: number;
  readonly lane: string;
  readonly pid: number;
  /** Start time of the process in clock ticks since boot, where the system tells: pids are used again. */
  readonly startTicks: number | null;
}

/** Records of one transcript that happened in one process, and the values it learnt. */
export interface JournalEntry {
  readonly pid: number;
  readonly transcript: number;
  readonly done: readonly number[];
  readonly bound: readonly (readonly [symbol: string, value: SymbolValue])[];
}

/**
 * A folder that the stand-in processes of one test share: who plays which lane, what has happened, and what came of it.
 * Every write is one that the system does as a whole, so any number of processes may use it at once.
 */
export class StandInState {
  readonly folder: string;
  #offset = 0;
  #rest = '';

  /** Makes the folder when it is missing. */
  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(join(folder, 'claims'), { recursive: true });
    mkdirSync(join(folder, 'results'), { recursive: true });
  }

  /** Takes a lane, or one run of a tool (`lane` then names it); false when somebody has it already. */
  claim(claim: Claim): boolean {
    let fd: number;
    try {
      fd = openSync(join(this.folder, 'claims', keyOf(claim)), 'wx');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
    writeSync(fd, JSON.stringify(claim));
    closeSync(fd);
    return true;
  }

  isClaimed(place: Pick<Claim, 'transcript' | 'lane'>): boolean {
    return existsSync(join(this.folder, 'claims', keyOf(place)));
  }

  /** All claims, ordered by transcript and lane. */
  claims(): Claim[] {
    return readdirSync(join(this.folder, 'claims'))
      .map((name) => readFileSync(join(this.folder, 'claims', name), 'utf8'))
      .filter((text) => text !== '')
      .map((text) => JSON.parse(text) as Claim)
      .sort((a, b) => a.transcript - b.transcript || (a.lane < b.lane ? -1 : 1));
  }

  append(entry: JournalEntry): void {
    appendFileSync(join(this.folder, 'journal.ndjson'), `${JSON.stringify(entry)}\n`);
  }

  /** What was appended since the last call, by this process too. */
  news(): JournalEntry[] {
    const text = this.#rest + this.#unread();
    const lines = text.split('\n');
    this.#rest = lines.pop()!;
    return lines.map((line) => JSON.parse(line) as JournalEntry);
  }

  /** Writes the result of a claim, or of a process that got none. */
  save(place: Pick<Claim, 'transcript' | 'lane'> | null, result: StandInResult): void {
    saveResult(join(this.folder, 'results', `${place === null ? `none-${result.pid}` : keyOf(place)}.json`), result);
  }

  result(place: Pick<Claim, 'transcript' | 'lane'>): StandInResult | null {
    const path = join(this.folder, 'results', `${keyOf(place)}.json`);
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as StandInResult) : null;
  }

  /** All results, those of processes without a claim included, in order of their names. */
  results(): StandInResult[] {
    return readdirSync(join(this.folder, 'results'))
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => JSON.parse(readFileSync(join(this.folder, 'results', name), 'utf8')) as StandInResult);
  }

  #unread(): string {
    const path = join(this.folder, 'journal.ndjson');
    if (!existsSync(path)) return '';
    const fd = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(Math.max(0, fstatSync(fd).size - this.#offset));
      const length = readSync(fd, bytes, 0, bytes.length, this.#offset);
      // A character that is cut off at the end is read again: JSON.stringify leaves them as they are.
      const whole = bytes.subarray(0, bytes.lastIndexOf(10, length - 1) + 1);
      this.#offset += whole.length;
      return whole.toString('utf8');
    } finally {
      closeSync(fd);
    }
  }
}

/** Replaces the file as a whole. */
export function saveResult(path: string, result: StandInResult): void {
  const temporary = `${path}.${process.pid}.partial`;
  writeFileSync(temporary, `${JSON.stringify(result, null, 2)}\n`);
  renameSync(temporary, path);
}

const keyOf = ({ transcript, lane }: Pick<Claim, 'transcript' | 'lane'>): string =>
  `${transcript}-${lane.replaceAll(':', '-')}`;
