/** A recorded conversation that is had again with a real provider: what has happened of it, and what is next. */
import type { Json, LaneRecord, Provider, Transcript } from '../../transcript/format.ts';
import { isClientAct, processOf } from '../../transcript/format.ts';
import { type Needs, orderOf, placeOf } from '../../transcript/order.ts';
import { Bindings, type SymbolValue } from '../../transcript/symbols.ts';
import { type Minter, plainMinter, renderTemplate } from '../../transcript/template.ts';
import { describe } from '../../transcript/verdict.ts';
import { exchangeId, Labels, threadOf } from './labels.ts';
import { learn } from './learn.ts';

/** What the model waits at most for a frame that was recorded before its next words (ms); the frame may be gone. */
const PATIENCE_MS = 500;

/** A frame that arrived, as the `line`-th of its process. */
export interface Arrival {
  readonly lane: string;
  readonly line: number;
}

export class Conversation {
  readonly transcript: Transcript;
  readonly provider: Provider;
  readonly bindings: Bindings;
  readonly minter: Minter = plainMinter(0);
  /** The process that was started last. */
  lastSpawned = '';
  readonly #needs: readonly Needs[];
  readonly #labels: readonly string[];
  readonly #live = new Map<string, { readonly labels: Labels; lines: number }>();
  readonly #done = new Map<number, { readonly at: number; readonly arrival: Arrival | null }>();
  readonly #late = new Set<number>();
  readonly #waiting = new Set<() => void>();
  /** When something happened last (`performance.now`). */
  lastEvent = performance.now();

  /** `places`: values of this machine's places (`path:ws`). */
  constructor(transcript: Transcript, provider: Provider, places: Readonly<Record<string, SymbolValue>>) {
    this.transcript = transcript;
    this.provider = provider;
    this.bindings = new Bindings(places);
    this.#needs = orderOf(transcript.records);
    this.#labels = labelsOf(transcript, provider);
  }

  /** Names of the processes, in order of their start. */
  get lanes(): string[] {
    return this.transcript.records.filter(({ type }) => type === 'spawn').map(({ lane }) => lane);
  }

  /** Index of the next act of the client on a lane; null when all are done. */
  nextAct(lane: string): number | null {
    const { records } = this.transcript;
    const index = records.findIndex((record, i) => record.lane === lane && isClientAct(record) && !this.#done.has(i));
    return index < 0 ? null : index;
  }

  /** What an act still waits for, in words; empty when it can be done. */
  missing(index: number): string[] {
    const { hard, symbols } = this.#needs[index]!;
    return [
      ...hard.filter((i) => !this.#happened(i)).map((i) => `"${this.name(i)}" (${placeOf(this.transcript, i)})`),
      ...symbols.filter((symbol) => this.bindings.get(symbol) === undefined),
    ];
  }

  /** What a record is called, for people. */
  name(index: number): string {
    return this.#labels[index] || describe(this.#record(index));
  }

  /** When an act is due (`performance.now`): as long after what it answers as it was recorded. */
  dueAt(index: number): number {
    const record = this.#record(index);
    const before = this.#needs[index]!.hard.flatMap((i) => {
      const done = this.#done.get(i);
      const other = this.#record(i);
      return done && other.lane === record.lane ? [done.at + Math.max(0, record.t - other.t)] : [];
    });
    return Math.max(0, ...before);
  }

