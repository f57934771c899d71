import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { fixtures } from '../../../scenarios/recordings/claude.ts';
import { readTranscript } from '../../../src/transcript/read.ts';
import { reenact } from './reenact.ts';

const FOLDER = fileURLToPath(new URL('../../../transcripts/claude/', import.meta.url));

describe('the model of claude does what the real one did', () => {
  for (const file of readdirSync(FOLDER).sort()) {
    const name = file.replace('.ndjson', '');
    it(name, async () => {
      const read = readTranscript(readFileSync(FOLDER + file), file);
      if (!read.ok) throw new Error(JSON.stringify(read.errors));
      const { workspace = {} } = fixtures.find((fixture) => fixture.name === name) ?? {};
      await reenact(read.transcript, Object.keys(workspace));
    });
  }
});
