/**
 * The sleepers under vitest's fake timers. A test file, because fake timers exist only inside a test; it is run by the
 * `fake-timers` row and leaves its measurement in the file that the environment names.
 */
import { writeFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import type { Sample } from './row.ts';
import { FEW_SLEEPS, SAMPLE_FILE, startSleepers } from './sleepers.ts';

test('sleepers under fake timers', async () => {
  vi.useFakeTimers({ now: 0, toFake: ['setTimeout', 'Date'] });
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const finished = startSleepers(FEW_SLEEPS, { now: () => Date.now(), sleep, woke() {} });
  const start = performance.now();
  await vi.runAllTimersAsync();
  const ms = performance.now() - start;
  vi.useRealTimers();
  const sample: Sample = { amount: FEW_SLEEPS.tasks * FEW_SLEEPS.sleeps, ms, proof: finished() };
  writeFileSync(process.env[SAMPLE_FILE]!, JSON.stringify(sample));
  expect(ms).toBeGreaterThan(0);
});