  /** The frames because of which an act is done. */
  causes(index: number): Arrival[] {
    const { after = [] } = this.#record(index);
    return this.transcript.records.flatMap((record, i) =>
      record.id !== undefined && after.includes(record.id) ? (this.#done.get(i)?.arrival ?? []) : [],
    );
  }

  /** The client has done it. */
  did(index: number): void {
    const record = this.#record(index);
    if (record.type === 'spawn') {
      this.lastSpawned = record.lane;
      this.#live.set(record.lane, { labels: new Labels(this.provider), lines: 0 });
    }
    this.#finish(index, null);
  }

  /** The client has written this line: its answer is known by it. */
  wrote(lane: string, body: Json): void {
    this.#live.get(lane)?.labels.of('send', body);
  }

  /** A line arrived on stdout. Finds what it is in the recording, if anything, and what its symbols stand for. */
  arrived(lane: string, text: string): void {
    const live = this.#live.get(lane)!;
    const line = ++live.lines;
    this.lastEvent = performance.now();
    let body: Json;
    try {
      body = JSON.parse(text) as Json;
    } catch {
      return;
    }
    const label = live.labels.of('recv', body);
    const index = this.transcript.records.findIndex((record, i) => {
      if (record.lane !== lane || record.type !== 'frame' || record.dir !== 'recv' || this.#done.has(i)) return false;
      const recorded = record.body;
      if (recorded === undefined || this.#labels[i] !== label) return false;
      return this.#same(exchangeId(recorded), exchangeId(body)) && this.#same(threadOf(recorded), threadOf(body));
    });
    if (index < 0) return;
    const record = this.#record(index);
    if (record.type === 'frame') learn(record.body ?? null, body, this.bindings);
    this.#finish(index, { lane, line });
  }

  exited(lane: string): void {
    this.transcript.records.forEach((record, i) => {
      if (record.lane === lane && record.type === 'exit') this.#finish(i, null);
    });
    this.lastEvent = performance.now();
    this.#wake();
  }

  /** Resolves when something has happened. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
    });
  }

  /**
   * For the model: resolves when the time of a recorded chunk has come. That is `pauseMs` from now at the earliest, and not
   * before what the client had done by then, nor (with some patience) what it had seen. Rejects when `signal` says so.
   */
  async until(process: string, t: number, pauseMs: number, signal: AbortSignal): Promise<void> {
    const before = this.transcript.records.flatMap((record, i) =>
      processOf(record.lane) === process && record.type !== 'http' && record.t < t ? [i] : [],
    );
    const acts = before.filter((i) => isClientAct(this.#record(i)));
    await sleep(pauseMs, signal);
    while (acts.some((i) => !this.#done.has(i))) await Promise.race([this.next(), aborted(signal)]);
    const seen = before.filter((i) => isSeen(this.#record(i)) && !this.#late.has(i));
    const end = performance.now() + PATIENCE_MS;
    while (seen.some((i) => !this.#done.has(i)) && performance.now() < end) {
      await Promise.race([this.next(), sleep(end - performance.now(), signal)]);
    }
    for (const i of seen) if (!this.#done.has(i)) this.#late.add(i);
    const last = acts.map((i) => this.#done.get(i)!.at + t - this.#record(i).t);
    await sleep(Math.max(0, ...last) - performance.now(), signal);
  }

  #happened(index: number): boolean {
    const record = this.#record(index);
    return this.#done.has(index) || record.type === 'http' || (record.type === 'frame' && record.dir === 'err');
  }

  #same(recorded: Json, live: Json): boolean {
    if (typeof recorded !== 'string') return recorded === live;
    const bound = this.bindings.get(recorded);
    if (bound !== undefined) return bound === live;
    return !recorded.includes('<') ? recorded === live : live !== null;
  }

  #record(index: number): LaneRecord {
    return this.transcript.records[index]!;
  }

  #finish(index: number, arrival: Arrival | null): void {
    this.#done.set(index, { at: performance.now(), arrival });
    this.lastEvent = performance.now();
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** A template of the recording with this run's values. */
  text(template: string): string {
    return String(renderTemplate(template, this.bindings, this.minter));
  }
}

const isSeen = (record: LaneRecord): boolean =>
  record.type === 'frame' && record.dir === 'recv' && record.optional !== true;

function labelsOf({ records }: Transcript, provider: Provider): string[] {
  const lanes = new Map<string, Labels>();
  return records.map((record) => {
    if (record.type !== 'frame' || record.dir === 'err' || record.body === undefined) return '';
    const labels = lanes.get(record.lane) ?? new Labels(provider);
    lanes.set(record.lane, labels);
    return labels.of(record.dir, record.body);
  });
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.reject(signal.reason);
  if (ms <= 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
