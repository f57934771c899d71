import { failureText } from '../../report/text.ts';
import { exploreWith } from '../campaign.ts';
import { type Command, integerOption } from '../command.ts';
import { saveFinding } from '../findings.ts';
import { Pool, usualWorkers } from '../pool.ts';
import { Progress } from '../progress.ts';
import { campaignJson, campaignText } from '../summary.ts';

/** Fewer runs than this are done before a second process would have started. */
const WORTH_A_PROCESS = 150;

export const exploreCommand: Command = {
  name: 'explore',
  summary: 'Runs generated scenarios against the core until one breaks a rule.',
  operands: '',
  count: [0, 0],
  options: {
    runs: { value: 'N', help: 'scenarios to run at most (default 2000)' },
    seed: { value: 'S', help: 'an integer; the same seed makes the same scenarios (default 1)' },
    workers: { value: 'W', help: 'processes to share the work (default: one for each core); changes no result' },
    json: { help: 'print one JSON document' },
  },
  details:
    'A failing run is shrunk, replayed and reported; a repro file and a page with its space-time view are\nwritten to .reprise/. Exit code 0: no rule was broken; 1: one was.',
  async run(io, given) {
    const runs = integerOption('explore', given, 'runs', 2_000, 1);
    const seed = integerOption('explore', given, 'seed', 1, -(2 ** 31), 2 ** 31 - 1);
    const workers = integerOption('explore', given, 'workers', usualWorkers(), 1, 256);
    const progress = new Progress(io, 'exploring', runs);
    const pool = new Pool(runs < WORTH_A_PROCESS ? 1 : workers);
    const report = await exploreWith(pool, { runs, seed }, (done) => progress.at(done)).finally(() => {
      progress.end();
      pool.close();
    });
    const saved = report.finding ? saveFinding(report.finding, seed, null) : null;
    if (given.values.json) {
      const files = saved && { repro: saved.reproPath, html: saved.htmlPath, command: saved.failure.command };
      io.out(JSON.stringify({ ...campaignJson(report), files }, null, 2));
    } else {
      io.out(campaignText(report));
      if (saved) io.out(`\n${failureText(saved.failure, saved.htmlPath)}`);
    }
    return saved ? 1 : 0;
  },
};
