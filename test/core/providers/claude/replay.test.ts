import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fixtures } from '../../../../scenarios/recordings/claude.ts';
import { replayFixture } from '../../../../src/cli/fixtures/replay-fixture.ts';
import type { Transcript } from '../../../../src/transcript/format.ts';
import { readTranscript } from '../../../../src/transcript/read.ts';

const FOLDER = fileURLToPath(new URL('../../../../transcripts/claude/', import.meta.url));

function transcriptOf(name: string): Transcript {
  const read = readTranscript(readFileSync(`${FOLDER}${name}.ndjson`), `${name}.ndjson`);
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  return read.transcript;
}

const command = (retries = 0) => ({
  file: 'claude',
  args: ['--model=claude-sonnet-4-5', '--permission-mode=default'],
  env: { HOME: '/home/dev', CLAUDE_CODE_MAX_RETRIES: String(retries) },
});

describe('strict replay of the claude recordings through the adapter', () => {
  for (const fixture of fixtures) {
    it(fixture.name, () => replayFixture(fixture, transcriptOf(fixture.name), command(fixture.settings?.retries)));
  }

  it('has a drive script for every recording', () => {
    const names = readdirSync(FOLDER).map((file) => file.replace('.ndjson', ''));
    expect(names.sort()).toEqual(fixtures.map(({ name }) => name).sort());
  });
});
