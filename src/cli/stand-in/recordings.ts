import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, Transcript } from '../../transcript/format.ts';
import { jsonErrorAt } from '../../transcript/json-error.ts';
import { type Overlay, readOverlay } from '../../transcript/overlay.ts';
import { type PlannedFault, planFaults } from '../../transcript/overlay-plan.ts';
import type { ReadOptions } from '../../transcript/read.ts';
import { InputError } from '../errors.ts';
import { readText } from '../io.ts';
import { readRecording, unreadable } from '../reading.ts';

/** Transcripts by path; a folder stands for the `*.ndjson` in it, in order of their names. Throws {@link InputError}. */
export function readRecordings(paths: readonly string[], options: ReadOptions = {}): Transcript[] {
  return paths.flatMap(filesOf).map((path) => readRecording(path, options));
}

function filesOf(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => name.endsWith('.ndjson'));
    if (names.length === 0)
      throw new InputError(`${path}: there is no *.ndjson in it; record one with 'reprise record'`);
    return names.sort().map((name) => join(path, name));
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw unreadable(path, error);
  }
}

/** The faults of a file. Throws {@link InputError} with every problem. */
export function readFaults(path: string): Overlay {
  const text = readText(path, 'a file of faults (JSON)');
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    const at = Math.max(0, jsonErrorAt(text));
    const line = text.slice(0, at).split('\n').length;
    throw new InputError(`${path}:${line}:${at - text.lastIndexOf('\n', at - 1)}: not JSON; correct it`);
  }
  const read = readOverlay(value);
  if (read.ok) return read.overlay;
  throw new InputError(`${path}: not a file of faults:\n${read.problems.map((problem) => `  ${problem}`).join('\n')}`);
}

/** Where the faults of a file strike in these recordings. Throws {@link InputError} when one never could. */
export function planned(path: string, transcripts: readonly Transcript[]): readonly PlannedFault[] {
  const plan = planFaults(readFaults(path), transcripts);
  if (plan.ok) return plan.faults;
  const list = plan.problems.map((problem) => `  ${problem}`).join('\n');
  throw new InputError(`${path}: can never strike:\n${list}`);
}
