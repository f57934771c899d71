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

it('says nothing elsewhere unless the work is long', () => {
  const { io, notes, drawn } = watched(null);
  const progress = new Progress(io, 'exploring', 2_000);
  progress.at(1);
  progress.end();
  expect(notes).toEqual([]);
  expect(drawn).toEqual(['']);
});
