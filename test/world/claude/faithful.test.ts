import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fixtures } from '../../../scenarios/recordings/claude.ts';
import type { Fixture } from '../../../src/cli/fixtures/fixture.ts';
import { loadTranscript } from '../../../src/cli/fixtures/load.ts';
import type { LaneRecord, Transcript } from '../../../src/transcript/format.ts';
import { reenact } from './reenact.ts';

const FOLDER = fileURLToPath(new URL('../../../transcripts/claude/', import.meta.url));

const reenactFixture = (fixture: Fixture<unknown>, transcript = loadTranscript(fixture)) =>
  reenact(transcript, Object.keys(fixture.workspace ?? {}));

it('is held against every recording', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(fixtures.map(({ name }) => `${name}.ndjson`).sort());
});

describe('the model of claude does what the real one did', () => {
  it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))('%s', async (_name, fixture) => {
    await reenactFixture(fixture);
  });
});

describe('the proof itself', () => {
  const simple = fixtures.find(({ name }) => name === 'simple')!;
  const decline = fixtures.find(({ name }) => name === 'approval_decline')!;

  const edited = (transcript: Transcript, edit: (record: LaneRecord) => LaneRecord[]): Transcript => {
    const records = transcript.records.flatMap(edit);
    return { ...transcript, records, lines: records.map((_, index) => index + 2) };
  };
  const isRecv = (record: LaneRecord, word: string) =>
    record.type === 'frame' && record.dir === 'recv' && JSON.stringify(record.body).includes(word);
  const replaced = (record: LaneRecord, from: string, to: string): LaneRecord =>
    JSON.parse(JSON.stringify(record).replaceAll(from, to));

  it('notices a value that the real CLI did not write', async () => {
    const other = edited(loadTranscript(simple), (record) => [replaced(record, '"num_turns":1', '"num_turns":2')]);
    await expect(reenactFixture(simple, other)).rejects.toThrow(/num_turns[\s\S]*expected 2[\s\S]*got +1/);
  });

  it('notices a frame that the model leaves out', async () => {
    const twice = edited(loadTranscript(simple), (record) => (isRecv(record, '"init"') ? [record, record] : [record]));
    await expect(reenactFixture(simple, twice)).rejects.toThrow(/differs from the transcript|did not happen/);
  });

  it('notices a frame that the real CLI did not write', async () => {
    const less = edited(loadTranscript(simple), (record) => (isRecv(record, '"requesting"') ? [] : [record]));
    await expect(reenactFixture(simple, less)).rejects.toThrow(/differs from the transcript/);
  });

  it('notices that the model is told another result of a tool', async () => {
    const other = edited(loadTranscript(decline), (record) =>
      record.type === 'http' ? [replaced(record, 'The user declined this', 'The user agreed')] : [record],
    );
    await expect(reenactFixture(decline, other)).rejects.toThrow(/the request differs/);
  });
});
