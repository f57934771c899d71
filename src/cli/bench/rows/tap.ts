import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Row, Sample } from '../row.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const TAP = fileURLToPath(new URL(`../tap-process.${extension}`, import.meta.url));
const LOADER =
  extension === 'ts' ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] : [];
/** The real codex answers `turn/start` after 6.4 ms (median on an idle machine, facts/codex-wire 7). */
const ANSWERS_AFTER_MS = 6;
const WARM_UP = 50;
const ROUND_TRIPS = 300;
/** A frame of codex or claude has about 800 bytes (facts/record-replay-tools 4.1). */
const FRAME = `${JSON.stringify({ id: 1, method: 'turn/start', params: { text: 'x'.repeat(750) } })}\n`;

/** Answers each line with the line, after `delay` ms, measured from when it came. */
const provider = (delay: number): string[] => [
  '-e',
  `process.stdin.on('data', (data) => { ${delay === 0 ? 'process.stdout.write(data)' : `setTimeout(() => process.stdout.write(data), ${delay})`} });`,
];

/** Asks and waits, again and again, as a client of JSON-RPC does. */
async function roundTrips(command: readonly string[]): Promise<Sample> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let length = 0;
  let answered = (): void => {};
  child.stdout.on('data', (data: Buffer) => {
    length += data.length;
    if (length === FRAME.length) answered();
  });
  const ask = (): Promise<void> =>
    new Promise((resolve) => {
      length = 0;
      answered = resolve;
      child.stdin.write(FRAME);
    });
  for (let i = 0; i < WARM_UP; i++) await ask();
  const start = performance.now();
  for (let i = 0; i < ROUND_TRIPS; i++) await ask();
  const ms = performance.now() - start;
  child.stdin.end();
  await new Promise((resolve) => child.on('close', resolve));
  return { amount: ROUND_TRIPS, ms };
}

const bare = (delay: number): Promise<Sample> => roundTrips([process.execPath, ...provider(delay)]);

async function tapped(delay: number): Promise<Sample> {
  const dir = mkdtempSync(join(tmpdir(), 'reprise-bench-'));
  try {
    return await roundTrips([process.execPath, ...LOADER, TAP, join(dir, 'raw'), process.execPath, ...provider(delay)]);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

export const row: Row = {
  title: `a request and its answer, through the recorder and without: a provider that takes ${ANSWERS_AFTER_MS} ms as codex does, and one that takes no time`,
  unit: ['round trip', 'round trips'],
  mechanisms: {
    bare: () => bare(ANSWERS_AFTER_MS),
    recorded: () => tapped(ANSWERS_AFTER_MS),
    'bare, no time': () => bare(0),
    'recorded, no time': () => tapped(0),
  },
  goals: [{ kind: 'faster', mechanism: 'recorded', factor: 0.95, than: 'bare' }],
};
