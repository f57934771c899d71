/** One stdio lane of a {@link TranscriptReplay}. */
import type { FrameRecord, Json, LaneRecord, SpawnRecord } from './format.ts';
import { isClientAct } from './format.ts';
import type { MatchResult } from './match.ts';
import { matchJson } from './match.ts';
import { pastTheEnd, placeOf } from './order.ts';
import { renderJson } from './render.ts';
import type { TranscriptReplay, Unconsumed } from './replay.ts';
import type { Bindings } from './symbols.ts';
import { renderTemplate } from './template.ts';
import type { Mismatch, MismatchKind, Verdict } from './verdict.ts';
import { describe, differencesOf } from './verdict.ts';

export interface SpawnAct {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A record of the provider's side that may happen now. */
export interface Due {
  readonly index: number;
  readonly record: LaneRecord;
}

/** A record of the provider's side that has happened. */
export interface Delivery extends Due {
  /** What the provider writes: the line with its `\n` (without, if it was cut); empty for `exit` and `broken`. */
  readonly text: string;
}

type Act =
  | { readonly type: 'line'; readonly line: Line }
  | { readonly type: 'spawn'; readonly spawn: SpawnAct }
  | { readonly type: 'eof' }
  | { readonly type: 'signal'; readonly signal: string; readonly scope: 'process' | 'group' | null };

export class LaneReplay {
  readonly name: string;
  readonly #replay: TranscriptReplay;
  /** Indices of this lane's records. */
  readonly #own: readonly number[];
  readonly #acts: readonly number[];
  #next = 0;
  /** All of `#own` before this position has happened. */
  #open = 0;
  #sends = 0;
  #failed: Mismatch | null = null;

  /** Made by {@link TranscriptReplay}. */
  constructor(replay: TranscriptReplay, name: string) {
    this.#replay = replay;
    this.name = name;
    const records = replay.transcript.records;
    this.#own = records.flatMap((record, i) => (record.lane === name ? [i] : []));
    this.#acts = this.#own.filter((i) => isClientAct(records[i] as LaneRecord));
  }

  /** The first mismatch; the lane accepts nothing after it. */
  get failure(): Mismatch | null {
    return this.#failed;
  }

  /** The client starts the process. Only the base name of `file` counts, and of `env` only what the transcript names. */
  spawn(spawn: SpawnAct): Verdict {
    return this.#act({ type: 'spawn', spawn }, 'spawn');
  }

  /** The client wrote one line (without its line end). */
  feed(line: string): Verdict {
    this.#sends++;
    return this.#act({ type: 'line', line: parseLine(line, this.#replay.redact) }, `send #${this.#sends}`);
  }

  /** The client closed stdin. */
  eof(): Verdict {
    return this.#act({ type: 'eof' }, 'eof');
  }

  /** The client signalled the process or its group; null when whoever was signalled cannot tell which. */
  signal(signal: string, scope: 'process' | 'group' | null): Verdict {
    return this.#act({ type: 'signal', signal, scope }, `signal ${signal}`);
  }

