import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProcessIdentity } from '../../../src/core/index.ts';
import { DaemonGuard } from '../../../src/core/locks/daemon-guard.ts';
import { Store } from '../../../src/core/store/store.ts';
import { createClock } from '../../../src/host/clock.ts';
import { type HostDatabase, openDatabase } from '../../../src/host/database.ts';
import { createProcesses } from '../../../src/host/processes.ts';

const processes = createProcesses(createClock());
const log = { event: () => {} };
const opened: HostDatabase[] = [];
let folder = '';

/** Each daemon has its own connection to the one file. */
async function open(): Promise<HostDatabase> {
  const database = openDatabase(join(folder, 'db.sqlite'));
  opened.push(database);
  await new Store(database).open();
  return database;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-guard-'));
});
afterEach(() => {
  for (const database of opened.splice(0)) database.close();
  rmSync(folder, { recursive: true });
});

async function left(by: ProcessIdentity): Promise<void> {
  (await await DaemonGuard.enter({
    database: await open(),
    log,
    processes: { ...processes, self: by },
  })) satisfies object;
}

describe('the data of a daemon', () => {
  it('has one daemon at a time', async () => {
    const first = await DaemonGuard.enter({ database: await open(), processes, log });
    const second = DaemonGuard.enter({ database: await open(), processes, log });
    await expect(second).rejects.toThrow(`the daemon with pid ${process.pid} uses this data`);
    await first.leave();
    await (await DaemonGuard.enter({ database: await open(), processes, log })).leave();
  });

  it('goes to one of many that start in the same instant on what a dead one left', async () => {
    for (let round = 0; round < 5; round++) {
      await left({ ...processes.self, startTicks: 1 });
      const databases = await Promise.all(Array.from({ length: 4 }, open));
      const starts = await Promise.allSettled(
        databases.map((database) => DaemonGuard.enter({ database, processes, log })),
      );
      const entered = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
      expect(entered).toHaveLength(1);
      await entered[0]!.leave();
    }
  });

  it('is free when its daemon is gone, also when its pid and start time are another’s after a boot', async () => {
    await left({ ...processes.self, bootId: 'an earlier boot' });
    await (await DaemonGuard.enter({ database: await open(), processes, log })).leave();
  });

  it('is not taken over from a daemon of which nothing is known', async () => {
    await left({ ...processes.self, startTicks: 1 });
    const blind = { ...processes, inspect: async () => ({ kind: 'unknown' as const, reason: 'hidden' }) };
    await expect(DaemonGuard.enter({ database: await open(), processes: blind, log })).rejects.toThrow('stop it first');
  });
});
