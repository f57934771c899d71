/** What a provider did otherwise than was recorded, when the client and the model said the same. */
import type { FrameRecord, HttpRecord, Json, LaneRecord, Provider, Transcript } from '../../transcript/format.ts';
import { isObject } from '../../transcript/json.ts';
import { type Aligned, align } from './align.ts';
import type { Change, Observation, Use } from './finding.ts';
import { Labels, threadOf } from './labels.ts';
import type { Reads } from './reads.ts';
import { modelOf } from './recorded-model.ts';
import { diffValues, excerpt, SymbolPairs } from './value-diff.ts';

export interface Compared {
  readonly provider: Provider;
  readonly recorded: Transcript;
  readonly observed: Transcript;
  /** Why the client could not go on, or null. What was recorded after that is not missed. */
  readonly stopped: string | null;
  readonly reads: Reads;
  /** Kinds of frames that stand in any recording. */
  readonly known: ReadonlySet<string>;
}

/** Every difference; the same one may occur several times. */
export function conversationDrift(compared: Compared): Observation[] {
  const { recorded, observed, stopped } = compared;
  const pairs = new SymbolPairs();
  const found = lanesOf(recorded).flatMap((lane) => {
    const one = new Lane(compared, lane, pairs);
    return [...one.frames(), ...one.requests(), ...one.stderr(), ...one.exit()];
  });
  const started = lanesOf(observed).length;
  if (stopped !== null || started < lanesOf(recorded).length) {
    found.push(
      processFinding(recorded, 'conversation-stopped', null, excerptLong(stopped ?? 'a process was not started')),
    );
  }
  return found;
}

/** Kinds of received frames of a transcript. */
export function kindsOf(transcript: Transcript, provider: Provider): string[] {
  return lanesOf(transcript).flatMap((lane) => namedFrames(transcript, lane, provider).map(({ label }) => label));
}

interface Named {
  readonly label: string;
  /** Empty for a frame that is about none. */
  readonly thread: string;
  readonly key: string;
  readonly record: FrameRecord;
}

class Lane {
  readonly #compared: Compared;
  readonly #lane: string;
  readonly #pairs: SymbolPairs;

  constructor(compared: Compared, lane: string, pairs: SymbolPairs) {
    this.#compared = compared;
    this.#lane = lane;
    this.#pairs = pairs;
  }

