/** Runs of short-lived tools: what is written down of one, and which recorded run a new one is. */
import type { ExecRecord, Json, LaneRecord, StdinDigest } from './format.ts';
import { sha256 } from './json.ts';
import { matchJson } from './match.ts';
import { type Bindings, escapeText } from './symbols.ts';
import { escapeRegExp, plainMinter, renderTemplate } from './template.ts';
import type { Mismatch } from './verdict.ts';
import { differencesOf } from './verdict.ts';

const UUID = /(?<![0-9a-fA-F])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-fA-F])/g;

/**
 * Text of a run with symbols for the places of this machine and for uuids. Each run is written down by a process of its own, so an
 * id is named by what it is, not by when it was first seen.
 */
export function execTemplate(text: string, places: Readonly<Record<string, string>>): string {
  let result = escapeText(text);
  for (const [name, path] of Object.entries(places).sort(([, a], [, b]) => b.length - a.length)) {
    const found = new RegExp(`${escapeRegExp(escapeText(path))}(?![0-9A-Za-z_-])`, 'g');
    result = result.replace(found, () => `<path:${name}>`);
  }
  return result.replace(UUID, (id) => `<uuid:${sha256(id).slice(0, 8)}>`);
}

/** What a tool was started with. */
export interface ExecAct {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * The runs that may begin next: the first that has not begun, and those that began before its end when they were recorded.
 * `begun` says of an index whether its run has begun.
 */
export function nextRuns(runs: readonly ExecRecord[], begun: (index: number) => boolean): number[] {
  const first = runs.findIndex((_, index) => !begun(index));
  if (first < 0) return [];
  const { t, ms } = runs[first] as ExecRecord;
  return runs.flatMap((run, index) => (!begun(index) && (index === first || run.t < t + ms) ? [index] : []));
}

/** Compares the start of a run with a recorded one; on success `bindings` knows its symbols. */
export function matchRun(
  record: ExecRecord,
  act: ExecAct,
  bindings: Bindings,
): Pick<Mismatch, 'differences' | 'more'> | null {
  const base = (file: string): string => file.slice(file.lastIndexOf('/') + 1);
  const expected = { file: base(record.file), args: [...record.args] };
  const result = matchJson(expected, { file: base(act.file), args: [...act.args] }, bindings);
  return result.ok ? null : differencesOf(result);
}

/** What a recorded run writes here. */
export function renderRun(
  record: ExecRecord,
  bindings: Bindings,
): { readonly stdout: string; readonly stderr: string } {
  const render = (text: string): string => String(renderTemplate(text, bindings, plainMinter(record.t)));
  return { stdout: render(record.stdout), stderr: render(record.stderr) };
}

export function sameStdin(expected: StdinDigest | null, got: StdinDigest | null): boolean {
  return expected?.sha256 === got?.sha256 && expected?.bytes === got?.bytes;
}

/** The digest as JSON, for messages. */
export const showStdin = (digest: StdinDigest | null): Json => (digest === null ? null : { ...digest });

export const isRun = (record: LaneRecord): record is ExecRecord => record.type === 'exec';
