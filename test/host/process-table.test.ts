import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import type { ProcessEntry } from '../../src/core/index.ts';
import { readProcessTable } from '../../src/host/process-table.ts';

const pids: number[] = [];
afterEach(() => {
  for (const pid of pids.splice(0)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
});

async function start(script: string, env: Record<string, string>): Promise<number[]> {
  const options = { cwd: '/tmp', detached: true, env: { PATH: process.env.PATH ?? '', ...env } };
  const child = spawn('sh', ['-c', script], { ...options, stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const started = [child.pid!, ...String(line).trim().split(/\s+/).filter(Boolean).map(Number)];
  pids.push(...started);
  return started;
}

async function entry(pid: number): Promise<ProcessEntry | undefined> {
  const table = await readProcessTable('REPRISE_TEST_MARK');
  return table.kind === 'known' ? table.processes.find(({ identity }) => identity.pid === pid) : undefined;
}

it('shows a process with its parent, group, session, directory and mark', async () => {
  const [parent, child] = await start('sleep 600 & echo $!; wait', { REPRISE_TEST_MARK: 'here=1' });
  expect(await entry(child!)).toEqual({
    identity: { pid: child, startTicks: expect.any(Number), bootId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    parentPid: parent,
    groupId: parent,
    sessionId: parent,
    cwd: '/tmp',
    mark: 'here=1',
  });
  expect((await entry(process.pid))?.mark).toBeNull();
});

it('shows a process that left its group and session, with the mark that it inherited', async () => {
  for (let round = 0; round < 10; round++) {
    // Looked at while it becomes another program, when it seems to have no environment.
    const [, child] = await start('setsid sleep 600 & echo $!', { REPRISE_TEST_MARK: 'x' });
    expect(await entry(child!)).toMatchObject({ mark: 'x' });
  }
});

it('leaves zombies out', async () => {
  const [, zombie] = await start('sleep 0 & echo $!; exec sleep 601', {});
  await expect.poll(() => entry(zombie!)).toBeUndefined();
  expect(process.kill(zombie!, 0)).toBe(true);
});
