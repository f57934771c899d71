/** Damaged transcripts: whatever happens to the bytes, reading gives a transcript or errors, and keeps what was good before. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { packageRoot } from '../../src/transcript/package-root.ts';
import { type ReadResult, readTranscript } from '../../src/transcript/read.ts';
import { collectTranscript } from '../../src/transcript/read-stream.ts';
import { MAX_DEPTH } from '../../src/transcript/validate.ts';

const folder = join(packageRoot(), 'transcripts');
/** Real conversations; the longest ones only make the search slow. */
const originals = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ndjson'))
  .sort()
  .map((name) => readFileSync(join(folder, name)))
  .filter((bytes) => bytes.length < 16_000);

const nested = (open: string, close: string, levels: number): Buffer =>
  Buffer.from(
    `\n{"type":"frame","lane":"codex:1","dir":"recv","t":0,"body":${open.repeat(levels)}1${close.repeat(levels)}}\n`,
  );
/** What gets into files: by accident, by editors, and by people who want to see what happens. */
const intruders: readonly Buffer[] = [
  [
    '\uFEFF',
    '\r\n',
    '\r',
    '\u2028',
    '\u2029',
    '\u0000',
    '\n\n',
    'null\n',
    '\n{}\n',
    '\n[]\n',
    '\n"x"\n',
    '\\',
    '"',
    '\ud800',
  ],
  '\n{"type":"frame","type":"exit","lane":"codex:1","lane":"x","t":0}\n',
  '\n{"__proto__":{"type":"eof"},"lane":"codex:1","t":0}\n',
  '\n{"type":"eof","lane":"codex:1","t":0,"__proto__":null}\n',
  '\n{"type":"constructor","lane":"codex:1","t":0}\n',
  '\n{"type":"eof","lane":"codex:1","t":1e999}\n',
  '\n{"type":"eof","lane":"codex:1","t":9007199254740993}\n',
  '\n{"type":"eof","lane":"codex:1","t":-0}\n',
  '\n{"type":"exit","lane":"codex:1","t":0,"code":1e400,"signal":null}\n',
  '\n{"type":"frame","lane":"codex:1","dir":"recv","t":0,"body":{"$pattern":"(((((("}}\n',
  '\n{"type":"frame","lane":"codex:1","dir":"recv","t":0,"body":{"$elided":{"sha256":1}}}\n',
  '\n{"type":"header","format":1}\n',
]
  .flat()
  .map((text): Buffer => Buffer.from(text))
  .concat(
    Buffer.from([0xff]),
    Buffer.from([0xc3]),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from([0xf4, 0x90, 0x80, 0x80]),
    nested('[', ']', 150),
    nested('{"a":', '}', 5_000),
    nested('[', ']', 100_000),
    Buffer.from(`\n${'['.repeat(200_000)}`),
    Buffer.from(`\n{"type":"frame","lane":"codex:1","dir":"err","t":0,"raw":"${'x'.repeat(200_000)}\n`),
  );

type Damage = (bytes: Buffer) => Buffer;
const at = fc.nat({ max: 20_000 });
const insert = (bytes: Buffer, place: number, what: Uint8Array): Buffer => {
  const i = place % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, i), what, bytes.subarray(i)]);
};
const lineOf = (bytes: Buffer, n: number): [number, number] => {
  let [from, to] = [0, bytes.indexOf(10) + 1];
  for (let i = 0; i < n && to > 0 && bytes.indexOf(10, to) >= 0; i++) [from, to] = [to, bytes.indexOf(10, to) + 1];
  return [from, to];
};
const damage: fc.Arbitrary<Damage> = fc.oneof(
  at.map(
    (place): Damage =>
      (bytes) =>
        bytes.subarray(0, place % (bytes.length + 1)),
  ),
  fc.tuple(at, fc.nat({ max: 255 })).map(
    ([place, mask]): Damage =>
      (bytes) => {
        const flipped = Buffer.from(bytes);
        if (flipped.length > 0) flipped[place % flipped.length] = (flipped[place % flipped.length] as number) ^ mask;
        return flipped;
      },
  ),
  fc.tuple(at, fc.nat({ max: 60 })).map(
    ([place, length]): Damage =>
      (bytes) =>
        Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + length)]),
  ),
  fc.tuple(at, fc.constantFrom(...intruders)).map(
    ([place, what]): Damage =>
      (bytes) =>
        insert(bytes, place, what),
  ),
  fc.tuple(at, fc.uint8Array({ maxLength: 6 })).map(
    ([place, what]): Damage =>
      (bytes) =>
        insert(bytes, place, what),
  ),
  fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 40 })).map(
    ([from, to]): Damage =>
      (bytes) => {
        const line = bytes.subarray(...lineOf(bytes, from));
        return insert(bytes, lineOf(bytes, to)[0], line);
      },
  ),
  fc.constant<Damage>((bytes) => Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')),
  fc.constant<Damage>((bytes) => Buffer.from(bytes.toString('utf8'), 'utf16le')),
);
const damaged = fc
  .tuple(fc.constantFrom(...originals), fc.array(damage, { minLength: 1, maxLength: 3 }))
  .map(([original, damages]) => ({
    original,
    bytes: damages.reduce<Buffer>((bytes, change) => change(bytes), original),
  }));

