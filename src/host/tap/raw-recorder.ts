/** Writes the raw log of a recording while things happen, off the path of the data: nothing is parsed, nothing waits for the disk. */
import { LineSplitter } from '../../transcript/lines.ts';
import type { RawRecord } from '../../transcript/raw.ts';
import { MAX_LINE } from '../../transcript/read.ts';
import type { Redactor } from '../../transcript/redact.ts';
import { LineLog } from '../../transcript/write.ts';
import type { LoopbackExchange } from '../loopback.ts';
import { rawHttp } from './raw-http.ts';

/** Nothing is written while something came in the last {@link QUIET_MS} ms, unless it waits for {@link PATIENCE_MS} ms already. */
const QUIET_MS = 1;
const PATIENCE_MS = 25;

type Chunk = {
  readonly lane: string;
  readonly dir: 'send' | 'recv' | 'err';
  readonly t: number;
  readonly data: string | Uint8Array;
};
/** A chunk, a record, or the end of what a process wrote. */
type Entry =
  | { readonly chunk: Chunk }
  | { readonly record: RawRecord; skip?: boolean }
  | { readonly over: string; readonly t: number };

export interface RawRecorderOptions {
  readonly redactor: Redactor;
  /** Monotonic ms; default `performance.now`, the clock of {@link LoopbackExchange}. */
  readonly now?: () => number;
  /** A longer line (bytes) ends the recording, not the child: it has to be held in memory. Default {@link MAX_LINE}. */
  readonly maxLine?: number;
}

/** Takes back the record it was given for, if it is not yet written. */
export type Withdraw = () => void;

export class RawRecorder {
  readonly #log: LineLog;
  readonly #redactor: Redactor;
  readonly #maxLine: number;
  readonly #now: () => number;
  readonly #origin: number;
  readonly #splitters = new Map<string, LineSplitter>();
  #queue: Entry[] = [];
  #timer: NodeJS.Timeout | null = null;
  #pushedAt = 0;
  #oldestAt = 0;
  #failure: Error | null = null;

  /** Throws when the file exists already or cannot be made. */
  constructor(path: string, options: RawRecorderOptions) {
    this.#log = new LineLog(path);
    this.#redactor = options.redactor;
    this.#maxLine = options.maxLine ?? MAX_LINE;
    this.#now = options.now ?? (() => performance.now());
    this.#origin = this.#now();
  }

  /** Why the recording is incomplete, or null. A failing recorder never disturbs what it records. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** Ms since the recording began, now. */
  get t(): number {
    return this.#since(this.#now());
  }

  /** Bytes or text as they went over a pipe; lines are made of them later. */
  chunk(lane: string, dir: Chunk['dir'], data: string | Uint8Array): void {
    this.#push({ chunk: { lane, dir, t: this.t, data } });
  }

  /** Any other event. */
  record(record: RawRecord): Withdraw {
    const entry: Entry = { record };
    this.#push(entry);
    return () => {
      entry.skip = true;
    };
  }

  /** The process of the lane ended, after everything that it wrote. */
  exit(lane: string, code: number | null, signal: string | null): void {
    this.#push({ over: lane, t: this.t });
    this.record({ k: 'exit', lane, t: this.t, code, signal });
  }

  /** The client saw the `line`-th line (from 1) of `causeLane`'s stdout, and acts next on `lane` because of it. */
  because(lane: string, causeLane: string, line: number): void {
    this.record({ k: 'because', lane, t: this.t, cause: { lane: causeLane, line } });
  }

  /** An exchange of the process of `lane` (`claude:1`) with the loopback model, when it is over. */
  http(lane: string, exchange: LoopbackExchange): void {
    this.record(rawHttp(`${lane}/http`, exchange, (at) => this.#since(at), this.#redactor));
  }

  /** Writes what is queued. */
  flush(): void {
    const queue = this.#queue;
    this.#queue = [];
    if (this.#failure !== null) return;
    try {
      for (const entry of queue) this.#write(entry);
    } catch (error) {
      this.#failure = error as Error;
    }
  }

  /** Writes everything, unfinished lines too, and closes the file. Throws the {@link failure}, if there was one. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const lane of new Set([...this.#splitters.keys()].map((key) => key.slice(0, key.indexOf(' '))))) {
      this.#push({ over: lane, t: this.t });
    }
    this.flush();
    this.#log.close();
    if (this.#failure !== null) throw this.#failure;
  }

  #since(at: number): number {
    return Math.max(0, Math.round((at - this.#origin) * 1000) / 1000);
  }

  #push(entry: Entry): void {
    this.#pushedAt = this.#now();
    if (this.#queue.length === 0) this.#oldestAt = this.#pushedAt;
    this.#queue.push(entry);
    this.#timer ??= setTimeout(() => this.#quiet(), QUIET_MS);
  }

  /** Writes in a pause of the conversation: what comes meanwhile would have to wait. */
  #quiet(): void {
    this.#timer = null;
    const now = this.#now();
    if (now - this.#pushedAt < QUIET_MS && now - this.#oldestAt < PATIENCE_MS) {
      this.#timer = setTimeout(() => this.#quiet(), QUIET_MS);
    } else this.flush();
  }

  #write(entry: Entry): void {
    if ('chunk' in entry) this.#split(entry.chunk);
    else if ('over' in entry) this.#tails(entry.over, entry.t);
    else if (entry.skip !== true) {
      const { record } = entry;
      // A last line without its end was sent before the end of stdin.
      if (record.k === 'eof') this.#tail(record.lane, 'send', record.t);
      const safe = record.k === 'spawn' ? { ...record, args: this.#redactor.args(record.args) } : record;
      this.#log.append(this.#redactor.line(JSON.stringify(safe)));
    }
  }

  #split({ lane, dir, t, data }: Chunk): void {
    const key = `${lane} ${dir}`;
    const splitter = this.#splitters.get(key) ?? new LineSplitter(this.#maxLine);
    this.#splitters.set(key, splitter);
    for (const line of splitter.push(typeof data === 'string' ? Buffer.from(data, 'utf8') : data)) {
      if (line.kind === 'too-long') throw new Error(`a line of ${line.length} bytes on ${key}: too long to record`);
      this.#line(lane, dir, t, line.bytes, false);
    }
  }

  #tails(lane: string, t: number): void {
    for (const dir of ['send', 'recv', 'err'] as const) this.#tail(lane, dir, t);
  }

  #tail(lane: string, dir: Chunk['dir'], t: number): void {
    const tail = this.#splitters.get(`${lane} ${dir}`)?.end() ?? null;
    if (tail?.kind === 'line') this.#line(lane, dir, t, tail.bytes, true);
  }

  #line(lane: string, dir: Chunk['dir'], t: number, bytes: Buffer, cut: boolean): void {
    const text = this.#redactor.line(bytes.toString('utf8').replace(/\r$/, ''));
    const record: RawRecord = { k: 'line', lane, t, dir, text, ...(cut ? { cut: true } : {}) };
    this.#log.append(JSON.stringify(record));
  }
}
