import { Readable } from 'node:stream';
import fc from 'fast-check';
import ndjson from 'ndjson';
import { describe, expect, it } from 'vitest';
import type { TranscriptRecord } from '../../src/transcript/format.ts';
import { jsonErrorAt } from '../../src/transcript/json-error.ts';
import { LineSplitter } from '../../src/transcript/lines.ts';
import { formatTranscriptError, readTranscript } from '../../src/transcript/read.ts';
import type { StreamItem } from '../../src/transcript/read-stream.ts';
import { readTranscriptStream } from '../../src/transcript/read-stream.ts';
import { header, records, recv, spawn, text } from './samples.ts';

const HEADER = JSON.stringify(header);
const read = (input: string | Uint8Array, options = {}) => readTranscript(input, 'f.ndjson', options);
const errorsOf = (input: string | Uint8Array, options = {}): string[] => {
  const result = read(input, options);
  return result.ok ? [] : result.errors.map(formatTranscriptError);
};
/** Cuts bytes where `cuts` says, so that lines and characters straddle chunks. */
const chunked = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...at, bytes.length].map((end, i) => bytes.subarray(i === 0 ? 0 : at[i - 1], end));
};
const stream = async (input: Buffer, cuts: readonly number[] = [], options = {}): Promise<StreamItem[]> => {
  const items: StreamItem[] = [];
  for await (const item of readTranscriptStream(Readable.from(chunked(input, cuts)), 'f.ndjson', options))
    items.push(item);
  return items;
};
/** Bytes that are nearly transcripts. */
const nearly = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        HEADER,
        JSON.stringify(spawn),
        '\n',
        '\r\n',
        '\uFEFF',
        'null',
        '{',
        '}',
        '"',
        '[[[',
        ',',
        '{"type":"frame"}',
        '\u2028',
      ),
      fc.string(),
    ),
  )
  .map((parts) => Buffer.from(parts.join('')));
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  nearly,
  fc.tuple(nearly, fc.uint8Array({ maxLength: 4 })).map(([a, b]) => Buffer.concat([a, b])),
);

