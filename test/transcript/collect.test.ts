import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/transcript/package-root.ts';
import { readTranscript } from '../../src/transcript/read.ts';
import { collectTranscript } from '../../src/transcript/read-stream.ts';

const folder = join(packageRoot(), 'transcripts', 'claude');

describe('a transcript collected from a stream', () => {
  it.each(readdirSync(folder))('is what reading the file at once gives: %s', async (name) => {
    const path = join(folder, name);
    const collected = await collectTranscript(createReadStream(path, { highWaterMark: 1_000 }), name);
    expect(collected).toEqual(readTranscript(readFileSync(path), name));
  });

  it.each<[string, string, string]>([
    ['nothing', '', 'empty'],
    ['no header', '{"type":"eof","lane":"codex:1","t":1}\n', 'header'],
    ['no JSON', '{\n{}\n', 'json'],
  ])('is refused as the file would be: %s', async (_case, text, code) => {
    const collected = await collectTranscript(Readable.from([Buffer.from(text)]), 'x');
    const read = readTranscript(text, 'x');
    expect(collected).toMatchObject({ ok: false, errors: [{ code, line: 1 }] });
    expect(!collected.ok && !read.ok && collected.errors[0]).toEqual(!read.ok && read.errors[0]);
  });
});
