import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/transcript/format.ts';
import { elisionOf, isArray, isObject, needsLiteral } from '../../src/transcript/json.ts';
import { equalJson, MAX_DIFFERENCES, matchJson } from '../../src/transcript/match.ts';
import { renderJson } from '../../src/transcript/render.ts';
import { Bindings, escapeText } from '../../src/transcript/symbols.ts';
import { plainMinter } from '../../src/transcript/template.ts';

const A = '11111111-1111-4111-8111-111111111111';
const B = '22222222-2222-4222-8222-222222222222';
const diff = (expected: Json, actual: Json, bindings = new Bindings()) => {
  const result = matchJson(expected, actual, bindings);
  return result.ok ? [] : result.differences;
};
const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

/** A wire value as a transcript that stands for exactly it. */
function literally(value: Json): Json {
  if (typeof value === 'string') return escapeText(value);
  if (isArray(value)) return value.map(literally);
  if (!isObject(value)) return value;
  if (needsLiteral(value)) return { $literal: value };
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [escapeText(key), literally(item)]));
}

describe('matchJson', () => {
  it('matches any value against itself, and renders it back', () => {
    fc.assert(
      fc.property(json, (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as Json;
        expect(diff(literally(plain), plain)).toEqual([]);
        expect(renderJson(literally(plain), new Bindings(), plainMinter(0))).toEqual(plain);
      }),
    );
  });

  it('tells different values apart', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        const [x, y] = [JSON.parse(JSON.stringify(a)) as Json, JSON.parse(JSON.stringify(b)) as Json];
        expect(matchJson(literally(x), y, new Bindings()).ok).toBe(equalJson(x, y));
      }),
    );
  });

  it('says where and how values differ', () => {
    expect(diff({ params: { input: [{ text: 'hello' }] } }, { params: { input: [{ text: 'hallo' }] } })).toEqual([
      { path: '$.params.input[0].text', expected: 'hello', got: 'hallo' },
    ]);
    expect(diff({ a: 1, b: 2 }, { a: 1, 'c d': 3 })).toEqual([
      { path: '$.b', expected: 2 },
      { path: '$["c d"]', got: 3 },
    ]);
  });

  it('aligns arrays of different length by what is alike at both ends', () => {
    const expected = [{ id: 1 }, { id: 2 }, { id: 3 }];
    expect(diff(expected, [{ id: 1 }, { id: 3 }])).toEqual([{ path: '$[1]', expected: { id: 2 } }]);
    expect(diff([{ id: 1 }, { id: 3 }], expected)).toEqual([{ path: '$[1]', got: { id: 2 } }]);
  });

  it('is bounded', () => {
    const long = Array.from({ length: 500 }, (_, i) => i);
    const result = matchJson(
      long,
      long.map((n) => -n - 1),
      new Bindings(),
    );
    expect(result).toMatchObject({ ok: false, more: 500 - MAX_DIFFERENCES });
    expect(!result.ok && result.differences.length).toBe(MAX_DIFFERENCES);
  });

  it('captures symbols where first seen and refers to them later', () => {
    const bindings = new Bindings();
    expect(diff({ id: '<thread:1>' }, { id: A }, bindings)).toEqual([]);
    expect(diff({ threadId: '<thread:1>', turn: '<turn:1>' }, { threadId: A, turn: B }, bindings)).toEqual([]);
    expect(diff({ threadId: '<thread:1>' }, { threadId: B }, bindings)).toHaveLength(1);
  });

  it('leaves no bindings behind when it fails', () => {
    const bindings = new Bindings();
    expect(diff({ id: '<thread:1>', n: 1 }, { id: A, n: 2 }, bindings)).toHaveLength(1);
    expect(bindings.get('<thread:1>')).toBeUndefined();
  });

  it('finds symbols in object keys', () => {
    const bindings = new Bindings();
    expect(diff({ states: { '<thread:1>': 'a', plain: 'b' } }, { states: { plain: 'b', [A]: 'a' } }, bindings)).toEqual(
      [],
    );
    expect(bindings.get('<thread:1>')).toBe(A);
    expect(diff({ '<thread:1>': 1 }, { [B]: 1 }, bindings)).toHaveLength(2);
  });

  it('honours $any, by type', () => {
    expect(diff({ a: { $any: true } }, { a: [1] })).toEqual([]);
    expect(diff({ a: { $any: 'string' } }, { a: 'x' })).toEqual([]);
    expect(diff({ a: { $any: 'string' } }, { a: 1 })).toHaveLength(1);
    expect(diff({ a: { $any: true } }, {})).toHaveLength(1);
  });

  it('gives up a $pattern that would never end, and tries no further one', () => {
    const endless = { $pattern: '(?:(?:a+)+)+b' };
    const text = 'a'.repeat(60);
    const found = diff([endless, { $pattern: 'a+' }, 'x'], [text, text, 'x']);
    expect(found.map(({ path, note }) => [path, note])).toEqual([
      ['$[0]', expect.stringContaining('takes too long')],
      ['$[1]', expect.stringContaining('takes too long')],
    ]);
    // The next comparison begins afresh.
    expect(diff({ $pattern: 'a+' }, text)).toEqual([]);
  });

  it('gives up an unordered list with too many orders', () => {
    const anything = Array.from({ length: 30 }, () => ({ $any: true }) as const);
    const numbers = Array.from({ length: 31 }, (_, i) => i);
    const [difference] = diff({ $unordered: [...anything, 'x'] }, numbers);
    expect(difference?.note).toContain('too many orders');
    expect(diff({ $unordered: [...anything, 30] }, numbers)).toEqual([]);
  });

  it('gives up a string of many symbols that would never end', () => {
    const many = Array.from({ length: 12 }, (_, i) => `<path:p${i}>`).join('');
    const bindings = new Bindings();
    expect(diff(`${many}!`, `/${'/a'.repeat(200)}`, bindings)).toHaveLength(1);
    expect(bindings.get('<path:p0>')).toBeUndefined();
    expect(diff('<path:a>:<path:b>', `/${'x'.repeat(5_000)}:/y`)).toEqual([]);
  });

  it('honours $pattern as a whole', () => {
    expect(diff({ $pattern: 'a+b' }, 'aab')).toEqual([]);
    expect(diff({ $pattern: 'a+b' }, 'aabc')).toHaveLength(1);
    expect(diff({ $pattern: 'a|b' }, 'bx')).toHaveLength(1);
  });

  it('honours $more', () => {
    expect(diff({ a: 1, $more: true }, { a: 1, b: 2 })).toEqual([]);
    expect(diff({ a: 1 }, { a: 1, b: 2 })).toHaveLength(1);
  });

  it('assigns the elements of $unordered, taking choices back', () => {
    // The first element fits both; only one assignment lets the second fit, too.
    const expected = { $unordered: [{ x: { $any: true } }, { x: 1 }] };
    expect(diff(expected, [{ x: 1 }, { x: 2 }])).toEqual([]);
    expect(diff(expected, [{ x: 3 }, { x: 2 }])).toHaveLength(1);
    expect(diff(expected, [{ x: 1 }])).toHaveLength(1);
    const bindings = new Bindings();
    expect(diff({ $unordered: ['<turn:1>', { of: '<turn:1>' }] }, [{ of: A }, A], bindings)).toEqual([]);
    expect(diff({ $unordered: ['<turn:2>', { of: '<turn:2>' }] }, [{ of: A }, B], bindings)).toHaveLength(1);
  });

  it('knows elided values by digest, and takes what replay writes for them', () => {
    const elided = { $elided: elisionOf('a long text') } as unknown as Json;
    expect(diff(elided, 'a long text')).toEqual([]);
    expect(diff(elided, 'another text')).toHaveLength(1);
    expect(diff(elided, renderJson(elided, new Bindings(), plainMinter(0)))).toEqual([]);
    const list = { $elided: elisionOf([{ b: 1, a: 2 }]) } as unknown as Json;
    expect(diff(list, [{ a: 2, b: 1 }])).toEqual([]);
    expect(diff(list, 'text')).toHaveLength(1);
    expect(renderJson(list, new Bindings(), plainMinter(0))).toEqual([]);
    expect(diff({ $elided: { volatile: true } }, 'whatever')).toEqual([]);
    expect(diff({ $elided: { volatile: true } }, 7)).toHaveLength(1);
  });

  it('takes $literal as it is', () => {
    expect(diff({ $literal: { $any: true } }, { $any: true })).toEqual([]);
    expect(diff({ $literal: { $any: true } }, 'x')).toHaveLength(1);
    expect(diff({ $literal: '<thread:1>' }, '<thread:1>')).toEqual([]);
  });

  it('does not render what only says what to accept', () => {
    expect(() => renderJson({ a: { $any: true } }, new Bindings(), plainMinter(0))).toThrow('cannot be written');
  });
});
