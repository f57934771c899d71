/**
 * Which process of a run is this? A program starts its providers one after the other or several at once, each through a `reprise record` of its
 * own; together they are one run. Each takes the next number of its kind, atomically, so that the same program gives the same names again.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';

export interface PlaceInRun {
  /** From 1, for each label. */
  readonly number: number;
  /** The folder had no recordings when the run began. */
  readonly fresh: boolean;
}

/** `REPRISE_RUN`, or else whoever started this process (pid and start time) is the run. */
export function runName(): string {
  return process.env.REPRISE_RUN ?? `${process.ppid} ${startTime(process.ppid)}`;
}

/** The next place of the run `run` in the folder `dir`. Its state is in the temporary folder of the machine, and a few bytes. */
export function takePlace(dir: string, label: string, run = runName()): PlaceInRun {
  const base = join(tmpdir(), `reprise-runs-${userInfo().uid}`);
  mkdirSync(base, { recursive: true, mode: 0o700 });
  const state = join(
    base,
    createHash('sha256')
      .update(`${resolve(dir)}\0${run}`)
      .digest('hex')
      .slice(0, 24),
  );
  begin(base, state, dir);
  const fresh = readFileSync(join(state, 'fresh'), 'utf8') === 'yes';
  for (let number = 1; ; number++) {
    try {
      mkdirSync(join(state, `${label}-${number}`));
      return { number, fresh };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** The first of a run says what it found; a folder that is there as a whole or not at all. */
function begin(base: string, state: string, dir: string): void {
  const made = mkdtempSync(join(base, 'new-'));
  writeFileSync(join(made, 'fresh'), hasRecordings(dir) ? 'no' : 'yes');
  try {
    renameSync(made, state);
  } catch (error) {
    rmSync(made, { recursive: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

function hasRecordings(dir: string): boolean {
  try {
    return readdirSync(dir).some((name) => name.endsWith('.ndjson') || name.endsWith('.ndjson.partial'));
  } catch {
    return false;
  }
}

/** Clock ticks since boot at which the process began; empty where there is no /proc. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
