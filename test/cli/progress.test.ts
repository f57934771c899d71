import { expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { Progress } from '../../src/cli/progress.ts';

function watched(width: number | null) {
  const notes: string[] = [];
  const drawn: string[] = [];
  const io: Io = { width, out: () => {}, note: (text) => void notes.push(text), draw: (text) => void drawn.push(text) };
  return { io, notes, drawn };
}

it('draws a bar at once on a terminal, and takes it away', () => {
  const { io, notes, drawn } = watched(80);
  const progress = new Progress(io, 'exploring', 2_000);
  progress.end();
  expect(drawn).toEqual([`exploring    ${'░'.repeat(28)} 0 of 2,000`, '']);
  expect(notes).toEqual([]);
});

it('redraws it now and then', () => {
  const { io, drawn } = watched(80);
  let ms = 0;
  const progress = new Progress(io, 'x', 1_000, () => ms);
  for (ms = 0; ms < 1_000; ms++) progress.at(ms);
  expect(drawn).toHaveLength(13);
});

it('says a line every few seconds elsewhere', () => {
  const { io, notes, drawn } = watched(null);
  let ms = 0;
  const progress = new Progress(io, 'exploring', 2_000, () => ms);
  for (ms = 0; ms < 12_000; ms += 100) progress.at(ms / 10, 'so far');
  expect(notes).toEqual(['exploring: 500 of 2,000  so far', 'exploring: 1,000 of 2,000  so far']);
  expect(drawn).toEqual([]);
});
