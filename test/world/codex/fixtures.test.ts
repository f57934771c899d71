import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fixtures } from '../../../scenarios/recordings/codex.ts';
import { checkModel, UnfaithfulError } from '../../../src/cli/fixtures/check-model.ts';
import { CODEX_COMMAND, CODEX_MACHINE, castCodex } from '../../../src/cli/fixtures/codex-model.ts';
import { loadTranscript } from '../../../src/cli/fixtures/load.ts';
import { replayFixture } from '../../../src/cli/fixtures/replay-fixture.ts';
import { DEFAULT_CLIPS } from '../../../src/world/codex/clips.ts';
import { modelHandlers } from '../../../src/world/model/index.ts';
import { handlerSource } from '../../../src/world/model/source.ts';

it('has a recording for each codex fixture, and a fixture for each recording', () => {
  const files = readdirSync(new URL('../../../transcripts/codex', import.meta.url));
  expect(files.sort()).toEqual(fixtures.map(({ name }) => `${name}.ndjson`).sort());
});

describe('strict replay through the adapter', () => {
  it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))('%s', (_name, fixture) =>
    replayFixture(fixture, loadTranscript(fixture), CODEX_COMMAND),
  );
});

describe('the model says what the real app-server said', () => {
  it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))('%s', (_name, fixture) =>
    checkModel(fixture, loadTranscript(fixture), castCodex(fixture), CODEX_MACHINE),
  );
});

describe('the model asks request handlers over HTTP and gets the same answers', () => {
  it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))('%s', async (_name, fixture) => {
    const failures: unknown[] = [];
    const source = handlerSource(modelHandlers(fixture.script), (error) => failures.push(error));
    await checkModel(fixture, loadTranscript(fixture), castCodex(fixture, source), CODEX_MACHINE);
    expect(failures).toEqual([]);
  });
});

describe('the proof itself', () => {
  const simple = fixtures.find(({ name }) => name === 'simple')!;
  const transcript = loadTranscript(simple);

  it('notices a frame that the real app-server did not send', async () => {
    const records = transcript.records.map((record) =>
      record.type === 'frame'
        ? (JSON.parse(JSON.stringify(record).replace('scripted model', 'real model')) as typeof record)
        : record,
    );
    const edited = { ...transcript, records };
    await expect(checkModel(simple, edited, castCodex(simple), CODEX_MACHINE)).rejects.toThrow(
      /recv line: differs from the transcript[\s\S]*simple\.ndjson:\d+/,
    );
  });

  it('notices a frame that the model leaves out', async () => {
    const at = transcript.records.findIndex((record) => JSON.stringify(record).includes('"thread/tokenUsage/updated"'));
    const twice = [...transcript.records.slice(0, at + 1), ...transcript.records.slice(at)];
    const edited = { ...transcript, records: twice, lines: twice.map((_, index) => index + 2) };
    await expect(checkModel(simple, edited, castCodex(simple), CODEX_MACHINE)).rejects.toThrow(UnfaithfulError);
  });

  it('notices that the client acts otherwise than recorded', async () => {
    const other = fixtures.find(({ name }) => name === 'multi_turn')!;
    await expect(replayFixture(other, transcript, CODEX_COMMAND)).rejects.toThrow(/turn\/start/);
  });

  it('has seen each clip in a recording', () => {
    const seen = fixtures.map((fixture) => JSON.stringify(loadTranscript(fixture).records)).join('\n');
    for (const { command } of DEFAULT_CLIPS.commands) expect(seen).toContain(JSON.stringify(command).slice(1, -1));
    for (const { diff } of DEFAULT_CLIPS.patches) expect(seen).toContain(JSON.stringify(diff).slice(1, -1));
  });
});
