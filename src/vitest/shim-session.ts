/** The life of one test with shims: a folder for PATH, the recordings of the test, and what came of it. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { modeOf } from '../cli/recording/target.ts';
import { checkShims, checkText } from '../cli/shims/check.ts';
import type { ShimConfig, ShimName } from '../cli/shims/config.ts';
import { makeShims } from '../cli/shims/make.ts';
import { saveTranscript } from '../transcript/write.ts';

export interface TranscriptOptions {
  /** Folder of the recordings. Each test has a folder of its own in it, called like the test. */
  readonly folder: string;
  /** Which programs are recorded and replayed. Default: codex and claude. */
  readonly only?: readonly ShimName[];
  /**
   * - `once` (default): replays the recordings of the test; records them when there are none.
   * - `all`: records them again.
   * - `none` (default where `CI` is set): replays them; a test without any fails.
   */
  readonly mode?: 'once' | 'all' | 'none';
  /** How much faster than recorded: `1`, `10`, … Default: without pauses. */
  readonly speed?: number;
  /** A file of faults to lay over the recordings (guide `replay.md`). */
  readonly faults?: string;
}

/** What a test is given. */
export interface Shims {
  /** Folder of the executables `codex`, `claude` and so on, for programs that are told a path. */
  readonly dir: string;
  /** The environment of this process with the shims first on PATH: start the program under test with it. */
  readonly env: Readonly<Record<string, string>>;
  /** What happens in this test. */
  readonly mode: 'record' | 'replay';
  /** Where the recordings of this test are, or will be. */
  readonly recordings: string;
}

export interface ShimSession extends Shims {
  /**
   * The test is over. Throws an Error when something was said or left out that was not recorded, or when nothing was recorded. The
   * recording of a test that failed is thrown away.
   */
  end(passed: boolean): void;
}

/** `name` is that of the test. Throws an Error when there is nothing to replay, and nothing may be recorded. */
export async function beginShims(name: string, options: TranscriptOptions): Promise<ShimSession> {
  const recordings = join(resolve(options.folder), slug(name));
  const mode = options.mode ?? modeOf(undefined);
  const replays = mode !== 'all' && filesIn(recordings).length > 0;
  if (!replays && mode === 'none') {
    const why = 'nothing is recorded in the mode none (the default where CI is set)';
    throw new Error(`${recordings}: there is no recording of this test, and ${why}; run it once without CI`);
  }
  const place = mkdtempSync(join(tmpdir(), 'reprise-vitest-'));
  const dir = join(place, 'shims');
  const out = join(place, 'recordings');
  const config: ShimConfig = {
    mode: replays ? 'replay' : 'record',
    transcripts: replays ? [recordings] : [],
    out,
    state: join(place, 'state'),
    faults: options.faults === undefined || !replays ? null : resolve(options.faults),
    script: null,
    speed: String(options.speed ?? 'max'),
  };
  await makeShims(dir, options.only ?? ['codex', 'claude'], config);
  const env = Object.entries({
    ...process.env,
    PATH: `${dir}${delimiter}${process.env.PATH ?? ''}`,
    REPRISE_RUN: place,
  });
  return {
    dir,
    env: Object.fromEntries(env.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))),
    mode: replays ? 'replay' : 'record',
    recordings,
    end(passed) {
      try {
        if (replays) judge(config);
        else if (passed) keep(config, out, recordings);
      } finally {
        rmSync(place, { recursive: true, force: true });
      }
    },
  };
}

function judge(config: ShimConfig): void {
  const check = checkShims(config);
  if (check.failed.length > 0 || check.neverStarted.length > 0) {
    throw new Error(`the conversation was not as recorded:\n${checkText(check)}`);
  }
}

/** Puts what was recorded where fixtures live: files that say the same stay as they are, and those that are no more go. */
function keep(config: ShimConfig, out: string, recordings: string): void {
  checkShims(config);
  const unfinished = existsSync(out) ? readdirSync(out).filter((name) => name.endsWith('.partial')) : [];
  if (unfinished.length > 0) {
    throw new Error(
      `not recorded: ${unfinished.join(', ')} has no end yet; let the test wait until the process has ended`,
    );
  }
  const names = filesIn(out);
  if (names.length === 0) {
    throw new Error('nothing was recorded: start the program under test with the env of the shims, and let it end');
  }
  mkdirSync(recordings, { recursive: true });
  for (const name of names) saveTranscript(join(recordings, name), readFileSync(join(out, name), 'utf8'));
  for (const name of filesIn(recordings)) if (!names.includes(name)) rmSync(join(recordings, name));
}

const filesIn = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.ndjson')) : [];

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 100);
