import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sleepOnKernel } from '../kernel-sleepers.ts';
import type { Row, Sample } from '../row.ts';
import { FEW_SLEEPS, SAMPLE_FILE } from '../sleepers.ts';

const TEST = fileURLToPath(new URL('../vitest-fake-timers.ts', import.meta.url));
/** The kernel is done with so few sleeps before a clock can tell: it does them this many times. */
const REPETITIONS = 50;

async function vitest(): Promise<Sample> {
  const { startVitest } = await import('vitest/node');
  const directory = mkdtempSync(join(tmpdir(), 'reprise-bench-'));
  process.env[SAMPLE_FILE] = join(directory, 'sample.json');
  try {
    const root = dirname(TEST);
    // Its report goes nowhere: standard output is for the sample.
    const options = { config: false as const, root, include: [TEST], watch: false, reporters: [{}] };
    const context = await startVitest('test', [TEST], options);
    await context.close();
    return JSON.parse(readFileSync(join(directory, 'sample.json'), 'utf8')) as Sample;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function kernel(): Promise<Sample> {
  for (let warmUp = 0; warmUp < REPETITIONS; warmUp++) await sleepOnKernel(FEW_SLEEPS);
  let proof = '';
  const start = performance.now();
  for (let at = 0; at < REPETITIONS; at++) proof = await sleepOnKernel(FEW_SLEEPS);
  const amount = FEW_SLEEPS.tasks * FEW_SLEEPS.sleeps * REPETITIONS;
  return { amount, ms: performance.now() - start, proof };
}

export const row: Row = {
  title: "vitest's fake timers: 1,000 tasks × 3 sleeps in real async code",
  unit: ['event', 'events'],
  mechanisms: { 'vi.runAllTimersAsync': vitest, kernel },
  goals: [{ kind: 'faster', mechanism: 'kernel', factor: 300, than: 'vi.runAllTimersAsync' }],
  rounds: 3,
};
