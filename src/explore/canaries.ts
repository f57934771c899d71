import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { tsImport } from 'tsx/esm/api';
import { allRules } from '../scenario/all-rules.ts';
import type { CoreModule } from '../scenario/core-module.ts';
import { packageRoot } from '../transcript/package-root.ts';
import { explore } from './campaign.ts';
import type { Canary, CanaryEdit, CanaryReport } from './types.ts';

/** Something is wrong with a canary itself. The message says what, where, and what to do. */
export class CanaryError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CanaryError';
  }
}

/** The known bugs that come with the project. */
export const CANARIES_DIRECTORY = join(packageRoot(), 'scenarios', 'canaries');
/** The sources of the core; edits are made to a copy of them. */
const CORE_DIRECTORY = join(packageRoot(), 'src', 'core');

/** Reads canaries, in order of their file names. Throws {@link CanaryError}. */
export async function loadCanaries(dir: string = CANARIES_DIRECTORY): Promise<Canary[]> {
  let names: string[];
  try {
    names = (await readdir(dir)).filter((name) => name.endsWith('.json')).sort();
  } catch {
    throw new CanaryError(`${dir}: no such directory; give one that holds canaries, one JSON file each`);
  }
  if (names.length === 0) throw new CanaryError(`${dir}: holds no canaries (files ending in .json)`);
  return Promise.all(names.map((name) => readCanary(join(dir, name))));
}

export interface CanarySearch {
  /** So many at most. */
  readonly runs: number;
  readonly seed: number;
  /** Number of a run, from 1, that may well find it: it is made before all others. */
  readonly tryFirst?: number;
}

/** Explores a canary until it is found or its budget is spent. Throws {@link CanaryError} when an edit does not apply. */
export async function runCanary(canary: Canary, { runs, seed, tryFirst }: CanarySearch): Promise<CanaryReport> {
  return withCanaryCore(canary, async (core) => {
    const look = async (first: number, end: number): Promise<CanaryReport> => {
      const { finding } = await explore({ runs: end, first, seed, core });
      const byItsRule = finding !== null && canary.rules.includes(finding.violation.rule.id);
      return { canary, found: finding !== null, byItsRule, runs: finding?.runs ?? end, finding };
    };
    const known = tryFirst === undefined ? null : await look(tryFirst - 1, tryFirst);
    return known?.byItsRule ? known : look(0, runs);
  });
}

/** Calls `use` with a copy of the core that has this bug. */
export async function withCanaryCore<T>(canary: Canary, use: (core: CoreModule) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'reprise-canary-'));
  try {
    const edited = await editedFiles(canary);
    await cp(CORE_DIRECTORY, join(directory, 'core'), { recursive: true });
    await writeFile(join(directory, 'package.json'), '{"type":"module"}\n');
    for (const [file, source] of edited) await writeFile(join(directory, 'core', file), source);
    const entry = pathToFileURL(join(directory, 'core', 'index.ts')).href;
    return await use((await tsImport(entry, import.meta.url)) as CoreModule);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The files of the core that a canary edits, with its edits, by path. Throws {@link CanaryError} when one does not apply. */
export async function editedFiles(canary: Canary): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const edit of canary.edits) {
    const source = files.get(edit.file) ?? (await sourceOf(canary, edit));
    const occurrences = source.split(edit.find).length - 1;
    if (occurrences !== 1) {
      const seen = `the text to replace occurs ${occurrences} times, expected once`;
      const todo = `bring the edit up to date with the core: ${JSON.stringify(edit.find)}`;
      throw new CanaryError(`${placeOf(canary, edit)}: ${seen}; ${todo}`);
    }
    files.set(
      edit.file,
      source.replace(edit.find, () => edit.replace),
    );
  }
  return files;
}

async function sourceOf(canary: Canary, edit: CanaryEdit): Promise<string> {
  try {
    return await readFile(join(CORE_DIRECTORY, edit.file), 'utf8');
  } catch {
    const todo = 'point the edit at the file that holds this code now';
    throw new CanaryError(`${placeOf(canary, edit)} does not exist (any more); ${todo}`);
  }
}

function placeOf(canary: Canary, edit: CanaryEdit): string {
  return `canary ${canary.id}: src/core/${edit.file}`;
}

async function readCanary(path: string): Promise<Canary> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new CanaryError(`${path}: not readable as JSON: ${(error as Error).message}`);
  }
  const problem = problemOf(value);
  if (problem) throw new CanaryError(`${path}: ${problem}`);
  return value as Canary;
}

function problemOf(value: unknown): string | null {
  const { id, title, source, rules, edits } = (value ?? {}) as Partial<Record<keyof Canary, unknown>>;
  for (const [name, text] of Object.entries({ id, title, source })) {
    if (typeof text !== 'string' || text === '') return `${name} must be a text`;
  }
  const known = new Set(allRules().map((rule) => rule.id));
  if (!Array.isArray(rules) || rules.length === 0) return 'rules must list the rules that are meant to catch it';
  for (const rule of rules) if (!known.has(rule)) return `there is no rule ${rule}; known: ${[...known].join(', ')}`;
  if (!Array.isArray(edits) || edits.length === 0) return 'edits must list at least one edit';
  for (const edit of edits as Partial<CanaryEdit>[]) {
    const whole = [edit.file, edit.find, edit.replace].every((text) => typeof text === 'string');
    if (!whole || edit.file?.includes('..')) return 'each edit needs file (inside src/core), find and replace';
  }
  return null;
}
