/** Finds the records of transcripts that the faults of an overlay strike. */
import type { FrameRecord, Json, LaneRecord, Transcript } from './format.ts';
import { isObject } from './json.ts';
import { placeOf } from './order.ts';
import type { Fault, FaultPlace, Overlay } from './overlay.ts';
import { describe } from './verdict.ts';

/** A fault that knows where it strikes. */
export interface PlannedFault {
  /** Position in the file of faults. */
  readonly number: number;
  readonly fault: Fault;
  /** Position of the transcript among those that are played. */
  readonly transcript: number;
  readonly lane: string;
  /** Index of the record; null: at the start of the lane's process. */
  readonly index: number | null;
  /** For people: file, line and name of the frame. */
  readonly place: string;
  /** A number in [0, 1) each time; depends on the seed and `number` alone. */
  readonly random: () => number;
}

export type Plan =
  | { readonly ok: true; readonly faults: readonly PlannedFault[] }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Resolves every fault, or says which ones can never strike, and what there is instead. */
export function planFaults(overlay: Overlay, transcripts: readonly Transcript[]): Plan {
  const faults: PlannedFault[] = [];
  const problems: string[] = [];
  overlay.faults.forEach((fault, number) => {
    const random = seeded(overlay.seed, number);
    const found = find(fault, number, transcripts, random);
    if (typeof found === 'string') problems.push(`faults[${number}].at: ${found}`);
    else faults.push(found);
  });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, faults };
}

function find(
  fault: Fault,
  number: number,
  transcripts: readonly Transcript[],
  random: () => number,
): PlannedFault | string {
  const { at } = fault;
  const known = transcripts.map(({ header }) => header.scenario);
  const wanted = transcripts.flatMap((transcript, i) =>
    at.scenario === undefined || transcript.header.scenario === at.scenario ? [{ transcript, i }] : [],
  );
  if (wanted.length === 0) return `no scenario is called '${at.scenario}'; there are: ${known.join(', ')}`;
  for (const { transcript, i } of wanted) {
    const lanes = lanesOf(transcript).filter((lane) => at.lane === undefined || lane === at.lane);
    for (const lane of lanes) {
      const index = indexIn(transcript, lane, fault, random);
      if (index === undefined) continue;
      const place = index === null ? `${transcript.fileName}: start of ${lane}` : whereIs(transcript, index);
      return { number, fault, transcript: i, lane, index, place, random };
    }
  }
  return nowhere(
    at,
    fault,
    wanted.map(({ transcript }) => transcript),
  );
}

const lanesOf = ({ records }: Transcript): string[] => [
  ...new Set(records.flatMap((record) => (record.type === 'spawn' ? [record.lane] : []))),
];

function whereIs(transcript: Transcript, index: number): string {
  return `${placeOf(transcript, index)}: ${describe(transcript.records[index] as LaneRecord)}`;
}

/** Undefined when the lane has no such place. */
function indexIn(transcript: Transcript, lane: string, fault: Fault, random: () => number): number | null | undefined {
  const { at } = fault;
  if (at.start === true) return null;
  const names = frameNames(transcript);
  const targets = transcript.records.flatMap((record, index) =>
    record.lane === lane && canStrike(record, fault, names.get(index)) ? [index] : [],
  );
  if (at.any === true) return targets[Math.floor(random() * targets.length)];
  if (at.line !== undefined) return targets.find((index) => transcript.lines[index] === at.line);
  return targets.filter((index) => names.get(index) === at.frame)[(at.nth ?? 1) - 1];
}

function canStrike(record: LaneRecord, { kind }: Fault, name: string | undefined): boolean {
  if (record.type !== 'frame' || record.dir !== 'recv') return false;
  if (kind === 'wrong-id') return name?.startsWith('answer ') === true;
  return record.cut !== true && (record.body !== undefined || !(kind === 'line-separator' || kind === 'long-line'));
}

function nowhere(at: FaultPlace, fault: Fault, transcripts: readonly Transcript[]): string {
  const files = transcripts.map(({ fileName }) => fileName).join(', ');
  if (at.line !== undefined) return `line ${at.line} of ${files} holds no frame that ${fault.kind} can strike`;
  if (at.frame === undefined) return `${files}: nothing that ${fault.kind} can strike${inLane(at)}`;
  const names = new Map<string, number>();
  for (const transcript of transcripts) {
    const all = frameNames(transcript);
    for (const [index, name] of all) {
      const record = transcript.records[index] as LaneRecord;
      if (canStrike(record, fault, name)) names.set(name, (names.get(name) ?? 0) + 1);
    }
  }
  const nth = at.nth === undefined ? '' : ` number ${at.nth}`;
  const list = [...names].map(([name, times]) => (times === 1 ? name : `${name} (${times})`));
  return `${files}: no frame '${at.frame}'${nth}${inLane(at)} that ${fault.kind} can strike; there are: ${list.join(', ')}`;
}

const inLane = ({ lane }: FaultPlace): string => (lane === undefined ? '' : ` in lane ${lane}`);

/** Names of what the provider writes, by index: a method, `type/subtype`, or `answer` and the name of the request. */
export function frameNames({ records }: Transcript): Map<number, string> {
  const requests = new Map<string, string>();
  const names = new Map<number, string>();
  records.forEach((record, index) => {
    if (record.type !== 'frame') return;
    const { body } = record;
    if (record.dir === 'send') {
      const request = requestOf(body);
      if (request !== null) requests.set(`${record.lane} ${request.id}`, request.name);
    } else if (record.dir === 'recv') names.set(index, nameOf(record, requests));
  });
  return names;
}

function nameOf({ lane, body, raw }: FrameRecord, requests: ReadonlyMap<string, string>): string {
  if (!isObject(body)) return raw === undefined ? 'value' : 'raw';
  const id = idOf(body);
  if (id !== null) return `answer ${requests.get(`${lane} ${id}`) ?? 'unknown'}`;
  if (typeof body.method === 'string') return body.method;
  if (typeof body.type !== 'string') return 'object';
  const { subtype } = isObject(body.request) ? body.request : body;
  return typeof subtype === 'string' ? `${body.type}/${subtype}` : body.type;
}

function requestOf(body: Json | undefined): { readonly id: string; readonly name: string } | null {
  if (!isObject(body)) return null;
  if (typeof body.method === 'string' && body.id !== undefined)
    return { id: JSON.stringify(body.id), name: body.method };
  if (body.type !== 'control_request' || !isObject(body.request)) return null;
  return { id: JSON.stringify(body.request_id ?? null), name: String(body.request.subtype) };
}

/** The id of the request that a frame answers, as JSON text, or null when it is no answer. */
function idOf(body: { readonly [key: string]: Json }): string | null {
  if (body.type === 'control_response' && isObject(body.response))
    return JSON.stringify(body.response.request_id ?? null);
  return body.method === undefined && body.id !== undefined ? JSON.stringify(body.id) : null;
}

/** Mulberry32 over seed and number: the same everywhere. */
function seeded(seed: number, number: number): () => number {
  let state = (seed ^ Math.imul(number + 1, 0x9e3779b1)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
