import type { HeaderRecord, Json, LaneRecord, Transcript } from '../../src/transcript/format.ts';
import { readTranscript } from '../../src/transcript/read.ts';
import { serialiseTranscript } from '../../src/transcript/write.ts';

export const header: HeaderRecord = {
  type: 'header',
  format: 1,
  provider: 'codex',
  protocol: 'codex.app-server',
  providerVersion: '0.0.1',
  scenario: 'sample',
  schemaDigest: null,
  platform: 'linux-x64',
  recorder: 'test',
  redactions: {},
};

export const lane = 'codex:1';
const placed = { lane, t: 0 };
type Extra = Partial<Record<'id' | 'unordered' | 'strand', string>> & {
  readonly after?: readonly string[];
  readonly floats?: true;
  readonly optional?: true;
};

export const spawn: LaneRecord = { type: 'spawn', ...placed, file: 'codex', args: ['app-server'], env: {} };
export const send = (body: Json, extra: Extra = {}): LaneRecord => ({
  type: 'frame',
  ...placed,
  dir: 'send',
  ...extra,
  body,
});
export const recv = (body: Json, extra: Extra = {}): LaneRecord => ({
  type: 'frame',
  ...placed,
  dir: 'recv',
  ...extra,
  body,
});
export const err = (raw: string, extra: Extra = {}): LaneRecord => ({
  type: 'frame',
  ...placed,
  dir: 'err',
  ...extra,
  raw,
});
export const eof = (extra: Extra = {}): LaneRecord => ({ type: 'eof', ...placed, ...extra });
export const exit = (extra: Extra = {}): LaneRecord => ({ type: 'exit', ...placed, ...extra, code: 0, signal: null });

/** One turn: request, answer that names the thread, turn, completion that lets the client close. */
export const records: readonly LaneRecord[] = [
  spawn,
  send({ id: '<rpc:1>', method: 'initialize', params: {} }),
  recv({ id: '<rpc:1>', result: { home: '<path:home>' } }, { id: 'r1' }),
  send({ method: 'initialized' }, { after: ['r1'] }),
  send({ id: '<rpc:2>', method: 'thread/start', params: { cwd: '<path:ws>' } }),
  recv({ id: '<rpc:2>', result: { thread: { id: '<thread:1>' } } }),
  send({ id: '<rpc:3>', method: 'turn/start', params: { threadId: '<thread:1>', input: 'hello' } }),
  recv({ id: '<rpc:3>', result: { turn: { id: '<turn:1>' } } }),
  recv({ method: 'turn/started', params: { threadId: '<thread:1>', turn: { id: '<turn:1>' } }, emittedAtMs: '<ms>' }),
  recv({ method: 'turn/completed', params: { threadId: '<thread:1>' }, emittedAtMs: '<ms>' }, { id: 'r2' }),
  eof({ id: 's1', after: ['r2'] }),
  exit({ after: ['s1'] }),
];

export const text = (all: readonly LaneRecord[] = records, head: HeaderRecord = header): string =>
  serialiseTranscript([head, ...all]);

/** A transcript as the reader gives it. */
export function transcript(all: readonly LaneRecord[] = records, head: HeaderRecord = header): Transcript {
  const read = readTranscript(text(all, head), `${head.scenario}.ndjson`);
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  return read.transcript;
}
