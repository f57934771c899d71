import { expect, it } from 'vitest';
import type { Database, SqlStatement } from '../../../src/core/ports.ts';
import { WaitsForRoom } from '../../../src/core/store/room.ts';
import { SteppedClock } from '../stepped-clock.ts';

function bench() {
  const clock = new SteppedClock();
  const events: string[] = [];
  const written: string[] = [];
  const state = { full: false };
  const database: Database = {
    place: 'db',
    all: () => [{ n: written.length }],
    write: async ([{ sql }]: readonly [SqlStatement]) => {
      if (state.full) throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
      if (sql === 'bad') throw new Error('syntax error');
      written.push(sql);
      return [1];
    },
  } as Database;
  const waits = new WaitsForRoom(database, clock, { event: (type) => void events.push(type) });
  const stretches: number[] = [];
  waits.onFull = (stretch) => void stretches.push(stretch);
  return {
    clock,
    events,
    stretches,
    written,
    state,
    write: (sql: string) => waits.write([{ sql }]),
    all: () => waits.all(''),
  };
}

it('writes at once while there is room, and fails as the database does', async () => {
  const { write, written, events } = bench();
  expect(await write('a')).toEqual([1]);
  await expect(write('bad')).rejects.toThrow('syntax error');
  expect([written, events]).toEqual([['a'], []]);
});

it('keeps writes in their order while the disk is full, and goes on by itself', async () => {
  const { write, written, events, state, clock, all } = bench();
  state.full = true;
  const settled: string[] = [];
  const asked = ['a', 'bad', 'b'].map((sql) =>
    write(sql).then(
      () => void settled.push(sql),
      (error) => void settled.push(String(error)),
    ),
  );
  await clock.advance(5_000);
  expect([settled, written, all()]).toEqual([[], [], [{ n: 0 }]]);
  state.full = false;
  const late = write('late');
  expect(written).toEqual([]);
  await clock.advance(1_000);
  await Promise.all([...asked, late]);
  expect(written).toEqual(['a', 'b', 'late']);
  expect(settled).toEqual(['a', 'Error: syntax error', 'b']);
  expect(events).toEqual(['database.full', 'database.has-room']);
  expect(await write('next')).toEqual([1]);
});

it('tells of each attempt that fails for want of room, and numbers the stretches', async () => {
  const { write, stretches, state, clock } = bench();
  for (const stretch of [1, 2]) {
    stretches.length = 0;
    state.full = true;
    const written = [write('a'), write('b')];
    await clock.advance(2_500);
    expect(stretches).toEqual([stretch, stretch, stretch]);
    state.full = false;
    await clock.advance(1_000);
    await Promise.all([...written, write('c')]);
    expect(stretches).toEqual([stretch, stretch, stretch]);
  }
});