  frames(): Observation[] {
    const { recorded, observed, provider, stopped } = this.#compared;
    const was = namedFrames(recorded, this.#lane, provider);
    const now = namedFrames(observed, this.#lane, provider);
    const aligned = strands(was).flatMap((strand) => {
      const of = (all: readonly Named[]): Named[] => all.filter(({ thread }) => strand === null || strand === thread);
      return untilStop(
        align(of(was), of(now), ({ key }) => key),
        stopped,
      );
    });
    const gone = aligned.flatMap((one) => (one.kind === 'was' ? [one.was] : []));
    const fresh = aligned.flatMap((one) => (one.kind === 'now' ? [one.now] : []));
    const found: Observation[] = [];
    for (const frame of gone) {
      const elsewhere = fresh.findIndex((other) => other.key === frame.key);
      if (elsewhere >= 0) {
        const [other] = fresh.splice(elsewhere, 1);
        found.push(this.#frame('frame-moved', frame), ...this.#values(frame, other!));
      } else if (frame.record.optional !== true) found.push(this.#frame('frame-removed', frame));
    }
    for (const frame of fresh) found.push(this.#frame(this.#freshness(frame), frame));
    for (const one of aligned) if (one.kind === 'both') found.push(...this.#values(one.was, one.now));
    return found;
  }

  /** What the provider asked its model. */
  requests(): Observation[] {
    const { recorded, observed, stopped } = this.#compared;
    const name = ({ request }: HttpRecord): string => `${request.method} ${request.path.replace(/\?.*/, '')}`;
    const of = ({ records }: Transcript): HttpRecord[] =>
      records.filter((record) => record.type === 'http' && record.lane === `${this.#lane}/http`) as HttpRecord[];
    const aligned = untilStop(
      align(of(recorded), of(observed), (one) => `${name(one)} ${JSON.stringify(modelOf(one.request.body))}`),
      stopped,
    );
    return aligned.flatMap((one) => {
      if (one.kind === 'was') return this.#note('frame-removed', 'model', name(one.was), '', null, null);
      if (one.kind === 'now') return this.#note('frame-added', 'model', name(one.now), '', null, null);
      const parts = ({ request, response }: HttpRecord): Json => ({
        path: request.path,
        headers: request.headers,
        body: request.body,
        end: response?.end ?? null,
      });
      return diffValues(parts(one.was), parts(one.now), '$', this.#pairs).flatMap(({ change, path, was, now }) =>
        this.#note(change, 'model', name(one.was), path, was, now),
      );
    });
  }

  stderr(): Observation[] {
    const { recorded, observed, stopped } = this.#compared;
    const of = ({ records }: Transcript): string[] =>
      records.flatMap((record) => (isErr(record) && record.lane === this.#lane ? [String(record.raw)] : [])).sort();
    const aligned = stopped === null ? align(of(recorded), of(observed), (line) => line) : [];
    const lines = (kind: 'was' | 'now'): number => aligned.filter((one) => one.kind === kind).length;
    if (lines('was') + lines('now') === 0) return [];
    return this.#note(
      'stderr-changed',
      'recorded',
      'process',
      '',
      `${lines('was')} lines gone`,
      `${lines('now')} lines new`,
    );
  }

  exit(): Observation[] {
    const { recorded, observed, stopped } = this.#compared;
    const of = ({ records }: Transcript): string | null => {
      const exit = records.find((record) => record.type === 'exit' && record.lane === this.#lane);
      return exit?.type === 'exit' ? (exit.signal ?? `code ${exit.code}`) : null;
    };
    const [was, now] = [of(recorded), of(observed)];
    if (was === now || stopped !== null) return [];
    return this.#note('exit-changed', 'read', 'process', '', was, now);
  }

  #freshness({ label, record }: Named): Change {
    if (label.startsWith('error to ')) return 'request-refused';
    if (this.#compared.known.has(label)) return 'frame-added';
    return isRequest(record.body ?? null) ? 'request-new' : 'frame-new';
  }

  #frame(change: Change, { label }: Named): Observation {
    const use: Use = this.#compared.reads.uses(label) ? 'read' : 'recorded';
    return this.#note(change, use, label, '', null, null)[0]!;
  }

  #values(was: Named, now: Named): Observation[] {
    if (was.record.body === undefined || now.record.body === undefined) {
      return was.record.raw === now.record.raw ? [] : this.#note('text-changed', 'recorded', was.label, '', null, null);
    }
    return diffValues(was.record.body, now.record.body, '$', this.#pairs).flatMap((one) => {
      const use: Use = this.#compared.reads.has(was.label, one.path) ? 'read' : 'recorded';
      return this.#note(one.change, use, was.label, one.path, one.was, one.now);
    });
  }

  #note(change: Change, use: Use, frame: string, path: string, was: string | null, now: string | null): Observation[] {
    const recording = this.#compared.recorded.header.scenario;
    return [{ source: 'conversation', change, use, frame, path, was, now, recording }];
  }
}

/** What a conversation that was stopped had no time for is not missed: all that is missing after the last that both have. */
function untilStop<Item>(aligned: readonly Aligned<Item>[], stopped: string | null): readonly Aligned<Item>[] {
  if (stopped === null) return aligned;
  const last = aligned.findLastIndex(({ kind }) => kind === 'both');
  return aligned.filter(({ kind }, i) => i <= last || kind === 'now');
}

function namedFrames({ records }: Transcript, lane: string, provider: Provider): Named[] {
  const labels = new Labels(provider);
  return records.flatMap((record) => {
    if (record.lane !== lane || record.type !== 'frame' || record.dir === 'err') return [];
    const label = record.body === undefined ? '(not JSON)' : labels.of(record.dir, record.body);
    if (record.dir === 'send') return [];
    // Symbols count threads in the order in which the client starts them: both recordings call them the same.
    const thread = String(threadOf(record.body ?? null) ?? '');
    return [{ label, thread, key: `${label} ${thread}`, record }];
  });
}

/** Threads that are at work side by side have no common order (facts/codex-wire.md 6.3); null: all frames have one. */
function strands(frames: readonly Named[]): (string | null)[] {
  const threads = new Set(frames.map(({ thread }) => thread).filter((thread) => thread !== ''));
  return threads.size > 1 ? ['', ...threads] : [null];
}

const lanesOf = ({ records }: Transcript): string[] =>
  records.filter(({ type }) => type === 'spawn').map(({ lane }) => lane);

const isErr = (record: LaneRecord): record is FrameRecord => record.type === 'frame' && record.dir === 'err';

/** The provider waits for an answer. */
function isRequest(body: Json): boolean {
  return isObject(body) && ((body.method !== undefined && body.id !== undefined) || body.type === 'control_request');
}

function processFinding({ header }: Transcript, change: Change, was: string | null, now: string | null): Observation {
  return {
    source: 'conversation',
    change,
    use: 'read',
    frame: 'process',
    path: '',
    was,
    now,
    recording: header.scenario,
  };
}

const excerptLong = (text: string): string => (text.length <= 200 ? text : excerpt(text));
