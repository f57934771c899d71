import { resolve } from 'node:path';
import { CANARIES_DIRECTORY } from '../explore/canaries.ts';
import type { Canary, Finding, ReproFile } from '../explore/types.ts';
import type { Failure, HowFound, ReportedRun } from '../report/failure.ts';
import { runHtml } from '../report/html.ts';
import { SET_UP_MS } from '../scenario/run.ts';
import { type Scenario, scenarioSize } from '../scenario/scenario.ts';
import type { RunResult } from '../scenario/verdict.ts';
import { EXTRA_MS } from '../world/latency.ts';
import { shown, writeText } from './io.ts';
import { packageVersion } from './package.ts';
import { reproText } from './repro-file.ts';

/** Where findings are kept, below the working directory. Ignored by git. */
export const FINDINGS_DIRECTORY = '.reprise';

/** A known bug and the directory it comes from. */
export interface CanarySource {
  readonly canary: Canary;
  readonly dir: string;
}

/** The command line that runs a repro file again, from a checkout. */
export function reproCommand(path: string, dir: string = CANARIES_DIRECTORY): string {
  const from = resolve(dir) === resolve(CANARIES_DIRECTORY) ? '' : ` --dir ${quoted(shown(dir))}`;
  return `npm run reprise -- repro ${quoted(shown(path))}${from}`;
}

/** A run as the reports want it. `result` must have kept its trace. */
export function reportedRun(run: {
  readonly scenario: Scenario;
  readonly result: RunResult;
  readonly command: string;
  readonly replays: number;
  readonly found: HowFound | null;
  readonly canary: Canary | null;
}): ReportedRun {
  return { ...run, originMs: SET_UP_MS, delaysMs: EXTRA_MS };
}

/** The files of one finding. */
export interface SavedFinding {
  readonly failure: Failure;
  readonly reproPath: string;
  readonly htmlPath: string;
}

/** Writes the repro file and the page of a finding. Same finding, same names and same bytes. Throws `InputError`. */
export function saveFinding(finding: Finding, seed: number, source: CanarySource | null): SavedFinding {
  const { violation, shrunk, result, scenario, runs, shrinkRuns, replays } = finding;
  const name = source ? `canary-${source.canary.id}` : `${violation.rule.id}-seed-${seed}-run-${runs}`;
  const reproPath = `${FINDINGS_DIRECTORY}/${name}.json`;
  const htmlPath = `${FINDINGS_DIRECTORY}/${name}.html`;
  const repro: ReproFile = {
    format: 1,
    reprise: packageVersion(),
    rule: violation.rule.id,
    canary: source?.canary.id ?? null,
    hash: result.hash,
    scenario: shrunk,
  };
  const run = reportedRun({
    scenario: shrunk,
    result,
    command: reproCommand(reproPath, source?.dir),
    replays,
    found: { seed, runs, shrinkRuns, generatedSize: scenarioSize(scenario) },
    canary: source?.canary ?? null,
  });
  const failure = { ...run, violation };
  writeText(reproPath, reproText(repro));
  writeText(htmlPath, runHtml(run));
  return { failure, reproPath, htmlPath };
}

/** For a POSIX shell. */
function quoted(path: string): string {
  return /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
