/** What must have happened before each record of a transcript: the rules 1 to 4 of `format.ts`. */
import type { FrameRecord, LaneRecord, Transcript } from './format.ts';
import { isClientAct } from './format.ts';
import { eachTemplate } from './json.ts';
import { KINDS, parseTemplate } from './symbols.ts';

export interface Needs {
  /** Indices of records that must have happened. */
  readonly hard: readonly number[];
  /** Indices of optional records that may happen before this one and not after it. */
  readonly soft: readonly number[];
  /** Identity symbols that must be bound. */
  readonly symbols: readonly string[];
}

export interface OrderProblem {
  /** Index of the record. */
  readonly index: number;
  readonly rule: 'duplicate-id' | 'unknown-after' | 'later-after' | 'split-group' | 'spawn-first' | 'after-exit';
  readonly message: string;
}

/** Problems that make the order of a transcript meaningless; empty for a sound one. */
export function checkOrder(records: readonly LaneRecord[]): OrderProblem[] {
  const problems: OrderProblem[] = [];
  const ids = new Map<string, number>();
  const lanes = new Map<string, { spawned: boolean; exited: boolean; lastGroup: string | null; closed: Set<string> }>();
  for (const record of records) if (record.id !== undefined && !ids.has(record.id)) ids.set(record.id, -1);
  records.forEach((record, index) => {
    const report = (rule: OrderProblem['rule'], message: string): void => {
      problems.push({ index, rule, message });
    };
    for (const id of record.after ?? []) {
      const at = ids.get(id);
      if (at === undefined) report('unknown-after', `"after" names "${id}", but no record has that id`);
      else if (at < 0) report('later-after', `"after" names "${id}", which does not come earlier in the file`);
    }
    if (record.id !== undefined) {
      if ((ids.get(record.id) ?? -1) >= 0) report('duplicate-id', `the id "${record.id}" is already taken`);
      else ids.set(record.id, index);
    }
    if (record.lane.includes('/') || record.type === 'exec') return;
    const lane = lanes.get(record.lane) ?? { spawned: false, exited: false, lastGroup: null, closed: new Set() };
    lanes.set(record.lane, lane);
    if (record.type === 'spawn' && lane.spawned) report('spawn-first', `lane ${record.lane} is spawned twice`);
    if (record.type !== 'spawn' && !lane.spawned) report('spawn-first', `lane ${record.lane} has no spawn record yet`);
    if (lane.exited && !isClientAct(record)) {
      report('after-exit', `lane ${record.lane} has exited and cannot write any more`);
    }
    if (record.type === 'spawn') lane.spawned = true;
    if (record.type === 'exit') lane.exited = true;
    const group = record.type === 'frame' && record.dir !== 'send' ? `${record.dir} ${record.unordered ?? ''}` : null;
    if (group === null || (record.type === 'frame' && record.floats === true)) return;
    if (group !== lane.lastGroup) {
      if (lane.closed.has(group)) {
        report(
          'split-group',
          `the unordered group "${group.slice(group.indexOf(' ') + 1)}" has other frames in its midst`,
        );
      }
      if (lane.lastGroup?.endsWith(' ') === false) lane.closed.add(lane.lastGroup);
      lane.lastGroup = group;
    }
  });
  return problems;
}

/** Needs of every record. Call {@link checkOrder} first: an unsound transcript gives nonsense. */
export function orderOf(records: readonly LaneRecord[]): Needs[] {
  const ids = new Map<string, number>();
  records.forEach((record, i) => {
    if (record.id !== undefined) ids.set(record.id, i);
  });
  const hard: Set<number>[] = records.map(() => new Set());
  const soft: Set<number>[] = records.map(() => new Set());
  records.forEach((record, i) => {
    for (const id of record.after ?? []) {
      const at = ids.get(id);
      if (at !== undefined) hard[i]?.add(at);
    }
  });
  for (const lane of new Set(records.map((r) => r.lane))) chainLane(records, lane, hard, soft);
  const symbols = symbolNeeds(records);
  return records.map((_, i) => ({ hard: [...(hard[i] ?? [])], soft: [...(soft[i] ?? [])], symbols: symbols[i] ?? [] }));
}

type Sets = readonly Set<number>[];

