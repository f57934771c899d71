/** Whatever is imported: an answer, and never a transcript that cannot be read or published. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/transcript/format.ts';
import { IMPORT_FORMATS } from '../../../src/transcript/import/import.ts';
import { packageRoot } from '../../../src/transcript/package-root.ts';
import { readTranscript } from '../../../src/transcript/read.ts';
import { selfReplay } from '../../../src/transcript/self-replay.ts';
import { UnredactedSecretError } from '../../../src/transcript/write.ts';
import { bodies, good, imported, lossesOf, ndjson } from './kit.ts';

const original = readFileSync(join(packageRoot(), 'transcripts', 'codex', 'simple.ndjson'));
const word = fc.constantFrom(
  '<any>',
  '<workspace>',
  '<rpc:1>',
  '<lt>',
  '<home>',
  '$any',
  '__proto__',
  'id',
  'x',
  '/home/jane/a',
);
const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);
const frame = fc.oneof(
  fc.record({ id: fc.oneof(word, fc.nat({ max: 3 })), method: word, params: json }),
  fc.record({ id: fc.nat({ max: 3 }), result: json }),
  fc.record({ kind: fc.constantFrom('request', 'response', 'notification', 'x'), method: word, params: json }),
  fc.record({
    type: fc.constantFrom(
      'query.open',
      'prompt.offer',
      'permission.request',
      'permission.response',
      'result',
      'assistant',
      'user',
    ),
    options: json,
    message: json,
    result: json,
  }),
  fc.dictionary(word, fc.oneof(word, json)),
  json,
);
const stamp = fc.constantFrom({}, { timestamp: '2026-11-21T13:56:42.732Z' }, { timestamp: 'never', afterMs: 5 });
const record = fc.oneof(
  fc
    .tuple(fc.constantFrom('transcript_start', 'expect_outbound', 'emit_inbound', 'runtime_exit'), frame, stamp)
    .map(([type, body, more]) => ({ type, frame: body, status: 'success', ...more })),
  fc.tuple(fc.constantFrom('user', 'assistant', 'summary'), json, stamp).map(([role, content, more]) => ({
    type: role,
    sessionId: 's',
    message: { role, content },
    ...more,
  })),
);
const line = fc.oneof(
  record.map((value) => JSON.stringify(value)),
  fc
    .tuple(fc.constantFrom('STDIN: ', '[10:00:00] STDOUT: ', 'STDERR: ', ''), frame)
    .map(([mark, value]) => mark + JSON.stringify(value)),
  fc.constantFrom('', '}', '{', '\u2028', `${'['.repeat(500)}`),
  fc.string(),
);
const file = fc.oneof(
  fc.array(line, { maxLength: 12 }).map((lines) => Buffer.from(lines.join('\n'))),
  fc
    .tuple(fc.array(line, { maxLength: 6 }), fc.uint8Array({ maxLength: 9 }))
    .map(([lines, bytes]) => Buffer.concat([Buffer.from(lines.join('\r\n')), bytes])),
  fc.nat({ max: original.length }).map((end) => original.subarray(0, end)),
);

describe('an import', () => {
  it('of anything, as anything, ends in a transcript that can be read and replayed, or in a reason', () => {
    let success = 0;
    fc.assert(
      fc.property(file, fc.constantFrom(undefined, ...IMPORT_FORMATS), (bytes, format) => {
        const result = imported(bytes, format === undefined ? {} : { format });
        for (const { line: at, what, why } of result.losses) {
          expect(at === null || at > 0).toBe(true);
          expect(`${what}: ${why}`).toMatch(/^[^\n]{5,400}$/);
        }
        if (!result.ok) {
          expect(result.reason).not.toBe('');
          return;
        }
        success++;
        const read = readTranscript(result.text, 'sample.ndjson');
        expect(read.ok && read.transcript.records).toEqual(result.transcript.records);
        if (format !== 'transcript' && result.format !== 'transcript') {
          expect(result.findings.filter(({ rule }) => rule !== 'never-captured' && rule !== 'unknown-symbol')).toEqual(
            [],
          );
          expect(selfReplay(result.transcript)).toBeNull();
        }
      }),
      { numRuns: 500 },
    );
    expect(success).toBeGreaterThan(100);
  }, 60_000);

  it('of a damaged transcript keeps what stands before the damage', () => {
    const lines = original.toString().split('\n');
    const result = good(
      [...lines.slice(0, 6), '{"type":"frame",', ...lines.slice(6)].join('\n').replace('"simple"', '"sample"'),
      {
        format: 'transcript',
      },
    );
    // An end is assumed.
    expect(result.transcript.records).toHaveLength(6);
    expect(lossesOf(result)).toEqual([
      '7 this line and all after it: column 17: not JSON: unexpected the end of the line',
      '- how the process of lane codex:1 ended: that is lost: exit code 0 is assumed',
    ]);
  });

  it('of a transcript with a credential is refused', () => {
    const text = original
      .toString()
      .replace('"method":"initialized"', '"method":"initialized","x":"ghp_abcdefghijklmnopqrstuvwx"');
    expect(text).not.toBe(original.toString());
    expect(() => imported(text)).toThrow(UnredactedSecretError);
  });

  it('of long lines respects the cap', () => {
    const text = ndjson(
      { type: 'expect_outbound', frame: { method: 'x'.repeat(300) } },
      { type: 'emit_inbound', frame: { method: 'y' } },
    );
    const result = good(text, { maxLine: 200 });
    expect(bodies(result.transcript.records)).toEqual([{ method: 'y' }]);
    expect(lossesOf(result)[0]).toMatch(/^1 the line: it has \d+ bytes, more than 200$/);
  });
});