/** Whole lines that two inputs begin with alike. */
function sharedLines(a: Buffer, b: Buffer): number {
  let lines = 0;
  for (let i = 0; i < Math.min(a.length, b.length) && a[i] === b[i]; i++) if (a[i] === 10) lines++;
  return lines;
}

function wellFormed(result: ReadResult, bytes: Buffer): void {
  if (result.ok) return;
  expect(result.errors.length).toBeGreaterThan(0);
  for (const error of result.errors) {
    expect(error.line).toBeGreaterThan(0);
    expect(error.column).toBeGreaterThan(0);
    expect(error.offset).toBeGreaterThanOrEqual(0);
    expect(error.offset).toBeLessThanOrEqual(bytes.length);
    expect(error.message).toMatch(/^[^\n]{1,300}$/);
    // The byte is in the line that is named.
    expect(bytes.subarray(0, error.offset).filter((byte) => byte === 10).length).toBe(error.line - 1);
  }
}

describe('a damaged transcript', () => {
  it('gives a transcript or errors, in whole and in pieces, and keeps what stood before the damage', async () => {
    await fc.assert(
      fc.asyncProperty(damaged, fc.integer({ min: 1, max: 9_000 }), async ({ original, bytes }, size) => {
        const whole = readTranscript(bytes, 'f');
        wellFormed(whole, bytes);
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        const streamed = await collectTranscript(Readable.from(pieces), 'f');
        expect(streamed.ok).toBe(whole.ok);
        if (streamed.ok && whole.ok) expect(streamed).toEqual(whole);
        // Records that both have; the header is not counted.
        const good = sharedLines(original, bytes) - 1;
        for (const result of [whole, streamed]) {
          const kept = result.ok ? result.transcript : result.before;
          if (!result.ok && result.errors[0].code === 'header') continue;
          if (good >= 0) expect(kept?.records.length ?? -1).toBeGreaterThanOrEqual(good);
          const then = readTranscript(original, 'f');
          if (good > 0 && then.ok) expect(kept?.records.slice(0, good)).toEqual(then.transcript.records.slice(0, good));
        }
        if (!streamed.ok && !whole.ok && whole.errors[0].code !== 'header') {
          expect({ ...streamed.errors[0], chunk: 0 }).toEqual(whole.errors[0]);
          const { chunk, offset } = streamed.errors[0];
          expect(chunk).toBeGreaterThanOrEqual(Math.min(Math.floor(offset / size), pieces.length - 1));
        }
      }),
      { numRuns: 400 },
    );
  }, 60_000);

  it.each([
    ['a long text with an error behind it', `"${'x'.repeat(24_000_000)}"x`, 'json'],
    ['a long text that does not end', `"${'x'.repeat(24_000_000)}`, 'json'],
    ['a long number', `${'1'.repeat(24_000_000)}x`, 'json'],
    ['many spaces', `${' '.repeat(24_000_000)}x`, 'json'],
    ['arrays in arrays', '['.repeat(24_000_000), 'record'],
    ['objects in objects', '{"":'.repeat(6_000_000), 'record'],
    ['brackets in a text', JSON.stringify('['.repeat(24_000_000)), 'record'],
    ['signs for lost characters', JSON.stringify('\uFFFD'.repeat(8_000_000)), 'record'],
  ])('is refused without running out of stack: %s', (_case, line, code) => {
    const result = readTranscript(Buffer.from(`${line}\n`), 'f');
    expect(result).toMatchObject({ ok: false, errors: [{ line: 1, code }] });
  });

  it(`may be ${MAX_DEPTH} levels deep and no deeper`, () => {
    const header = originals[0]?.subarray(0, (originals[0]?.indexOf(10) ?? 0) + 1) as Buffer;
    const read = (levels: number): ReadResult => readTranscript(Buffer.concat([header, nested('[', ']', levels)]), 'f');
    // The record itself is a level.
    expect(read(MAX_DEPTH - 1).ok).toBe(true);
    expect(read(MAX_DEPTH)).toMatchObject({ ok: false, errors: [{ code: 'record', line: 3 }] });
  });
});

describe('the cost of reading', () => {
  it('is linear: each byte of a stream is copied a few times and parsed once, however it is cut', async () => {
    const header = originals[0]?.subarray(0, (originals[0]?.indexOf(10) ?? 0) + 1) as Buffer;
    const frame = { type: 'frame', lane: 'codex:1', dir: 'recv', t: 0, body: 'x'.repeat(300_000) };
    const bytes = Buffer.concat([header, Buffer.from(`${JSON.stringify(frame)}\n`)]);
    for (const size of [1, 7, 1_000, 65_536]) {
      let copied = 0;
      let parsed = 0;
      const copy = Buffer.prototype.copy;
      const parse = JSON.parse;
      vi.spyOn(Buffer.prototype, 'copy').mockImplementation(function (this: Buffer, ...args) {
        const moved = copy.apply(this, args);
        copied += moved;
        return moved;
      });
      vi.spyOn(JSON, 'parse').mockImplementation((text, reviver) => {
        parsed += text.length;
        return parse(text, reviver);
      });
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      try {
        expect((await collectTranscript(Readable.from(pieces), 'f')).ok).toBe(true);
      } finally {
        vi.restoreAllMocks();
      }
      expect(copied, `bytes copied in pieces of ${size}`).toBeLessThanOrEqual(4 * bytes.length);
      expect(parsed, `characters parsed in pieces of ${size}`).toBeLessThanOrEqual(bytes.length);
    }
  });
});
