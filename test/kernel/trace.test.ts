import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attest, describeDivergence, firstDivergence } from '../../src/kernel/divergence.ts';
import { Trace } from '../../src/kernel/trace.ts';

type Entry = readonly [time: number, actor: string, type: string, detail: string, cause: number];

function traceOf(entries: readonly Entry[], keep = false): Trace {
  const trace = new Trace(keep);
  for (const entry of entries) trace.add(...entry);
  return trace;
}

const text = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 5 }), fc.constantFrom('', 'a', 'b', 'ab'));
const entry: fc.Arbitrary<Entry> = fc.tuple(
  fc.oneof(fc.nat(10), fc.maxSafeNat()),
  text,
  text,
  text,
  fc.integer({ min: -1, max: 5 }),
);

describe('Trace', () => {
  it('has one hash for equal entries, whether it keeps them or not', () => {
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const [kept, bare] = [traceOf(entries, true), traceOf(entries)];
        expect(kept.hash).toBe(bare.hash);
        expect(kept.hash).toMatch(/^[0-9a-f]{16}$/);
        expect([kept.entries.length, bare.entries.length]).toEqual([entries.length, 0]);
      }),
      { seed: 1 },
    );
  });

  it('has another hash for other entries, and for the same in another order or cut elsewhere', () => {
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4, size: 'max' }), (entries) => {
        const [hash, key] = [traceOf(entries).hash, JSON.stringify(entries)];
        expect(seen.get(hash) ?? key).toBe(key);
        seen.set(hash, key);
      }),
      { numRuns: 3_000, seed: 2 },
    );
    expect(seen.size).toBeGreaterThan(2_000);
  });

  it.each<[string, Entry, Entry]>([
    ['the split between fields', [0, 'ab', 'c', '', -1], [0, 'a', 'bc', '', -1]],
    ['a nul at the end', [0, 'a', 'b', 'c', -1], [0, 'a', 'b', 'c\0', -1]],
    ['the upper half of a large time', [5, 'a', 'b', '', -1], [5 + 2 ** 32, 'a', 'b', '', -1]],
    ['the cause', [0, 'a', 'b', '', -1], [0, 'a', 'b', '', 0]],
    ['the high bits of two neighbours', [0, 'aXbY', '', '', -1], [0, 'a\u8058b\u8059', '', '', -1]],
  ])('tells %s apart', (_what, one, other) => {
    expect(traceOf([one]).hash).not.toBe(traceOf([other]).hash);
  });

  it('spreads: flipping one bit anywhere changes about half of the bits', () => {
    const bits = (trace: Trace) => BigInt(`0x${trace.hash}`).toString(2).padStart(64, '0');
    const words = 'the daemon restarts the worker of pair 2'.split(' ');
    const base = bits(traceOf(words.map((word, at) => [at, word, 'x', '', -1])));
    let flipped = 0;
    for (let changed = 0; changed < words.length; changed++) {
      const other = words.map((word, at): Entry => [at, at === changed ? `${word.slice(0, -1)}~` : word, 'x', '', -1]);
      const hash = bits(traceOf(other));
      flipped += [...hash].filter((bit, at) => bit !== base[at]).length;
    }
    expect(flipped / words.length).toBeGreaterThan(20);
    expect(flipped / words.length).toBeLessThan(44);
  });
});

describe('firstDivergence', () => {
  const common: Entry[] = [
    [0, 'user', 'message', 'hello', -1],
    [3, 'daemon#1', 'exec.start', 'tmux has-session', 0],
  ];

  it('is null for equal traces', () => {
    expect(firstDivergence(traceOf(common, true).entries, traceOf(common, true).entries)).toBeNull();
  });

  it('names the first different entry, and says it in words', () => {
    const one = traceOf([...common, [9, 'tmux', 'exec.end', '0', 1], [9, 'a', 'b', '', -1]], true).entries;
    const other = traceOf([...common, [9, 'tmux', 'exec.end', '1', 1], [9, 'a', 'b', '', -1]], true).entries;
    const divergence = firstDivergence(one, other)!;
    expect(divergence).toEqual({ seq: 2, first: one[2], second: other[2], before: one[1] });
    expect(describeDivergence(divergence)).toBe(
      [
        'the two runs differ from entry 2 on',
        '  both:   3 ms daemon#1: exec.start tmux has-session (after entry 0)',
        '  first:  9 ms tmux: exec.end 0 (after entry 1)',
        '  second: 9 ms tmux: exec.end 1 (after entry 1)',
      ].join('\n'),
    );
  });

  it('names the end of the shorter trace', () => {
    const divergence = firstDivergence(traceOf([], true).entries, traceOf(common, true).entries)!;
    expect(describeDivergence(divergence)).toBe(
      [
        'the two runs differ from entry 0 on',
        '  both:   (nothing yet)',
        '  first:  (the run had ended)',
        '  second: 0 ms user: message hello',
      ].join('\n'),
    );
  });
});

describe('attest', () => {
  it('attests a run that depends on nothing else, and gives its hash', async () => {
    const run = () => traceOf([[0, 'a', 'b', 'c', -1]], true);
    expect(await attest(run)).toEqual({ hash: run().hash, divergence: null });
  });

  it('finds what a run takes over from the one before', async () => {
    let runs = 0;
    const leaky = async () => traceOf([[0, 'a', 'run', String(++runs), -1]], true);
    expect((await attest(leaky)).divergence).toMatchObject({ seq: 0, first: { detail: '1' }, second: { detail: '2' } });
  });

  it('refuses a run that kept no trace', async () => {
    await expect(attest(() => traceOf([[0, 'a', 'b', 'c', -1]]))).rejects.toThrow(/keepTrace/);
  });
});
