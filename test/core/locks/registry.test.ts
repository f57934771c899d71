import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProcessIdentity } from '../../../src/core/index.ts';
import { LOCK_MARK } from '../../../src/core/locks/evidence.ts';
import { lockFileName } from '../../../src/core/locks/lock.ts';
import { type Acquired, LockRegistry } from '../../../src/core/locks/registry.ts';
import { createClock } from '../../../src/host/clock.ts';
import { createFiles } from '../../../src/host/files.ts';
import { createIds } from '../../../src/host/ids.ts';
import { createProcesses } from '../../../src/host/processes.ts';

const clock = createClock();
const processes = createProcesses(clock);
const children: ChildProcess[] = [];
let root = '';
let locks: LockRegistry;

/** A daemon's view of the same lock folder. */
const registry = (): LockRegistry =>
  new LockRegistry({
    ports: { clock, ids: createIds(), files: createFiles(), processes, log: { event: () => {} } },
    config: { folder: join(root, 'locks'), sweepMs: 30_000 },
    chatLocks: () => [],
  });

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'reprise-locks-')));
  mkdirSync(join(root, 'repo/sub'), { recursive: true });
  mkdirSync(join(root, 'other'));
  locks = registry();
});

afterEach(async () => {
  locks.stop();
  for (const child of children.splice(0)) {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
  rmSync(root, { recursive: true });
});

const dir = (name: string): string => join(root, name);

const take = (by: string, directory: string, holders: readonly ProcessIdentity[] = [processes.self], from = locks) =>
  from.acquire({ directory: dir(directory), kind: 'auto', by, holders });

async function identityOf(pid: number): Promise<ProcessIdentity> {
  const seen = await processes.inspect(pid);
  if (seen.kind !== 'alive') throw new Error(`pid ${pid} is ${seen.kind}`);
  return seen.identity;
}

/** A process group of its own that works in `cwd` and says one line. */
async function start(script: string, cwd: string, env: Record<string, string> = {}) {
  const child = spawn('sh', ['-c', script], {
    cwd: dir(cwd),
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return { child, said: String(line).trim() };
}

const told = (acquired: Acquired): string => (acquired.ok ? 'held' : `${acquired.code}: ${acquired.reason}`);

describe('locks on directories', () => {
  it('are had by one, who is named to the next', async () => {
    expect(told(await take('one', 'repo'))).toBe('held');
    expect(told(await take('one', 'repo'))).toBe('held');
    expect(told(await take('two', 'repo'))).toBe(`locked: ${dir('repo')} is in use by one (pid ${process.pid})`);
    expect(told(await take('two', 'other'))).toBe('held');
  });

  it('cover what is below and above, by whatever path', async () => {
    symlinkSync('repo/sub', dir('link'));
    expect(told(await take('one', 'link'))).toBe('held');
    for (const path of ['repo', 'repo/sub/', 'repo/sub/../sub', 'link']) {
      expect(told(await take('two', path)), path).toContain('locked');
    }
    expect(told(await take('two', 'none'))).toContain('failed');
  });

  it('go to one of many daemons that ask in the same instant', async () => {
    for (let round = 0; round < 20; round++) {
      const daemons = Array.from({ length: 4 }, () => registry());
      const taken = await Promise.all(
        daemons.map((daemon, index) => take(`daemon ${index}`, 'repo', undefined, daemon)),
      );
      expect(taken.filter(({ ok }) => ok)).toHaveLength(1);
      for (const daemon of daemons) daemon.stop();
      rmSync(dir('locks'), { recursive: true });
    }
  });

  it('never go to two daemons of which one asks for a directory above the other’s', async () => {
    for (let round = 0; round < 20; round++) {
      const [one, two] = [registry(), registry()];
      const taken = await Promise.all([take('one', 'repo', undefined, one), take('two', 'repo/sub', undefined, two)]);
      expect(taken.filter(({ ok }) => ok).length).toBeLessThan(2);
      one.stop();
      two.stop();
      rmSync(dir('locks'), { recursive: true });
    }
  });

  it('end when their process has ended, and not before', async () => {
    const { child } = await start('echo; exec sleep 600', 'repo');
    await take('one', 'repo', [await identityOf(child.pid!)]);
    await locks.heal();
    expect(told(await take('two', 'repo'))).toContain(`(pid ${child.pid})`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(told(await take('two', 'repo'))).toBe('held');
  });

  it('end when the pid belongs to another process, or to another boot', async () => {
    const { pid, startTicks, bootId } = processes.self;
    await take('one', 'repo', [{ pid, startTicks: startTicks - 1, bootId }]);
    await take('two', 'other', [{ pid, startTicks, bootId: 'an earlier boot' }]);
    await locks.heal();
    expect((await locks.list()).locks).toEqual([]);
  });

  it('go on while an agent works there whose wrapper has died', async () => {
    const { child, said } = await start('sleep 600 & echo $!', 'repo/sub');
    const wrapper = { ...(await identityOf(Number(said))), pid: child.pid! };
    await once(child, 'exit');
    await take('one', 'repo', [wrapper]);
    expect(told(await take('two', 'repo'))).toContain('locked');
    process.kill(Number(said), 'SIGKILL');
    await expect.poll(async () => told(await take('two', 'repo'))).toBe('held');
  });

  it('go on while an agent works there that left its group and session, known by its mark', async () => {
    const { child } = await start('echo; exec sleep 600', 'repo');
    const taken = await take('one', 'repo', [await identityOf(child.pid!)]);
    const id = taken.ok ? taken.lock.id : '';
    const { said } = await start('setsid sleep 600 & echo $!', 'repo', { [LOCK_MARK]: id });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const refusal = told(await take('two', 'repo'));
    process.kill(Number(said), 'SIGKILL');
    expect(refusal).toContain('locked');
    await expect.poll(async () => told(await take('two', 'repo'))).toBe('held');
  });

  it('end although a stranger, such as its user’s own shell, works there', async () => {
    await start('echo; exec sleep 600', 'repo');
    await take('one', 'repo', [{ ...processes.self, startTicks: 1 }]);
    expect(told(await take('two', 'repo'))).toBe('held');
  });

  it('of people beat those of processes, which go on, and end when they say so', async () => {
    await take('one', 'repo');
    const manual = await locks.acquire({ directory: dir('repo'), kind: 'manual', by: 'Ada', holders: [] });
    expect(told(manual)).toBe('held');
    await locks.heal();
    expect((await locks.list()).locks.map(({ lock }) => lock.by)).toEqual(['one', 'Ada']);
    expect(told(await take('two', 'repo/sub'))).toContain('locked');
    expect(await locks.unlock(dir('repo'), 'Bob')).toBe(false);
    expect(await locks.unlock(dir('repo'), 'Ada')).toBe(true);
    expect(await locks.unlock(dir('repo'), null)).toBe(false);
    expect((await locks.list()).locks.map(({ lock }) => lock.by)).toEqual(['one']);
  });

  it('that cannot be read keep everybody out and are never touched', async () => {
    await take('one', 'repo', [{ ...processes.self, startTicks: 1 }]);
    const file = join(dir('locks'), lockFileName(dir('repo'), 'auto'));
    const torn = readFileSync(file, 'utf8').slice(0, 40);
    writeFileSync(file, torn);
    await locks.heal();
    expect(told(await take('two', 'repo/sub'))).toContain(`${file} cannot be used`);
    expect(told(await take('one', 'repo'))).toContain('locked');
    expect(readFileSync(file, 'utf8')).toBe(torn);
    expect((await locks.list()).unreadable).toMatchObject([{ path: file, directory: dir('repo') }]);
    expect(told(await take('two', 'other'))).toBe('held');
  });

  it('leave no file behind when they end', async () => {
    await take('one', 'repo', [{ ...processes.self, startTicks: 1 }]);
    await locks.heal();
    expect(readdirSync(dir('locks'))).toEqual([]);
  });
});
