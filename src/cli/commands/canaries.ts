import { CANARIES_DIRECTORY, CanaryError, loadCanaries } from '../../explore/canaries.ts';
import { CANARY_SEED, rememberedRuns, rememberRuns } from '../../explore/canary-runs.ts';
import type { Canary } from '../../explore/types.ts';
import { counted } from '../../report/time.ts';
import { findCanaries } from '../canaries.ts';
import { type Command, integerOption, textOption } from '../command.ts';
import { UsageError } from '../errors.ts';
import { saveFinding } from '../findings.ts';
import { shown } from '../io.ts';
import { Pool, usualWorkers } from '../pool.ts';
import { Progress } from '../progress.ts';
import { canariesText, canaryJson } from '../summary.ts';

export const canariesCommand: Command = {
  name: 'canaries',
  summary: 'Puts known bugs into copies of the core, one at a time, and checks that exploration finds each.',
  operands: '',
  count: [0, 0],
  options: {
    dir: { value: 'D', help: `directory with one JSON file for each known bug (default ${shown(CANARIES_DIRECTORY)})` },
    only: { value: 'ID', help: 'only the known bug with this id' },
    runs: { value: 'N', help: 'scenarios to run at most for each (default 5000)' },
    seed: { value: 'S', help: 'an integer; the same seed makes the same scenarios (default 1)' },
    workers: { value: 'W', help: 'processes to share the work (default: one for each core); changes no result' },
    remember: { help: 'write down in which run each was found: npm test and npm start look there first' },
    json: { help: 'print one JSON document' },
  },
  details:
    'For each one found, a repro file and a page with its space-time view are written to .reprise/.\nExit code 0: all were found; 1: one was not. An edit that no longer applies is an error (2).',
  async run(io, given) {
    const runs = integerOption('canaries', given, 'runs', 5_000, 1);
    const seed = integerOption('canaries', given, 'seed', 1, -(2 ** 31), 2 ** 31 - 1);
    const workers = integerOption('canaries', given, 'workers', usualWorkers(), 1, 256);
    const dir = textOption(given, 'dir') ?? CANARIES_DIRECTORY;
    if (given.values.remember && (seed !== CANARY_SEED || dir !== CANARIES_DIRECTORY)) {
      throw new UsageError(`--remember is for seed ${CANARY_SEED} and the known bugs of this package`, 'canaries');
    }
    const canaries = choose(await loadCanaries(dir), textOption(given, 'only'));
    const progress = new Progress(io, 'known bugs', canaries.length);
    const pool = new Pool(Math.min(workers, canaries.length));
    const reports = await findCanaries(pool, canaries, { runs, seed }, (done, last) => progress.at(done, last)).finally(
      () => {
        progress.end();
        pool.close();
      },
    );
    if (given.values.remember) rememberRuns(reports, rememberedRuns());
    const saved = reports.map(({ canary, finding }) => finding && saveFinding(finding, seed, { canary, dir }));
    const missed = reports.filter(({ found }) => !found);
    if (given.values.json) {
      const list = reports.map((report, at) => {
        const files = saved[at] && {
          repro: saved[at].reproPath,
          html: saved[at].htmlPath,
          command: saved[at].failure.command,
        };
        return { ...canaryJson(report), files };
      });
      io.out(
        JSON.stringify(
          { seed, budget: runs, found: reports.length - missed.length, of: reports.length, canaries: list },
          null,
          2,
        ),
      );
    } else {
      io.out(canariesText(reports));
      const all = missed.length === 0 ? 'all found' : `${counted(missed.length, 'was', 'were')} not found`;
      io.out(
        `\n${counted(reports.length, 'known bug')}, ${all}. Repro files and pages are in .reprise/ (canary-ID.json, canary-ID.html).`,
      );
    }
    return missed.length === 0 ? 0 : 1;
  },
};

function choose(all: readonly Canary[], only: string | undefined): readonly Canary[] {
  const chosen = only === undefined ? all : all.filter(({ id }) => id === only);
  if (chosen.length > 0) return chosen;
  throw new CanaryError(`there is no known bug '${only}'; there are: ${all.map(({ id }) => id).join(', ')}`);
}