function chainLane(records: readonly LaneRecord[], lane: string, hard: Sets, soft: Sets): void {
  const own = records.map((record, i) => ({ record, i })).filter(({ record }) => record.lane === lane);
  const spawn = own.find(({ record }) => record.type === 'spawn');
  let act: number | null = null;
  for (const { record, i } of own) {
    if (!isClientAct(record)) {
      if (spawn !== undefined) hard[i]?.add(spawn.i);
      continue;
    }
    if (act !== null) hard[i]?.add(act);
    act = i;
  }
  const isOut = (record: LaneRecord): boolean =>
    (record.type === 'frame' && record.dir === 'recv') || record.type === 'broken' || record.type === 'http';
  chainBlocks(
    own.filter(({ record }) => isOut(record)),
    hard,
    soft,
  );
  chainBlocks(
    own.filter(({ record }) => record.type === 'frame' && record.dir === 'err'),
    hard,
    soft,
  );
  const exit = own.find(({ record }) => record.type === 'exit');
  if (exit === undefined) return;
  for (const { record, i } of own) {
    if (record.type === 'exit' || isClientAct(record)) continue;
    (record.type === 'frame' && record.optional === true ? soft : hard)[exit.i]?.add(i);
  }
}

interface Member {
  readonly record: LaneRecord;
  readonly i: number;
}

const asFrame = (record: LaneRecord): Partial<FrameRecord> => (record.type === 'frame' ? record : {});

/** Chains blocks (single frames or unordered groups): every member of a block needs all of the block before. */
function chainBlocks(members: readonly Member[], hard: Sets, soft: Sets): void {
  let before: { hard: number[]; soft: number[] } = { hard: [], soft: [] };
  let block: Member[] = [];
  const close = (): void => {
    if (block.length === 0) return;
    const strands = new Map<string, number>();
    for (const { record, i } of block) {
      for (const j of before.hard) hard[i]?.add(j);
      for (const j of before.soft) soft[i]?.add(j);
      const strand = asFrame(record).strand;
      if (strand === undefined) continue;
      const last = strands.get(strand);
      if (last !== undefined) hard[i]?.add(last);
      strands.set(strand, i);
    }
    const firm = block.filter(({ record }) => asFrame(record).optional !== true).map(({ i }) => i);
    const loose = block.filter(({ record }) => asFrame(record).optional === true).map(({ i }) => i);
    // A block that may be missing altogether does not release its successor from what came before it.
    before = firm.length > 0 ? { hard: firm, soft: loose } : { hard: before.hard, soft: [...before.soft, ...loose] };
    block = [];
  };
  for (const member of members) {
    const frame = asFrame(member.record);
    if (frame.floats === true) continue;
    const last = block[0];
    if (last !== undefined && (frame.unordered === undefined || asFrame(last.record).unordered !== frame.unordered))
      close();
    block.push(member);
  }
  close();
}

/** For each record: symbols it mentions that the file names first on the other side or in another lane. */
function symbolNeeds(records: readonly LaneRecord[]): string[][] {
  const named = new Map<string, { lane: string; client: boolean }>();
  return records.map((record) => {
    const needs: string[] = [];
    if (record.type !== 'frame') return needs;
    const client = isClientAct(record);
    for (const symbol of identitiesOf(record)) {
      const by = named.get(symbol);
      if (by === undefined) named.set(symbol, { lane: record.lane, client });
      else if (by.lane !== record.lane || by.client !== client) needs.push(symbol);
    }
    return needs;
  });
}

/** The identity symbols that a frame mentions, each once, in order of appearance. */
export function identitiesOf(record: FrameRecord): string[] {
  const found = new Set<string>();
  const visit = (text: string): void => {
    for (const part of parseTemplate(text)) {
      if ('symbol' in part && KINDS[part.kind]?.role === 'identity') found.add(part.symbol);
    }
  };
  if (record.raw !== undefined) visit(record.raw);
  if (record.body !== undefined) eachTemplate(record.body, visit);
  return [...found];
}

/** `file:line` of a record, for messages. */
export function placeOf(transcript: Transcript, index: number): string {
  return `${transcript.fileName}:${transcript.lines[index] ?? 0}`;
}

/** Where a lane has no further record, for messages. What is missing may be what a cut file lost. */
export function pastTheEnd({ fileName, cut }: Transcript): string {
  return `${fileName}, after its last record of this lane${cut ? '; the file is cut within its last line' : ''}`;
}
