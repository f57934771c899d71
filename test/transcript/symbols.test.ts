import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bindings, escapeText, KINDS, parseTemplate, wholeSymbol } from '../../src/transcript/symbols.ts';
import { matchTemplate, plainMinter, renderTemplate } from '../../src/transcript/template.ts';

const UUID_A = '11111111-1111-4111-8111-111111111111';
const UUID_B = '22222222-2222-4222-8222-222222222222';

/** Text made of what confuses a template most. */
const nasty = fc
  .array(
    fc.constantFrom(
      '<',
      '>',
      'lt',
      '<lt>',
      '<thread:1>',
      '<ms>',
      'thread',
      ':1',
      '/tmp',
      '<path:ws>',
      'ü',
      '\u2028',
      '$1',
      '\\',
    ),
  )
  .map((parts) => parts.join(''));

describe('symbols', () => {
  it('gives escaped text back unchanged', () => {
    fc.assert(
      fc.property(fc.oneof(nasty, fc.string()), (text) => {
        expect(parseTemplate(escapeText(text))).toEqual([{ text }]);
        expect(matchTemplate(escapeText(text), text, new Bindings())).toBe(true);
        expect(renderTemplate(escapeText(text), new Bindings(), plainMinter(0))).toBe(text);
      }),
    );
  });

  it('matches what it renders, for every kind, alone and inside text', () => {
    for (const kind of Object.keys(KINDS)) {
      const symbol = `<${kind}:1>`;
      for (const template of [symbol, `before ${symbol} after`]) {
        const value = renderTemplate(template, new Bindings(), plainMinter(1500));
        expect(matchTemplate(template, value, new Bindings()), `${template} against ${value}`).toBe(true);
      }
    }
  });

  it('keeps the identity of a value', () => {
    const bindings = new Bindings();
    expect(matchTemplate('<thread:1>', UUID_A, bindings)).toBe(true);
    expect(matchTemplate('about <thread:1>.', `about ${UUID_A}.`, bindings)).toBe(true);
    expect(matchTemplate('about <thread:1>.', `about ${UUID_B}.`, bindings)).toBe(false);
  });

  it('never lets two symbols of a family stand for one value', () => {
    const bindings = new Bindings();
    expect(matchTemplate('<thread:1>', UUID_A, bindings)).toBe(true);
    expect(matchTemplate('<turn:1>', UUID_A, bindings)).toBe(false);
    expect(matchTemplate('<turn:1>', UUID_B, bindings)).toBe(true);
  });

  it('counts ids that each process counts for itself apart', () => {
    const bindings = new Bindings();
    expect(matchTemplate('<rpc:1>', 7, bindings)).toBe(true);
    expect(matchTemplate('<rpc:2.1>', 7, bindings)).toBe(true);
    expect(matchTemplate('<rpc:2>', 7, bindings)).toBe(false);
  });

  it('keeps the JSON type of an id, 0 included', () => {
    const bindings = new Bindings();
    expect(matchTemplate('<srv:1>', 0, bindings)).toBe(true);
    expect(matchTemplate('<srv:1>', '0', bindings)).toBe(false);
    expect(renderTemplate('<srv:1>', bindings, plainMinter(0))).toBe(0);
    expect(renderTemplate('<rpc:1>', new Bindings({ 'rpc:1': 'a-1' }), plainMinter(0))).toBe('a-1');
  });

  it('takes numbers for numeric kinds only', () => {
    expect(matchTemplate('<ms>', 1_700_000_000_000, new Bindings())).toBe(true);
    expect(matchTemplate('<ms>', '1700000000000', new Bindings())).toBe(false);
    expect(matchTemplate('<iso>', '2026-11-20T19:16:09.266Z', new Bindings())).toBe(true);
    expect(matchTemplate('<iso>', 'yesterday', new Bindings())).toBe(false);
  });

  it('undoes bindings', () => {
    const bindings = new Bindings();
    const mark = bindings.mark();
    bindings.bind('<thread:1>', UUID_A);
    bindings.undo(mark);
    expect(bindings.get('<thread:1>')).toBeUndefined();
    expect(bindings.bind('<turn:1>', UUID_A)).toBe(true);
  });

  it('derives the munged form of a path', () => {
    const bindings = new Bindings({ 'path:ws': '/srv/a_b/ws' });
    expect(matchTemplate('projects/<munged:ws>/x', 'projects/-srv-a-b-ws/x', bindings)).toBe(true);
    expect(matchTemplate('projects/<munged:ws>/x', 'projects/-srv-a-c-ws/x', bindings)).toBe(false);
  });

  it('repeats an unbound symbol in one text', () => {
    expect(matchTemplate('<thread:1>_<thread:1>', `${UUID_A}_${UUID_A}`, new Bindings())).toBe(true);
    expect(matchTemplate('<thread:1>_<thread:1>', `${UUID_A}_${UUID_B}`, new Bindings())).toBe(false);
  });

  it('sees whole symbols only when there is nothing else', () => {
    expect(wholeSymbol('<thread:1>')).toMatchObject({ kind: 'thread', name: '1' });
    expect(wholeSymbol('<thread:1> ')).toBeNull();
    expect(wholeSymbol('<thred:1>')).toBeNull();
  });
});
