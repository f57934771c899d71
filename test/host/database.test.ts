import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { type HostDatabase, openDatabase } from '../../src/host/database.ts';

const folder = mkdtempSync(join(tmpdir(), 'reprise-db-'));
afterAll(() => rmSync(folder, { recursive: true }));

let file: string;
let db: HostDatabase;
let count = 0;
beforeEach(async () => {
  file = join(folder, `${count++}.sqlite`);
  db = openDatabase(file);
  await db.write([{ sql: 'create table t (id integer primary key, name text) strict' }]);
});
afterEach(() => db.close());

it('writes in one transaction and tells the rows changed by each statement', async () => {
  const changed = await db.write([
    { sql: 'insert into t values (?, ?), (?, ?)', params: [1, 'a', 2, null] },
    { sql: 'update t set name = ?', params: [null] },
    { sql: "delete from t where name = 'nobody'" },
  ]);
  expect(changed).toEqual([2, 2, 0]);
  expect(db.all('select * from t where id = ?', [2])).toEqual([{ id: 2, name: null }]);
});

it('writes nothing when a statement fails, and goes on afterwards', async () => {
  const write = db.write([{ sql: "insert into t values (1, 'a')" }, { sql: "insert into t values (1, 'b')" }]);
  await expect(write).rejects.toThrow(/UNIQUE/);
  expect(db.all('select * from t')).toEqual([]);
  expect(await db.write([{ sql: "insert into t values (1, 'c')" }])).toEqual([1]);
});

it('throws on bad SQL', async () => {
  expect(() => db.all('selec')).toThrow(/syntax/);
  await expect(db.write([{ sql: 'selec' }])).rejects.toThrow(/syntax/);
});

it('shows a commit to another connection at once, and keeps it when closed', async () => {
  const other = openDatabase(file);
  await db.write([{ sql: "insert into t values (1, 'a')" }]);
  expect(other.all('select name from t')).toEqual([{ name: 'a' }]);
  other.close();
  db.close();
  db = openDatabase(file);
  expect(db.all('select name from t')).toEqual([{ name: 'a' }]);
});

it('uses the write-ahead log', () => {
  expect(db.all('pragma journal_mode')).toEqual([{ journal_mode: 'wal' }]);
  expect(db.all('pragma synchronous')).toEqual([{ synchronous: 2 }]);
});

it('says that there is no room, writes nothing then, and goes on when there is', async () => {
  db.all('pragma max_page_count = 4');
  const large = { sql: 'insert into t (name) values (?)', params: ['x'.repeat(20_000)] };
  const small = { sql: "insert into t (name) values ('small')" };
  await expect(db.write([small, large])).rejects.toMatchObject({ code: 'SQLITE_FULL' });
  expect(db.all('select name from t')).toEqual([]);
  db.all('pragma max_page_count = 4000');
  expect(await db.write([small, large])).toEqual([1, 1]);
});