  /** What the provider may do now, in file order; each may be delivered before the others. */
  due(): Due[] {
    if (this.#failed !== null) return [];
    return this.#own
      .slice(this.#skipDone())
      .filter((index) => !this.#replay.isDone(index) && this.#isDue(index))
      .map((index) => ({ index, record: this.#record(index) }));
  }

  /** The first of {@link due}, or null; costs less. */
  nextDue(): Due | null {
    if (this.#failed !== null) return null;
    for (let position = this.#skipDone(); position < this.#own.length; position++) {
      const index = this.#own[position]!;
      if (!this.#replay.isDone(index) && this.#isDue(index)) return { index, record: this.#record(index) };
    }
    return null;
  }

  /** The client's acts that come before `index` in the file and have not happened. */
  actsBefore(index: number): LaneRecord[] {
    return this.#acts.filter((i) => i < index && !this.#replay.isDone(i)).map((i) => this.#record(i));
  }

  /** Lets a due record happen and renders it. Throws a RangeError when it is not due. */
  deliver(index: number): Delivery {
    const record = this.#record(index);
    if (this.#failed !== null || record.lane !== this.name || this.#replay.isDone(index) || !this.#isDue(index)) {
      throw new RangeError(`${placeOf(this.#replay.transcript, index)}: ${describe(record)} is not due`);
    }
    const text = record.type === 'frame' ? this.#render(record) : '';
    this.#replay.markDone(index);
    return { index, record, text };
  }

  /**
   * The opposite of {@link deliver}: a model of the provider wrote `line`, and the transcript says whether it may. Used to prove that a
   * model does what the real provider did.
   */
  observe(dir: 'recv' | 'err', line: string): Verdict {
    if (this.#failed !== null) return { ok: false, mismatch: this.#failed };
    const parsed = parseLine(line, this.#replay.redact);
    const got = showLine(parsed);
    const open = this.#own.filter((i) => {
      const record = this.#record(i);
      return record.type === 'frame' && record.dir === dir && !this.#replay.isDone(i);
    });
    let nearest: { index: number; result: MatchResult } | null = null;
    for (const index of open.filter((i) => this.#missing(i, false).length === 0)) {
      const result = matchLine(this.#record(index) as FrameRecord, parsed, this.#replay.bindings);
      if (result.ok) {
        for (const soft of this.#replay.needs[index]?.soft ?? []) this.#replay.markDone(soft);
        this.#replay.markDone(index);
        return { ok: true, index };
      }
      if (nearest === null || weight(result) < weight(nearest.result)) nearest = { index, result };
    }
    if (nearest !== null) return this.#fail('different', `${dir} line`, nearest.index, got, nearest.result, []);
    const index = open[0] ?? null;
    return this.#fail('unexpected', `${dir} line`, index, got, null, index === null ? [] : this.#missingNotes(index));
  }

  /** A model's process ended. */
  observeExit(code: number | null, signal: string | null): Verdict {
    const got = { code, signal };
    const index = this.#own.find((i) => this.#record(i).type === 'exit') ?? null;
    if (index === null) return this.#fail('unexpected', 'exit', null, got, null, []);
    const record = this.#record(index);
    if (record.type !== 'exit' || record.code !== code || record.signal !== signal) {
      return this.#fail('different', 'exit', index, got, null, []);
    }
    if (this.#missing(index, false).length > 0) {
      return this.#fail('too-early', 'exit', index, got, null, this.#missingNotes(index));
    }
    for (const soft of this.#replay.needs[index]?.soft ?? []) this.#replay.markDone(soft);
    this.#replay.markDone(index);
    return { ok: true, index };
  }

  /** The records of this lane that are left. */
  finished(): Unconsumed[] {
    return this.#replay.finished().filter((left) => left.lane === this.name);
  }

  /** Position in `#own` of the first record that has not happened. */
  #skipDone(): number {
    while (this.#open < this.#own.length && this.#replay.isDone(this.#own[this.#open]!)) this.#open++;
    return this.#open;
  }

  #isDue(index: number): boolean {
    return !isClientAct(this.#record(index)) && this.#missing(index, true).length === 0;
  }

  #record(index: number): LaneRecord {
    return this.#replay.transcript.records[index] as LaneRecord;
  }

  #render(record: FrameRecord): string {
    const minter = this.#replay.minter(record);
    const text =
      record.body !== undefined
        ? JSON.stringify(renderJson(record.body, this.#replay.bindings, minter))
        : String(renderTemplate(record.raw ?? '', this.#replay.bindings, minter));
    return record.cut === true ? text : `${text}\n`;
  }

  #act(act: Act, name: string): Verdict {
    if (this.#failed !== null) return { ok: false, mismatch: this.#failed };
    // Another process that plays this lane may have said that they happened.
    while (this.#next < this.#acts.length && this.#replay.isDone(this.#acts[this.#next]!)) this.#next++;
    const index = this.#acts[this.#next];
    if (index === undefined) return this.#fail('unexpected', name, null, showAct(act), null, []);
    // Before the comparison: it may bind a symbol that only the provider could have named.
    const missing = this.#missing(index, false);
    const mark = this.#replay.bindings.mark();
    const result = this.#matchAct(this.#record(index), act);
    if (result === null || !result.ok) {
      const kind: MismatchKind = result === null ? 'unexpected' : 'different';
      return this.#fail(kind, name, index, showAct(act), result, this.#laterMatch(act));
    }
    if (missing.length > 0) {
      this.#replay.bindings.undo(mark);
      return this.#fail('too-early', name, index, showAct(act), null, this.#missingNotes(index));
    }
    this.#next++;
    this.#replay.markDone(index);
    return { ok: true, index };
  }

  /** Null when the record is another kind of act altogether. */
  #matchAct(record: LaneRecord, act: Act): MatchResult | null {
    const bindings = this.#replay.bindings;
    if (act.type === 'line' && record.type === 'frame') return matchLine(record, act.line, bindings);
    if (act.type === 'eof' && record.type === 'eof') return { ok: true };
    if (act.type === 'signal' && record.type === 'signal') {
      return matchJson(
        { signal: record.signal, scope: record.scope },
        { signal: act.signal, scope: act.scope ?? record.scope },
        bindings,
      );
    }
    if (act.type === 'spawn' && record.type === 'spawn') {
      return matchJson(spawnOf(record), this.#replay.redact(spawnOf(act.spawn, record)), bindings);
    }
    return null;
  }

  /** Says when the act would have matched further on: then acts are missing before it, or out of order. */
  #laterMatch(act: Act): string[] {
    const { bindings, transcript } = this.#replay;
    for (const index of this.#acts.slice(this.#next + 1)) {
      const mark = bindings.mark();
      const result = this.#matchAct(this.#record(index), act);
      bindings.undo(mark);
      if (result?.ok === true) {
        const skipped = this.#acts.indexOf(index) - this.#next;
        return [`it would match ${placeOf(transcript, index)}, ${skipped} act${skipped === 1 ? '' : 's'} further on`];
      }
    }
    return [];
  }

  /** What keeps a record from happening. Optional predecessors hold back a delivery, but not an observed fact. */
  #missing(index: number, withSoft: boolean): { record: number | null; symbol: string | null }[] {
    const needs = this.#replay.needs[index];
    if (needs === undefined) return [];
    const before = withSoft ? [...needs.hard, ...needs.soft] : needs.hard;
    return [
      ...before.filter((i) => !this.#replay.isDone(i)).map((record) => ({ record, symbol: null })),
      ...needs.symbols
        .filter((symbol) => this.#replay.bindings.get(symbol) === undefined)
        .map((symbol) => ({ record: null, symbol })),
    ];
  }

  #missingNotes(index: number): string[] {
    return this.#missing(index, false)
      .slice(0, 5)
      .map(({ record, symbol }) =>
        record === null
          ? `${symbol} was not seen yet`
          : `${describe(this.#record(record))} (${placeOf(this.#replay.transcript, record)}) has not happened yet`,
      );
  }

  #fail(
    kind: MismatchKind,
    act: string,
    index: number | null,
    got: Json,
    result: MatchResult | null,
    notes: readonly string[],
  ): Verdict {
    const transcript = this.#replay.transcript;
    this.#failed = {
      kind,
      lane: this.name,
      act,
      place: index === null ? pastTheEnd(transcript) : placeOf(transcript, index),
      expected: index === null ? null : this.#record(index),
      got,
      ...(result === null ? { differences: [], more: 0 } : differencesOf(result)),
      notes,
    };
    return { ok: false, mismatch: this.#failed };
  }
}

type Line = { readonly body: Json } | { readonly raw: string };

function parseLine(line: string, redact: (value: Json) => Json): Line {
  let body: Json;
  try {
    body = JSON.parse(line) as Json;
  } catch {
    return { raw: String(redact(line)) };
  }
  return { body: redact(body) };
}

/** A JSON line compares as JSON, any other as text; the two never match. */
function matchLine(record: FrameRecord, line: Line, bindings: Bindings): MatchResult {
  if (record.body !== undefined && 'body' in line) return matchJson(record.body, line.body, bindings);
  if (record.body === undefined && 'raw' in line) return matchJson(record.raw ?? '', line.raw, bindings);
  return {
    ok: false,
    differences: [{ path: '$', expected: record.body ?? record.raw ?? '', got: showLine(line) }],
    more: 0,
  };
}

const showLine = (line: Line): Json => ('body' in line ? line.body : line.raw);

function spawnOf(spawn: SpawnAct | SpawnRecord, like: SpawnAct | SpawnRecord = spawn): Json {
  const env = Object.keys(like.env ?? {}).map((name) => [name, spawn.env?.[name] ?? null] as const);
  return {
    file: spawn.file.slice(spawn.file.lastIndexOf('/') + 1),
    args: [...spawn.args],
    ...(like.cwd === undefined ? {} : { cwd: spawn.cwd ?? null }),
    env: Object.fromEntries(env),
  };
}

function showAct(act: Act): Json {
  if (act.type === 'line') return showLine(act.line);
  if (act.type === 'spawn') return { spawn: act.spawn.file, args: [...act.spawn.args] };
  return act.type === 'eof'
    ? 'eof (stdin closed)'
    : `signal ${act.signal} to the ${act.scope ?? 'process or its group'}`;
}

function weight(result: MatchResult): number {
  return result.ok ? 0 : result.differences.length + result.more;
}
