/** From a raw log to a transcript: order, symbols, redaction, elision, header; then everything is checked before a byte is handed out. */
import type { Event, Placed } from './causality.ts';
import { arrange } from './causality.ts';
import { elide } from './elide.ts';
import type { HeaderRecord, HttpRecord, Json, LaneRecord, Transcript } from './format.ts';
import { FORMAT, processOf } from './format.ts';
import { eachTemplate } from './json.ts';
import type { Places } from './normalise.ts';
import { Normaliser, rawLeaf } from './normalise.ts';
import type { Profile, Span } from './profile.ts';
import type { RawRecord } from './raw.ts';
import { formatTranscriptError, readTranscript } from './read.ts';
import type { Redactor } from './redact.ts';
import { countRedactions } from './redact.ts';
import { redactStreams, secretsInStreams } from './streams.ts';
import { serialiseTranscript, UnredactedSecretError } from './write.ts';

export interface SealOptions {
  readonly profile: Profile;
  readonly scenario: string;
  readonly providerVersion: string;
  readonly schemaDigest?: string | null;
  /** `process.platform-process.arch` of the recording machine. */
  readonly platform: string;
  readonly recorder: string;
  /** Day (UTC) of the recording, for fixtures that expire. */
  readonly recorded?: string;
  readonly places?: Places;
  readonly redactor: Redactor;
  /** Stretches without order beyond those that the profile knows, for one lane's received bodies. */
  readonly unordered?: (lane: string, received: readonly Json[]) => Span[];
}

export interface Sealed {
  /** The file. */
  readonly text: string;
  readonly transcript: Transcript;
}

/**
 * Makes the transcript of a recording. Equal recordings (in the sense of `format.ts`) give equal texts, apart from `t`.
 * Throws an {@link UnredactedSecretError} when a credential is left, and an Error when the log makes no sense (a lane that was never
 * spawned, causes in a circle).
 */
export function seal(log: readonly RawRecord[], given: SealOptions): Sealed {
  // An HTTP exchange is logged when it is over, and belongs where it began.
  const raw = log.filter((record) => record.k !== 'about').sort((a, b) => a.t - b.t);
  const options = { ...given, redactor: given.redactor.knowingAccounts(raw.map(bodyOf)) };
  const events = eventsOf(raw, options);
  const order = arrange(events, withSpans(options));
  // Numbered by the order of the file: where that is the order in which all was seen, the numbers are right already.
  const asSeen = order.every(({ event }, i) => event === events[i]);
  const records = finalRecords(order, asSeen, options);
  const header: HeaderRecord = {
    type: 'header',
    format: FORMAT,
    provider: options.profile.provider,
    protocol: options.profile.protocol,
    providerVersion: options.providerVersion,
    scenario: options.scenario,
    schemaDigest: options.schemaDigest ?? null,
    platform: options.platform,
    recorder: options.recorder,
    ...(options.recorded === undefined ? {} : { recorded: options.recorded }),
    redactions: countRedactions(records.flatMap(textsOf)),
  };
  refuseSecrets(header, records, options);
  const text = serialiseTranscript([header, ...records]);
  const read = readTranscript(text, `${options.scenario}.ndjson`, { maxLine: Number.POSITIVE_INFINITY });
  if (!read.ok) throw new Error(`the sealed transcript cannot be read: ${formatTranscriptError(read.errors[0])}`);
  return { text, transcript: read.transcript };
}

type RawEvent = Exclude<RawRecord, { k: 'about' }>;

/** What may name an account under a telling key. */
function bodyOf(raw: RawEvent): Json {
  if (raw.k === 'http') return { ...raw } as unknown as Json;
  const content = raw.k === 'line' ? lineContent(raw.text, raw.cut === true, raw.dir) : null;
  return content !== null && 'body' in content ? content.body : null;
}

function withSpans(options: SealOptions): Profile {
  const { profile, unordered } = options;
  if (unordered === undefined) return profile;
  return {
    ...profile,
    unordered: (received, lane) => [...unordered(lane, received), ...profile.unordered(received, lane)],
  };
}

