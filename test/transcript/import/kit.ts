import { expect } from 'vitest';
import type { Json, LaneRecord } from '../../../src/transcript/format.ts';
import { type ImportOptions, type ImportResult, importTranscript } from '../../../src/transcript/import/import.ts';
import { selfReplay } from '../../../src/transcript/self-replay.ts';

export type Success = Extract<ImportResult, { ok: true }>;

export const imported = (text: string | Uint8Array, options: Partial<ImportOptions> = {}): ImportResult =>
  importTranscript(typeof text === 'string' ? Buffer.from(text) : text, 'foreign.log', {
    scenario: 'sample',
    recorder: 'test',
    redaction: {},
    ...options,
  });

/** What was imported; the linter has nothing to say, and the file can be replayed against itself. */
export function good(text: string | Uint8Array, options: Partial<ImportOptions> = {}): Success {
  const result = imported(text, options);
  if (!result.ok) throw new Error(`${result.reason}: ${JSON.stringify(result.losses)}`);
  expect(result.findings).toEqual([]);
  expect(selfReplay(result.transcript)).toBeNull();
  return result;
}

export const ndjson = (...records: readonly Json[]): string => records.map((r) => `${JSON.stringify(r)}\n`).join('');
export const out = (frame: Json): Json => ({ type: 'expect_outbound', frame });
export const back = (frame: Json, more: object = {}): Json => ({ type: 'emit_inbound', frame, ...more });
export const end = (status = 'success'): Json => ({ type: 'runtime_exit', status });

export const bodies = (records: readonly LaneRecord[]): Json[] =>
  records.flatMap((r) => (r.type === 'frame' ? [(r.body ?? r.raw) as Json] : []));
/** `> body` for what the client sends, `< body` for what it receives, `! raw` for stderr, else the type. */
export const talk = (records: readonly LaneRecord[]): string[] =>
  records.map((r) => {
    if (r.type !== 'frame') return r.type;
    return `${{ send: '>', recv: '<', err: '!' }[r.dir]} ${JSON.stringify(r.body ?? r.raw)}`;
  });
export const lossesOf = (result: ImportResult): string[] =>
  result.losses.map(({ line, what, why }) => `${line ?? '-'} ${what}: ${why}`);
