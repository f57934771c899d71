import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { subjects } from './subjects.ts';

const PRINT_HASHES = 'test/kernel/determinism/print-hashes.ts';

interface Circumstances {
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** For Node and V8. */
  readonly flags?: readonly string[];
}

/** The hashes that a fresh process of its own finds. */
async function hashesElsewhere({ env, flags = [] }: Circumstances = {}): Promise<Record<string, string>> {
  const args = [...flags, '--import', 'tsx', PRINT_HASHES];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
  return JSON.parse(stdout) as Record<string, string>;
}

async function hashesHere(): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const subject of subjects) hashes[subject.name] = await subject.hash();
  return hashes;
}

/** Keeps a processor busy; ends by itself after a bounded number of turns if nobody ends it. */
function startBusyProcess(): ChildProcess {
  return spawn(process.execPath, ['-e', 'let x = 1; for (let i = 0; i < 2e10; i++) x = (x * 31) | 0; console.log(x)'], {
    stdio: 'ignore',
  });
}

describe('the same input gives the same hash', () => {
  it('every time in one process, and different inputs different ones', async () => {
    const first = await hashesHere();
    expect(await hashesHere()).toEqual(first);
    expect(new Set(Object.values(first)).size).toBe(subjects.length);
  });

  it('in two processes of their own, one of them while the processors are busy', async () => {
    const quiet = await hashesElsewhere();
    const busy = [startBusyProcess(), startBusyProcess()];
    const ended = busy.map((child) => once(child, 'exit'));
    try {
      expect(await hashesElsewhere()).toEqual(quiet);
      expect(busy.map((child) => child.exitCode)).toEqual([null, null]);
    } finally {
      for (const child of busy) child.kill('SIGKILL');
      await Promise.all(ended);
    }
    expect(await hashesHere()).toEqual(quiet);
  });

  it.each<[string, Circumstances]>([
    ['another time zone', { env: { TZ: 'Pacific/Chatham' } }],
    ['another language', { env: { LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' } }],
    ['another home and user', { env: { HOME: '/nonexistent', USER: 'somebody-else', UNRELATED: 'x'.repeat(1_000) } }],
    ['no optimising compiler and a small heap', { flags: ['--no-opt', '--max-semi-space-size=1'] }],
  ])('with %s', async (_what, circumstances) => {
    expect(await hashesElsewhere(circumstances)).toEqual(await hashesHere());
  });
});
