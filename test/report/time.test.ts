import { expect, it } from 'vitest';
import { table } from '../../src/report/table.ts';
import { counted, grouped, longSpoken, ordinal, spoken } from '../../src/report/time.ts';

it('speaks of durations', () => {
  expect([0, 999, 1_000, 1_234, -3_960, 125_000].map(spoken)).toEqual([
    '0 ms',
    '999 ms',
    '1 s',
    '1.234 s',
    '-3.96 s',
    '125 s',
  ]);
  expect([500, 119_999, 120_000, 7_200_000, 200_000_000].map(longSpoken)).toEqual([
    '500 ms',
    '119.999 s',
    '2 minutes',
    '2 hours',
    '2.3 days',
  ]);
});

it('counts', () => {
  expect([0, 999, 1_000, -1_234_567].map(grouped)).toEqual(['0', '999', '1,000', '-1,234,567']);
  expect([1, 2, 3, 4, 11, 12, 13, 21, 112, 1_001].map(ordinal)).toEqual(
    '1st 2nd 3rd 4th 11th 12th 13th 21st 112th 1,001st'.split(' '),
  );
  expect([counted(1, 'entry', 'entries'), counted(0, 'run')]).toEqual(['1 entry', '0 runs']);
});

it('aligns tables', () => {
  expect(
    table(
      [
        ['a', '1'],
        ['long', '22'],
      ],
      [1],
    ),
  ).toEqual(['a      1', 'long  22']);
});