describe('readTranscript', () => {
  it('gives a transcript or errors for any bytes', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const result = read(bytes);
        if (result.ok) return;
        for (const error of result.errors) {
          expect(error.line).toBeGreaterThan(0);
          expect(error.column).toBeGreaterThan(0);
          expect(error.message).not.toBe('');
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('reads what is written, with the line of each record', () => {
    const result = read(`\uFEFF${text().replaceAll('\n', '\r\n\r\n')}`);
    expect(result.ok && result.transcript.records).toEqual(JSON.parse(JSON.stringify(records)));
    expect(result.ok && result.transcript.lines.slice(0, 3)).toEqual([3, 5, 7]);
    expect(result.ok && result.transcript.cut).toBe(false);
  });

  it('agrees with the ndjson package on valid input', async () => {
    const body = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)));
    await fc.assert(
      fc.asyncProperty(fc.array(body, { maxLength: 8 }), fc.array(fc.nat()), async (bodies, cuts) => {
        const all = [header, ...bodies.map((value) => recv({ $literal: value }))] as TranscriptRecord[];
        const bytes = Buffer.from(all.map((record) => `${JSON.stringify(record)}\n`).join(''));
        const oracle: unknown[] = [];
        for await (const row of Readable.from([bytes]).pipe(ndjson.parse())) oracle.push(row);
        const result = read(bytes);
        expect(result.ok && [result.transcript.header, ...result.transcript.records]).toEqual(oracle);
        const items = await stream(bytes, cuts);
        expect(items.map((item) => (item.kind === 'record' ? item.record : item))).toEqual(oracle);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves out a last line that is cut, wherever it is cut', () => {
    const bytes = Buffer.from(text([spawn, recv({ text: 'grüße 🎉' })]));
    const whole = bytes.lastIndexOf(10, bytes.length - 2) + 1;
    for (let end = whole + 1; end < bytes.length - 1; end++) {
      const result = read(bytes.subarray(0, end));
      expect(result.ok && [result.transcript.cut, result.transcript.records.length], `cut at ${end}`).toEqual([
        true,
        1,
      ]);
    }
    // Only the newline is missing: nothing is lost.
    const result = read(bytes.subarray(0, -1));
    expect(result.ok && [result.transcript.cut, result.transcript.records.length]).toEqual([false, 2]);
  });

  it('names line, column and byte', () => {
    const second = HEADER.length + 1;
    expect(errorsOf(`${HEADER}\n{"type":"frame",]\n`)).toEqual([
      `f.ndjson:2:17: not JSON: unexpected "]" (byte ${second + 16})`,
    ]);
    expect(errorsOf(`${HEADER}\n{"type":"exit"\n\n`)).toEqual([
      `f.ndjson:2:15: not JSON: unexpected the end of the line (byte ${second + 14})`,
    ]);
    expect(errorsOf(`${HEADER}\nnull\n`)).toEqual([`f.ndjson:2:1: a record is an object, not null (byte ${second})`]);
    expect(errorsOf(`${HEADER}\n{"type":"frma"}\n`)[0]).toContain(
      'f.ndjson:2:2: unknown record type "frma"; known: header',
    );
    expect(
      errorsOf(Buffer.concat([Buffer.from(`${HEADER}\n{"x":"ü`), Buffer.from([0xff]), Buffer.from('"}\n')])),
    ).toEqual([`f.ndjson:2:8: not UTF-8 (byte ${second + Buffer.byteLength('{"x":"ü')})`]);
  });

  it.each([
    ['{"type":"eof","lane":"codex:1"}', '"t" is missing in a eof record'],
    [
      '{"type":"eof","lane":"codex","t":0}',
      '"lane" must be a lane name such as "codex:1" or "claude:2/http", not "codex"',
    ],
    ['{"type":"eof","lane":"codex:1","t":0.5}', '"t" must be a whole number from 0 to 1000000000000, not 0.5'],
    ['{"type":"eof","lane":"codex:1","t":0,"extra":1}', '"extra" is not a key of a eof record'],
    ['{"type":"exit","lane":"codex:1","t":0,"code":null,"signal":null}', 'exactly one of "code" and "signal"'],
    ['{"type":"frame","lane":"codex:1","t":0,"dir":"recv"}', 'a frame has either "body" or "raw"'],
    [
      '{"type":"frame","lane":"codex:1","t":0,"dir":"send","floats":true,"body":1}',
      '"floats" is for what the provider writes',
    ],
    ['{"type":"frame","lane":"codex:1","t":0,"dir":"recv","strand":"a","body":1}', '"strand" needs "unordered"'],
    [
      '{"type":"frame","lane":"codex:1","t":0,"dir":"recv","body":{"$pattern":"("}}',
      '"$pattern" is no regular expression',
    ],
    ['{"type":"frame","lane":"codex:1","t":0,"dir":"recv","body":[{"$any":"int"}]}', '"$any" must be true or one of'],
    ['{"type":"frame","lane":"codex:1","t":0,"dir":"recv","body":{"$elided":{}}}', '"$elided" must have'],
    ['{"type":"frame","lane":"codex:1","t":0,"dir":"recv","body":{"a":1,"$more":1}}', '"$more" must be true'],
    [
      `{"type":"frame","lane":"codex:1","t":0,"dir":"recv","body":${'['.repeat(300)}${']'.repeat(300)}}`,
      'nested deeper than 200',
    ],
    [HEADER, 'a second header'],
    ['{"type":"toString"}', 'unknown record type "toString"'],
    ['{"type":"frame","lane":"codex:1","t":0,"dir":"recv","body":1,"toString":1}', '"toString" is not a key'],
  ])('refuses %s', (line, message) => {
    expect(errorsOf(`${HEADER}\n${line}\n`)[0]).toContain(message);
  });

  it('insists on a header of a format it knows', () => {
    expect(errorsOf('')).toEqual(['f.ndjson:1:1: no record (byte 0)']);
    expect(errorsOf('{"type":"hea')).toEqual(['f.ndjson:1:1: no record: the only line is cut (byte 0)']);
    expect(errorsOf(`${JSON.stringify(spawn)}\n`)).toEqual([
      'f.ndjson:1:1: the first record must be a header, not spawn (byte 0)',
    ]);
    expect(errorsOf(`${HEADER.replace('"format":1', '"format":2')}\n`)[0]).toContain('"format" must be 1');
    expect(errorsOf(`${HEADER.replace(',"redactions":{}', '')}\n`)[0]).toContain('"redactions" is missing');
  });

  it('lists several errors, and stops at some point', () => {
    expect(errorsOf(`${HEADER}\n{}\n[]\n`)).toHaveLength(2);
    expect(errorsOf(`${HEADER}\n${'{}\n'.repeat(1000)}`)).toHaveLength(20);
  });

  it('caps the length of lines', () => {
    const long = `${HEADER}\n${JSON.stringify(recv('x'.repeat(500)))}\n`;
    expect(errorsOf(long, { maxLine: 400 })[0]).toContain('f.ndjson:2:401: the line has');
    expect(errorsOf(long)).toEqual([]);
  });
});

describe('readTranscriptStream', () => {
  it('gives what the whole-file reader gives, for any bytes in any chunks', async () => {
    await fc.assert(
      fc.asyncProperty(anyBytes, fc.array(fc.nat()), async (bytes, cuts) => {
        const items = await stream(Buffer.from(bytes), cuts);
        const whole = read(bytes);
        const failed = items.find((item) => item.kind === 'error');
        if (whole.ok) {
          expect(items.filter((item) => item.kind === 'record').map(({ record }) => record)).toEqual([
            whole.transcript.header,
            ...whole.transcript.records,
          ]);
          expect(items.at(-1)?.kind === 'cut').toBe(whole.transcript.cut);
        } else if (failed !== undefined) {
          // The whole-file reader also looks for headers.
          const own = whole.errors.filter((error) => error.code !== 'header');
          expect({ ...failed.error, chunk: 0 }).toEqual(own[0]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('survives what ends the stream of the package: a bare null, and a malformed row', async () => {
    const after = `${HEADER}\nnull\n${JSON.stringify(spawn)}\n`;
    expect((await stream(Buffer.from(after))).at(-1)).toMatchObject({
      kind: 'error',
      error: { line: 2, code: 'record' },
    });
    const bad = `${HEADER}\n\n{"a":\n`;
    expect((await stream(Buffer.from(bad))).at(-1)).toMatchObject({
      kind: 'error',
      error: { line: 3, column: 6, code: 'json' },
    });
  });

  it('says that the source failed', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`${HEADER}\n`);
      throw new Error('EIO');
    }
    const items: StreamItem[] = [];
    for await (const item of readTranscriptStream(broken(), 'f')) items.push(item);
    expect(items.map(({ kind }) => kind)).toEqual(['record', 'error']);
    expect(items[1]).toMatchObject({ error: { code: 'io', line: 2, message: 'the stream failed: EIO' } });
  });

  it('caps the length of lines', async () => {
    const items = await stream(Buffer.from(`${HEADER}\n${'x'.repeat(600)}\n`), [], { maxLine: 500 });
    expect(items.at(-1)).toMatchObject({ kind: 'error', error: { line: 2, code: 'too-long' } });
  });
});

describe('LineSplitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'bc', '\n', 'ü')), fc.array(fc.nat()), (parts, cuts) => {
        const bytes = Buffer.from(parts.join(''));
        const splitter = new LineSplitter(100);
        const lines = chunked(bytes, cuts).flatMap((chunk) => splitter.push(chunk));
        const last = splitter.end();
        const texts = [...lines, ...(last === null ? [] : [last])].map((line) =>
          line.kind === 'line' ? line.bytes.toString() : '?',
        );
        const expected = bytes.toString().split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(texts).toEqual(expected);
      }),
    );
  });

  it('takes a line of many chunks in time that grows with its length only', () => {
    const chunk = Buffer.alloc(64 * 1024, 97);
    const splitter = new LineSplitter(64 * 1024 * 1024);
    for (let i = 0; i < 512; i++) expect(splitter.push(chunk)).toEqual([]);
    const [line] = splitter.push(Buffer.from('\n'));
    expect(line?.kind === 'line' && line.bytes.length).toBe(32 * 1024 * 1024);
  });

  it('drops a line over the cap and goes on with the next', () => {
    const splitter = new LineSplitter(4);
    expect(splitter.push(Buffer.from('12345\nok\n'))).toEqual([
      { kind: 'too-long', length: 5 },
      { kind: 'line', bytes: Buffer.from('ok') },
    ]);
  });
});

describe('jsonErrorAt', () => {
  const mangled = fc
    .tuple(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', '"', '}', ']', ',', ':', '0', 'e', '\\', '\u0001', ' ', 'x', '-', '.'),
    )
    .map(
      ([json, at, insert]) => json.slice(0, at % (json.length + 1)) + insert + json.slice((at + 1) % (json.length + 1)),
    );

  it('finds an error exactly when JSON.parse does', () => {
    fc.assert(
      fc.property(fc.oneof(mangled, fc.json(), fc.string()), (input) => {
        let valid = true;
        try {
          JSON.parse(input);
        } catch {
          valid = false;
        }
        expect(jsonErrorAt(input) === -1).toBe(valid);
      }),
      { numRuns: 3000 },
    );
  });

  it('points at the first character that cannot be there', () => {
    expect(jsonErrorAt('{"a":1,}')).toBe(7);
    expect(jsonErrorAt('[1 2]')).toBe(3);
    expect(jsonErrorAt('{"a"')).toBe(4);
    expect(jsonErrorAt('"\u0001"')).toBe(1);
    expect(jsonErrorAt(`${'['.repeat(100_000)}x`)).toBe(100_000);
  });
});
