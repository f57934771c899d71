import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { SCHEMA } from '../../../src/core/store/schema.ts';
import { makeTables, migrate, SCHEMA_VERSIONS } from '../../../src/core/store/schema-version.ts';
import { openDatabase } from '../../../src/host/database.ts';

const folder = mkdtempSync(join(tmpdir(), 'reprise-schema-'));
afterAll(() => rmSync(folder, { recursive: true }));

const FIRST = { version: 1, tables: ['CREATE TABLE IF NOT EXISTS t (id TEXT) STRICT'], migrations: {} };
const SECOND = {
  version: 2,
  tables: ["CREATE TABLE IF NOT EXISTS t (id TEXT, colour TEXT NOT NULL DEFAULT 'red') STRICT"],
  migrations: { 1: ["ALTER TABLE t ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'"] },
};
const FOURTH = { ...SECOND, version: 4, migrations: { 2: [], 3: ['nonsense'] } };

let count = 0;
const fresh = () => openDatabase(join(folder, `${count++}.sqlite`));

async function ofFirst() {
  const database = fresh();
  await makeTables(database, FIRST);
  await database.write([{ sql: "INSERT INTO t VALUES ('a')" }]);
  return database;
}

const everything = (database: ReturnType<typeof fresh>) => [
  database.all('PRAGMA user_version'),
  database.all('SELECT sql FROM sqlite_master'),
  database.all('SELECT * FROM t'),
];

it('makes the tables of the present version, and leaves them alone when they are there', async () => {
  const database = fresh();
  for (let start = 0; start < 2; start++) {
    await makeTables(database);
    await migrate(database);
    expect(database.all('PRAGMA user_version')).toEqual([{ user_version: SCHEMA_VERSIONS.version }]);
  }
});

it('brings older tables up to date and keeps what is in them', async () => {
  const database = await ofFirst();
  await makeTables(database, SECOND);
  await migrate(database, SECOND);
  expect(database.all('SELECT * FROM t')).toEqual([{ id: 'a', colour: 'red' }]);
  expect(database.all('PRAGMA user_version')).toEqual([{ user_version: 2 }]);
});

it('changes nothing when a migration fails half-way, but for the versions before', async () => {
  const database = await ofFirst();
  await makeTables(database, SECOND);
  await migrate(database, SECOND);
  await makeTables(database, FOURTH);
  await expect(migrate(database, FOURTH)).rejects.toThrow(/nonsense/);
  expect(database.all('PRAGMA user_version')).toEqual([{ user_version: 3 }]);
  expect(database.all('SELECT * FROM t')).toEqual([{ id: 'a', colour: 'red' }]);
});

it('refuses a newer file, one that nothing leads on from, and one of another program, and says what to do', async () => {
  const newer = await ofFirst();
  await newer.write([{ sql: 'PRAGMA user_version = 7' }]);
  const stranger = await ofFirst();
  await stranger.write([{ sql: 'PRAGMA user_version = 0' }]);
  const stranded = await ofFirst();
  for (const [database, versions, words] of [
    [newer, SECOND, /sqlite: its tables are of version 7; this program needs version 2\. Start the newer program/],
    [stranded, FOURTH, /of version 1; this program needs version 4\. Open it first with .* version 2, or move it away/],
    [stranger, SECOND, /of no version; this program needs version 2\. Name another file, or move this one away/],
  ] as const) {
    const before = everything(database);
    await expect(makeTables(database, versions)).rejects.toThrow(words);
    expect(everything(database)).toEqual(before);
  }
});

it('gives tables that were made before there were versions their version', async () => {
  const database = await ofFirst();
  await database.write([{ sql: 'PRAGMA user_version = 0' }]);
  await makeTables(database, FIRST);
  expect(everything(database)[0]).toEqual([{ user_version: 1 }]);
});

it('has a new version whenever the tables change', () => {
  const digest = createHash('sha256').update(SCHEMA.join('\n')).digest('hex').slice(0, 16);
  // Not this one? Raise SCHEMA_VERSIONS.version and write the migration; then note the new digest.
  expect([SCHEMA_VERSIONS.version, digest]).toEqual([1, '9e924303de837823']);
});

it('a damaged file is refused and kept', async () => {
  const file = join(folder, 'damaged.sqlite');
  const database = openDatabase(file);
  await database.write([{ sql: 'CREATE TABLE t (id TEXT)' }, ...rows(2_000)]);
  database.all('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  const whole = readFileSync(file);
  const broken = Buffer.from(whole);
  broken.fill(0xff, 4_096, 5 * 4_096);
  for (const [name, bytes] of [
    ['torn.sqlite', broken],
    ['text.sqlite', Buffer.from('this is no database, it is a letter to a friend\n'.repeat(40))],
  ] as const) {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    expect(() => openDatabase(path)).toThrow(/sqlite cannot be used as a database: .*left as it is: restore a copy/s);
    expect(readFileSync(path).equals(bytes)).toBe(true);
  }
  const copy = join(folder, 'copy.sqlite');
  copyFileSync(file, copy);
  const good = openDatabase(copy);
  expect(good.all('SELECT count(*) AS n FROM t')).toEqual([{ n: 2_000 }]);
  good.close();
});

function rows(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    sql: 'INSERT INTO t VALUES (?)',
    params: [`row ${index} of the table`],
  }));
}
