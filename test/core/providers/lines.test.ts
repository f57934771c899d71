import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../../src/core/providers/lines.ts';

function split(chunks: readonly string[], maxLength?: number): string[] {
  const seen: string[] = [];
  const splitter = new LineSplitter(
    { line: (text) => seen.push(text), oversized: (length) => seen.push(`<oversized ${length}>`) },
    maxLength,
  );
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return seen;
}

describe('LineSplitter', () => {
  it('gives the same lines however the stream is cut into chunks', () => {
    const piece = fc.constantFrom('a', '\n', '\r\n', '\r', '\u2028', '\u0085', '{"k":1}', '', 'é', '😀');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.array(fc.nat(60), { maxLength: 10 }), (pieces, cuts) => {
        const text = pieces.join('');
        const sorted = [0, ...cuts.map((cut) => Math.min(cut, text.length)), text.length].sort((a, b) => a - b);
        const chunks = sorted.slice(1).map((cut, index) => text.slice(sorted[index], cut));
        const expected = text.split('\n').map((line) => line.replace(/\r$/, ''));
        if (text === '' || text.endsWith('\n')) expected.pop();
        expect(split(chunks)).toEqual(expected);
      }),
    );
  });

  it('keeps U+2028, U+2029 and U+0085 inside a line', () => {
    expect(split(['{"t":"a\u2028b\u2029c\u0085d"}\n'])).toEqual(['{"t":"a\u2028b\u2029c\u0085d"}']);
  });

  it('drops an oversized line with an event and goes on', () => {
    expect(split(['123456', '789\nok\n', '12345\n', 'last'], 5)).toEqual(['<oversized 9>', 'ok', '12345', 'last']);
  });

  it('reports an oversized last line without end of line', () => {
    expect(split(['ok\n123', '456'], 5)).toEqual(['ok', '<oversized 6>']);
  });

  it('handles a line that arrives one character at a time without joining it each time', () => {
    let joined = 0;
    const splitter = new LineSplitter({ line: (text) => (joined = text.length), oversized: () => {} });
    for (let index = 0; index < 300_000; index++) splitter.push('x');
    splitter.push('\n');
    expect(joined).toBe(300_000);
  });
});
