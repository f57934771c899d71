import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { createClock } from '../../src/host/clock.ts';
import { createHostPorts } from '../../src/host/ports.ts';

afterEach(() => vi.useRealTimers());

it('puts the ports together around one database file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-ports-'));
  const published: unknown[] = [];
  const ports = createHostPorts({
    databaseFile: join(folder, 'db.sqlite'),
    frontend: { publish: (event) => published.push(event) },
    log: { event: () => {} },
  });
  try {
    expect(ports.database.all('select 1 as one')).toEqual([{ one: 1 }]);
    expect(ports.ids.next('run')).toMatch(/^run_[0-9a-f-]{36}$/);
    expect(ports.ids.next('run')).not.toBe(ports.ids.next('run'));
    expect(ports.ids.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(await ports.exec.run({ file: 'true', args: [], timeoutMs: 30_000 })).toMatchObject({ code: 0 });
    ports.frontend.publish({ type: 'notice', chatId: 'c', code: 'x', text: 'y' });
    expect(published).toHaveLength(1);
  } finally {
    ports.close();
    rmSync(folder, { recursive: true });
  }
});

it('gives its environment to what is started without one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-ports-'));
  const ports = createHostPorts({
    databaseFile: join(folder, 'db.sqlite'),
    frontend: { publish: () => {} },
    log: { event: () => {} },
    env: { PATH: '/usr/bin:/bin', PLACE: 'ours' },
  });
  const show = { file: 'sh', args: ['-c', 'echo "$PLACE"'] };
  try {
    expect(await ports.exec.run({ ...show, timeoutMs: 30_000 })).toMatchObject({ stdout: 'ours\n' });
    const own = { PATH: '/usr/bin:/bin', PLACE: 'its own' };
    expect(await ports.exec.run({ ...show, env: own, timeoutMs: 30_000 })).toMatchObject({ stdout: 'its own\n' });
    let stdout = '';
    await new Promise<void>((resolve) => {
      void ports.processes.spawn(
        { ...show, lane: 'test' },
        {
          stdout: (chunk) => {
            stdout += chunk;
          },
          stderr: () => {},
          stdinError: () => {},
          stdoutError: () => {},
          stdoutEnd: () => {},
          exit: () => resolve(),
        },
      );
    });
    expect(stdout).toBe('ours\n');
  } finally {
    ports.close();
    rmSync(folder, { recursive: true });
  }
});

it('fires a timer once, when it is due', () => {
  vi.useFakeTimers();
  const fire = vi.fn();
  createClock().timer(50, 'test', fire);
  vi.advanceTimersByTime(49);
  expect(fire).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_000);
  expect(fire).toHaveBeenCalledTimes(1);
});

it('fires a timer that is longer than Node’s own longest one in its time, not at once', () => {
  vi.useFakeTimers();
  const fire = vi.fn();
  const sixtyDays = 60 * 24 * 3_600_000;
  createClock().timer(sixtyDays, 'test', fire);
  vi.advanceTimersByTime(sixtyDays - 10);
  expect(fire).not.toHaveBeenCalled();
  vi.advanceTimersByTime(20);
  expect(fire).toHaveBeenCalledTimes(1);
});

it('never fires a cancelled timer', () => {
  vi.useFakeTimers();
  const fire = vi.fn();
  const clock = createClock();
  const short = clock.timer(10, 'test', fire);
  const long = clock.timer(60 * 24 * 3_600_000, 'test', fire);
  vi.advanceTimersByTime(30 * 24 * 3_600_000);
  fire.mockClear();
  short.cancel();
  long.cancel();
  long.cancel();
  vi.advanceTimersByTime(60 * 24 * 3_600_000);
  expect(fire).not.toHaveBeenCalled();
});
