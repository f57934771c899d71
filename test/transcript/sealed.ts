import { expect } from 'vitest';
import type { Json, LaneRecord } from '../../src/transcript/format.ts';
import type { SealOptions } from '../../src/transcript/seal.ts';
import { seal } from '../../src/transcript/seal.ts';
import { selfReplay } from '../../src/transcript/self-replay.ts';
import { codexOptions, type Recording } from './recording.ts';

/** The sealed file, which can be replayed. */
export const sealed = (recording: Recording, options: SealOptions = codexOptions): string => {
  const { text, transcript } = seal(recording.raw, options);
  expect(selfReplay(transcript)).toBeNull();
  return text;
};
export const recordsOf = (text: string): LaneRecord[] =>
  text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line) as LaneRecord);
/** A record in one or two words. */
export const short = (record: LaneRecord): string => {
  if (record.type !== 'frame') return record.type;
  const body = record.body as
    | { method?: string; id?: Json; type?: string; subtype?: string; params?: { threadId?: string } }
    | undefined;
  const name =
    body?.method ?? body?.subtype ?? body?.type ?? (body?.id === undefined ? record.raw : `=${String(body.id)}`);
  return `${record.dir === 'send' ? '>' : ''}${name}`;
};
export const shorts = (text: string): string[] => recordsOf(text).map(short);
export const bodies = (text: string): Json[] =>
  recordsOf(text).flatMap((record) => (record.type === 'frame' && record.body !== undefined ? [record.body] : []));
