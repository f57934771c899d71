import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader } from '../../../src/core/providers/frame-reader.ts';

/** What is read of these chunks: frames as JSON, and `noise N` or `oversized N`. */
function read(chunks: readonly string[], maxLineLength?: number): string[] {
  const seen: string[] = [];
  const reader = new FrameReader(
    {
      frame: (frame) => seen.push(JSON.stringify(frame)),
      noise: (length) => seen.push(`noise ${length}`),
      oversized: (length) => seen.push(`oversized ${length}`),
    },
    maxLineLength,
  );
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return seen;
}

describe('reading frames', () => {
  it('passes over what is no JSON object, and goes on', () => {
    const lines = ['Welcome!', '', '  ', '[1]', '"{"', '{}x', '42', '{"a":1}', 'null', '{"b":2}'];
    expect(read([`${lines.join('\n')}\n`])).toEqual([
      'noise 8',
      'noise 3',
      'noise 3',
      'noise 3',
      'noise 2',
      '{"a":1}',
      'noise 4',
      '{"b":2}',
    ]);
  });

  it('joins a frame that newlines inside a string have cut', () => {
    expect(read(['{"t":"a\nb\n\nc","u":"d\ne"}\n{"v":1}\n'])).toEqual(['{"t":"a\\nb\\n\\nc","u":"d\\ne"}', '{"v":1}']);
  });

  it('knows an escaped quote and an escaped backslash when it looks for the end of a string', () => {
    expect(read(['{"t":"say \\"hi\nthere\\\\"}\n'])).toEqual(['{"t":"say \\"hi\\nthere\\\\"}']);
  });

  it('gives up a frame whose rest never came as soon as a whole one comes', () => {
    expect(read(['{"t":"once upon\n', '{"a":1}\n'])).toEqual(['noise 17', '{"a":1}']);
    expect(read(['{"t":"once upon\n', 'and so on\n', '{"a":1}\n', '"}\n'])).toEqual(['noise 28', '{"a":1}', 'noise 2']);
  });

  it('gives up a frame that is cut into more than 1,000 lines, or is longer than 1,000,000 characters', () => {
    expect(read([`{"t":"${'x\n'.repeat(1_001)}`, '{"a":1}\n']).at(-1)).toBe('{"a":1}');
    const long = 'x'.repeat(600_000);
    expect(read([`{"t":"${long}\n${long}\n`, '{"a":1}\n'])).toEqual(['noise 1200010', '{"a":1}']);
  });

  it('drops a line that is too long, and what was cut before it', () => {
    expect(read(['{"t":"a\n', 'x'.repeat(30), '\n{"a":1}\n'], 20)).toEqual(['noise 9', 'oversized 30', '{"a":1}']);
  });

  it('reads a last line without its end, whole or half', () => {
    expect(read(['{"a":1}\n{"b":2}'])).toEqual(['{"a":1}', '{"b":2}']);
    expect(read(['{"a":1}\n{"b":'])).toEqual(['{"a":1}', 'noise 5']);
    expect(read(['{"a":1}\n{"b":"half of'])).toEqual(['{"a":1}', 'noise 15']);
  });

  it('finds every frame in any noise of whole lines, however the stream is cut into chunks', () => {
    const noise = fc.constantFrom('warning: x', '[1,2]', '', 'Error: {', '}', '12');
    const frame = fc.nat(9).map((n) => JSON.stringify({ n }));
    const line = fc.oneof(noise, frame);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), fc.integer({ min: 1, max: 30 }), (lines, size) => {
        const text = lines.map((each) => `${each}\n`).join('');
        const chunks = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];
        expect(read(chunks).filter((each) => each.startsWith('{'))).toEqual(
          lines.filter((each) => each.startsWith('{"n"')),
        );
      }),
    );
  });
});