/** Events as seen, with the shape that each has without what differs from run to run. */
function eventsOf(raw: readonly RawEvent[], options: SealOptions): Event[] {
  const spawned = new Map<string, number>();
  const received = new Map<string, Event[]>();
  const because = new Map<string, Event[]>();
  const normaliser = new Normaliser(options.profile, processesOf(raw), options.places);
  const records = raw.map((record) => (record.k === 'because' ? null : recordOf(record, spawned)));
  for (const record of records) if (record !== null) learn(normaliser, record);
  return raw.flatMap((entry, i) => {
    const record = records[i] ?? null;
    if (entry.k === 'because') {
      const cause = received.get(entry.cause.lane)?.[entry.cause.line - 1];
      if (cause === undefined) {
        throw new Error(
          `lane ${entry.lane} acted because of line ${entry.cause.line} of ${entry.cause.lane}, which was not seen before`,
        );
      }
      because.set(entry.lane, [...(because.get(entry.lane) ?? []), cause]);
    }
    if (record === null) return [];
    const acts = record.type === 'spawn' || record.type === 'eof' || record.type === 'signal' || isSend(record);
    const event: Event = {
      record,
      shape: normalised(record, normaliser, options),
      because: acts ? (because.get(record.lane) ?? []) : [],
    };
    if (acts) because.delete(record.lane);
    if (record.type === 'frame' && record.dir === 'recv') {
      const seen = received.get(record.lane);
      if (seen === undefined) received.set(record.lane, [event]);
      else seen.push(event);
    }
    return [event];
  });
}

const isSend = (record: LaneRecord): boolean => record.type === 'frame' && record.dir === 'send';

const processesOf = (raw: readonly RawEvent[]): string[] => [...new Set(raw.map(({ lane }) => processOf(lane)))];

/** The record of the format, with the values of the wire. `spawned` collects when each process began. */
function recordOf(raw: Exclude<RawEvent, { k: 'because' }>, spawned: Map<string, number>): LaneRecord {
  const { lane } = raw;
  if (raw.k === 'spawn') spawned.set(lane, raw.t);
  const start = spawned.get(processOf(lane));
  if (start === undefined) throw new Error(`lane ${lane} has a ${raw.k} record before its spawn`);
  const at = (t: number): number => Math.max(0, Math.round(t - start));
  const placed = { lane, t: at(raw.t) };
  switch (raw.k) {
    case 'spawn': {
      const file = raw.file.slice(raw.file.lastIndexOf('/') + 1);
      const { args, cwd, env, notStarted } = raw;
      return {
        type: 'spawn',
        ...placed,
        file,
        args,
        ...(cwd === undefined ? {} : { cwd }),
        env,
        ...(notStarted === undefined ? {} : { notStarted }),
      };
    }
    case 'line':
      return { type: 'frame', ...placed, dir: raw.dir, ...lineContent(raw.text, raw.cut === true, raw.dir) };
    case 'eof':
      return { type: 'eof', ...placed };
    case 'signal':
      return { type: 'signal', ...placed, signal: raw.signal, scope: raw.scope };
    case 'broken':
      return { type: 'broken', ...placed, stream: raw.stream, errno: raw.errno };
    case 'exit':
      return { type: 'exit', ...placed, code: raw.code, signal: raw.signal };
    case 'http': {
      const { request, response } = raw;
      const chunks = response?.chunks.map((chunk) => ({ t: at(chunk.t), text: chunk.text })) ?? [];
      return { type: 'http', ...placed, request, response: response === null ? null : { ...response, chunks } };
    }
  }
}

function lineContent(text: string, cut: boolean, dir: string): { body: Json } | { raw: string; cut?: true } {
  if (cut) return { raw: text, cut: true };
  if (dir !== 'err') {
    try {
      return { body: JSON.parse(text) as Json };
    } catch {
      // Not JSON: kept as it is.
    }
  }
  return { raw: text };
}

function learn(normaliser: Normaliser, record: LaneRecord): void {
  const process = processOf(record.lane);
  if (record.type === 'frame' && record.body !== undefined) normaliser.learn(process, record.dir, record.body);
  if (record.type === 'http') normaliser.learn(process, 'http', record.request.body);
}

