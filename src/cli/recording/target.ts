/** What `record` does with what was asked for: record into which file, or replay which. */
import { existsSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { InputError, UsageError } from '../errors.ts';
import { takePlace } from './runs.ts';

export const MODES = ['once', 'new', 'all', 'none'] as const;
export type Mode = (typeof MODES)[number];

export interface Target {
  readonly what: 'record' | 'replay';
  readonly file: string;
  readonly scenario: string;
}

/** The mode when none is given: nothing is recorded where nobody looks. */
export function modeOf(given: string | undefined, ci = process.env.CI): Mode {
  const mode = MODES.find((known) => known === given);
  if (mode !== undefined) return mode;
  if (given !== undefined) throw new UsageError(`--mode must be one of ${MODES.join(', ')}, not '${given}'`, 'record');
  return ci === undefined || ci === '' || ci === 'false' || ci === '0' ? 'once' : 'none';
}

/** Throws a {@link UsageError} when `out` is neither a transcript nor a folder. */
export function isFolder(out: string): boolean {
  if (existsSync(out) && statSync(out).isDirectory()) return true;
  if (out.endsWith('.ndjson')) return false;
  if (extname(out) === '' || out.endsWith('/')) return true;
  throw new UsageError(`--out must be a file that ends in .ndjson or a folder, not '${out}'`, 'record');
}

/**
 * A file holds one process. In a folder the n-th process of a run has the n-th file of its label (`codex-2.ndjson`). Throws an
 * {@link InputError} when the mode forbids what would have to be done.
 */
export function targetOf(out: string, label: string, mode: Mode): Target {
  if (!isFolder(out)) return decide(out, mode, mode === 'once' || mode === 'new');
  const place = takePlace(out, label);
  const file = join(out, `${label}-${place.number}.ndjson`);
  // What ran at the same time as others once must not be completed by a process that ran without them.
  return decide(file, mode, mode === 'new' || (mode === 'once' && place.fresh));
}

function decide(file: string, mode: Mode, mayRecord: boolean): Target {
  const scenario = basename(file, '.ndjson');
  if (mode === 'all') return { what: 'record', file, scenario };
  if (existsSync(file)) return { what: 'replay', file, scenario };
  if (mayRecord) return { what: 'record', file, scenario };
  const why =
    mode === 'none'
      ? 'nothing is recorded in the mode none (the default where CI is set)'
      : 'the folder was recorded in an earlier run, which started fewer processes';
  const how =
    mode === 'none' ? '--mode once or --mode all' : '--mode new for what is missing, --mode all for everything';
  throw new InputError(`${file}: there is no such recording, and ${why}; record it: ${how}`);
}
