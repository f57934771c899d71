import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, Transcript } from '../../src/transcript/format.ts';
import { FAULTS, type Fault, readOverlay } from '../../src/transcript/overlay.ts';
import { splitBytes, withLength, withSeparator, withWrongId } from '../../src/transcript/overlay-bytes.ts';
import { frameNames, planFaults } from '../../src/transcript/overlay-plan.ts';
import { packageRoot } from '../../src/transcript/package-root.ts';
import { readTranscript } from '../../src/transcript/read.ts';

function load(name: string): Transcript {
  const read = readTranscript(readFileSync(join(packageRoot(), 'transcripts', `${name}.ndjson`)), `${name}.ndjson`);
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  return read.transcript;
}
const codex = load('codex/simple');
const claude = load('claude/approval_accept');
const plan = (faults: readonly Fault[], seed = 1) => planFaults({ format: 1, seed, faults }, [codex, claude]);
const problems = (value: Json): readonly string[] => {
  const read = readOverlay(value);
  return read.ok ? [] : read.problems;
};
const one = (fault: Json) => problems({ format: 1, seed: 1, faults: [fault] });

describe('a file of faults', () => {
  it('is accepted with every kind', () => {
    const at = (kind: string): Json => (kind === 'exit' ? { start: true } : { frame: 'turn/started' });
    const faults = Object.keys(FAULTS).map((kind) => ({ kind, at: at(kind) }));
    expect(problems({ format: 1, faults })).toEqual([]);
  });

  it.each<[Json, string]>([
    [{ kind: 'spilt', at: { any: true } }, 'faults[0].kind must be one of split, join'],
    [{ kind: 'split', at: { any: true }, pieces: 1 }, 'faults[0].pieces must be a whole number from 2 to 10000, not 1'],
    [
      { kind: 'split', at: { any: true }, gap: 1 },
      'faults[0].gap is not known for split; known: kind, at, pieces, gapMs',
    ],
    [{ kind: 'split' }, 'faults[0].at must be an object'],
    [{ kind: 'split', at: {} }, 'faults[0].at must have exactly one of line, frame, any and start'],
    [{ kind: 'split', at: { line: 3, any: true } }, 'exactly one of'],
    [{ kind: 'split', at: { start: true } }, 'faults[0].at.start: split strikes a line'],
    [{ kind: 'drop', at: { line: 3, nth: 2 } }, 'faults[0].at.nth needs frame'],
    [{ kind: 'kill', at: { any: true }, signal: 'SIGNAL' }, 'faults[0].signal must be "SIGKILL" or'],
    [3, 'faults[0] must be an object, not 3'],
  ])('is told what is wrong with %j', (fault, message) => {
    expect(one(fault).join('\n')).toContain(message);
  });

  it.each<[Json, string]>([
    [null, 'a file of faults is an object'],
    [{ faults: [] }, 'format must be 1'],
    [{ format: 1, faults: [] }, 'faults must be an array with at least one fault'],
    [{ format: 1, seed: -1, faults: [{ kind: 'drop', at: { any: true } }] }, 'seed must be a whole number'],
    [{ format: 1, fault: [] }, '"fault" is not known'],
  ])('is refused as a whole: %j', (value, message) => {
    expect(problems(value).join('\n')).toContain(message);
  });

  it('never makes the reader throw', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void readOverlay(value as Json)));
    const faults = fc.array(fc.record({ kind: fc.constantFrom(...Object.keys(FAULTS)), at: fc.jsonValue() }));
    fc.assert(fc.property(faults, (list) => void readOverlay({ format: 1, faults: list } as Json)));
  });
});

describe('where faults strike', () => {
  const place = (fault: Fault, seed?: number) => {
    const planned = plan([fault], seed);
    return planned.ok ? planned.faults[0]! : planned.problems[0]!;
  };

  it('is a frame by its name, an answer by its request, in either protocol', () => {
    expect(place({ kind: 'drop', at: { frame: 'turn/completed' } })).toMatchObject({ transcript: 0, lane: 'codex:1' });
    expect(place({ kind: 'wrong-id', at: { frame: 'answer thread/start' } })).toMatchObject({
      transcript: 0,
      index: 6,
    });
    expect(place({ kind: 'wrong-id', at: { frame: 'answer initialize', scenario: 'approval_accept' } })).toMatchObject({
      transcript: 1,
      place: expect.stringContaining('approval_accept.ndjson:4: recv control_response'),
    });
    expect([...frameNames(claude).values()]).toEqual(
      expect.arrayContaining(['answer initialize', 'system/init', 'control_request/can_use_tool', 'result/success']),
    );
  });

  it('is the line that is named, if it is one that the provider writes', () => {
    expect(place({ kind: 'cut', at: { line: 4 } })).toMatchObject({ index: 2, place: expect.stringContaining(':4: ') });
    expect(place({ kind: 'cut', at: { line: 3, scenario: 'simple' } })).toContain(
      'line 3 of codex/simple.ndjson holds no frame',
    );
  });

  it('is the same for the same seed, and another for some other', () => {
    const at = (seed: number) => place({ kind: 'split', at: { any: true } }, seed) as { index: number };
    expect(at(5).index).toBe(at(5).index);
    expect(new Set([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => at(seed).index)).size).toBeGreaterThan(1);
  });

  it('is said to be nowhere, with what there is', () => {
    expect(place({ kind: 'drop', at: { frame: 'turn/ended' } })).toMatch(
      /^faults\[0\]\.at: .*no frame 'turn\/ended'.*turn\/completed/,
    );
    expect(place({ kind: 'drop', at: { any: true, lane: 'codex:9' } })).toContain('in lane codex:9');
    expect(place({ kind: 'drop', at: { any: true, scenario: 'other' } })).toContain(
      'there are: simple, approval_accept',
    );
  });
});

describe('what a fault makes of a line', () => {
  it('splits it into pieces that are the line again', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.integer({ min: 2, max: 50 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999999, noNaN: true })),
        (text, count, stream) => {
          const line = Buffer.from(`${text}\n`);
          const pieces = splitBytes(line, count, () => stream.next().value as number);
          expect(Buffer.concat(pieces).equals(line)).toBe(true);
          expect(pieces.length).toBe(Math.min(count, line.length));
          expect(pieces.every(({ length }) => length > 0)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('puts a separator into the text and not into ids', () => {
    const line = `${JSON.stringify({ id: 'a-very-long-identifier-of-something', params: { delta: 'abcd' } })}\n`;
    expect(withSeparator(line, 'U+2028')).toContain('ab\u2028cd');
    expect(withSeparator('{"n":1}\n', 'U+2028')).toBeNull();
  });

  it('makes it as long as it is told', () => {
    const line = `${JSON.stringify({ params: { delta: 'ä' } })}\n`;
    expect(Buffer.byteLength(withLength(line, 10_000)!)).toBe(10_000);
    expect(withLength(line, 5)).toBe(line);
  });

  it('answers under an id of nobody', () => {
    expect(withWrongId('{"id":3,"result":{}}\n')).toBe('{"id":1000003,"result":{}}\n');
    expect(withWrongId('{"type":"control_response","response":{"request_id":"x"}}\n')).toContain('"x-unknown"');
    expect(withWrongId('{"method":"x"}\n')).toBeNull();
  });
});