/** The record with symbols, redacted and elided. */
function normalised(record: LaneRecord, normaliser: Normaliser, options: SealOptions): LaneRecord {
  const { profile, redactor } = options;
  const process = processOf(record.lane);
  const clean = (text: string, key = ''): string => redactor.text(normaliser.text(rawLeaf('err'), text), key);
  const cleanMap = (map: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(map).map(([key, value]) => [key, clean(value, key)]));
  if (record.type === 'spawn') {
    const cwd = record.cwd === undefined ? {} : { cwd: clean(record.cwd) };
    return {
      ...record,
      file: clean(record.file),
      args: redactor.args(record.args).map((arg) => clean(arg)),
      ...cwd,
      env: cleanMap(record.env),
    };
  }
  if (record.type === 'frame') {
    if (record.body === undefined)
      return { ...record, raw: redactor.text(normaliser.text(rawLeaf(record.dir), record.raw ?? '')) };
    return {
      ...record,
      body: elide(profile, record.dir, redactor.json(normaliser.body(process, record.dir, record.body))),
    };
  }
  if (record.type !== 'http') return record;
  const headers = (all: Readonly<Record<string, string>>): Record<string, string> =>
    cleanMap(Object.fromEntries(Object.entries(all).filter(([name]) => profile.headers.has(name.toLowerCase()))));
  const request = {
    ...record.request,
    path: clean(record.request.path),
    headers: headers(record.request.headers),
    body: elide(profile, 'http', redactor.json(normaliser.body(process, 'http', record.request.body))),
  };
  if (record.response === null) return { ...record, request };
  const chunks = record.response.chunks.map((chunk) => ({ t: chunk.t, text: clean(chunk.text) }));
  return { ...record, request, response: { ...record.response, headers: headers(record.response.headers), chunks } };
}

/** Bodies with symbols numbered in file order, and the ids and edges of the order. */
function finalRecords(order: readonly Placed[], asSeen: boolean, options: SealOptions): LaneRecord[] {
  const seen = order.map(({ event }) => event.record);
  const records = redactStreams(seen, options.redactor);
  const known = asSeen && records.every((record, i) => record === seen[i]);
  const normaliser = new Normaliser(
    options.profile,
    [...new Set(order.map(({ lane }) => processOf(lane)))],
    options.places,
  );
  if (!known) for (const record of records) learn(normaliser, record);
  const named = new Map<Placed, string>();
  const counts = { s: 0, r: 0 };
  const needed = new Set(order.flatMap((p) => [...p.explicit]));
  for (const p of order) {
    if (!needed.has(p)) continue;
    const prefix = p.client ? 's' : 'r';
    named.set(p, `${prefix}${++counts[prefix]}`);
  }
  return records.map((record, i) => {
    const p = order[i] as Placed;
    const id = named.get(p);
    const after = [...p.explicit].flatMap((q) => named.get(q) ?? []).sort();
    return {
      ...(known ? p.event.shape : normalised(record, normaliser, options)),
      ...(id === undefined ? {} : { id }),
      ...(after.length === 0 ? {} : { after }),
      ...(p.unordered === undefined ? {} : { unordered: p.unordered }),
      ...(p.strand === undefined ? {} : { strand: p.strand }),
      ...(p.floats === undefined ? {} : { floats: p.floats }),
    } as LaneRecord;
  });
}

/** Every text of a record in which a redaction may stand. */
export function textsOf(record: LaneRecord): string[] {
  const texts: string[] = [];
  const add = (value: Json): void => eachTemplate(value, (text) => texts.push(text));
  if (record.type === 'frame') add(record.body ?? record.raw ?? null);
  if (record.type === 'spawn') add([record.file, ...record.args, record.cwd ?? '', ...Object.values(record.env)]);
  if (record.type === 'http') add(httpTexts(record));
  if (record.type === 'exec') add([record.file, ...record.args, record.cwd ?? '', record.stdout, record.stderr]);
  return texts;
}

function httpTexts({ request, response }: HttpRecord): Json {
  const chunks = response?.chunks.map(({ text }) => text) ?? [];
  return [request.path, { ...request.headers }, request.body, { ...response?.headers }, chunks];
}

function refuseSecrets(
  header: HeaderRecord,
  records: readonly LaneRecord[],
  { redactor, scenario }: SealOptions,
): void {
  const kinds = [header, ...records].flatMap((record) => redactor.secretsInJson(record as unknown as Json));
  kinds.push(...secretsInStreams(records, redactor));
  if (kinds.length > 0) throw new UnredactedSecretError(`the recording of ${redactor.text(scenario)}`, kinds);
}
