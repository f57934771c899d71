import { expect, it } from 'vitest';
import { Kept } from '../../src/core/kept.ts';

it('gives out the same value until a part of it is another one', () => {
  const kept = new Kept<{ readonly sum: number }>();
  let made = 0;
  const sumOf = (one: number, other: number | null) =>
    kept.of([one, other], () => {
      made++;
      return { sum: one + (other ?? 0) };
    });
  const first = sumOf(1, null);
  expect(sumOf(1, null)).toBe(first);
  const second = sumOf(1, 2);
  expect(second).toEqual({ sum: 3 });
  expect(sumOf(1, 2)).toBe(second);
  expect(sumOf(1, null)).toEqual(first);
  expect(made).toBe(3);
});
