import { CANARIES_DIRECTORY, loadCanaries } from '../../explore/canaries.ts';
import { rememberedRuns } from '../../explore/canary-runs.ts';
import type { CampaignReport, CanaryReport } from '../../explore/types.ts';
import { table } from '../../report/table.ts';
import { failureText } from '../../report/text.ts';
import { counted, grouped, longSpoken } from '../../report/time.ts';
import { scenarioWords, wholeSentence } from '../../report/words.ts';
import { allRules } from '../../scenario/all-rules.ts';
import { scenarioSize } from '../../scenario/scenario.ts';
import { exploreWith } from '../campaign.ts';
import { findCanaries } from '../canaries.ts';
import { type Command, integerOption } from '../command.ts';
import { type SavedFinding, saveFinding } from '../findings.ts';
import { type Io, shown } from '../io.ts';
import type { Jobs } from '../jobs.ts';
import { Pool, usualWorkers } from '../pool.ts';
import { Progress } from '../progress.ts';
import { ownTranscripts, type ReplayOutcome } from '../replay.ts';
import { replayAll } from './replay.ts';

const SEED = 1;
const RUNS = 3_000;
/** Known bugs that took more runs than this when somebody last looked are left to `reprise canaries`. */
const SOON = 40;
/** For each known bug at most. */
const CANARY_RUNS = 5_000;
/** The known bug to draw: many actors take part, and its cause is easy to see. Any other one, if this is not found. */
const SHOWCASE = 'timeout-with-status-0-is-missing';

export const demoCommand: Command = {
  name: 'demo',
  summary: 'Shows all of it in less than a minute, without a network: this is what `npm start` runs.',
  operands: '',
  count: [0, 0],
  options: { workers: { value: 'W', help: 'processes to share the work (default: one for each core)' } },
  details:
    'Replays all recordings, explores a few thousand scenarios, finds the known bugs, and draws one of them.\nExit code 0: everything went as it should; 1: something did not.',
  async run(io, given) {
    const start = performance.now();
    const pool = new Pool(integerOption('demo', given, 'workers', usualWorkers(), 1, 256));
    try {
      io.out('Reprise makes the lifecycle bugs of coding-agent orchestrators reproducible.\n');
      const results = [await replays(io), await exploration(io, pool), await knownBugs(io, pool)];
      const seconds = ((performance.now() - start) / 1_000).toFixed(1);
      const good = results.every((result) => result);
      io.out(
        `${good ? 'Everything went as it should' : 'Something did NOT go as it should: see above'} (${seconds} s).`,
      );
      return good ? 0 : 1;
    } finally {
      pool.close();
    }
  },
};

async function replays(io: Io): Promise<boolean> {
  const outcomes = await replayAll(io, ownTranscripts());
  const failed = outcomes.filter(({ difference }) => difference !== null);
  const count = (provider: string) => outcomes.filter((outcome) => outcome.provider === provider).length;
  const verdict = failed.length === 0 ? 'all as recorded' : `${failed.length} NOT AS RECORDED`;
  io.out(`1. Recordings
   ${count('codex')} conversations with the real codex and ${count('claude')} with the real claude, had again by the core's
   own adapters with the recording in the provider's place, line by line: ${verdict}.
`);
  for (const outcome of failed) io.out(`${differenceText(outcome)}\n`);
  return failed.length === 0;
}

function differenceText({ file, difference }: ReplayOutcome): string {
  return `   ${shown(file)}\n${(difference ?? '').replace(/^/gm, '     ')}`;
}

async function exploration(io: Io, pool: Jobs): Promise<boolean> {
  const progress = new Progress(io, 'exploring', RUNS);
  const report = await exploreWith(pool, { runs: RUNS, seed: SEED }, (done) => progress.at(done));
  progress.end();
  const { runs, events, virtualMs, finding } = report;
  const verdict = finding
    ? `rule ${finding.violation.rule.id} was BROKEN`
    : `none of the ${allRules().length} rules was broken`;
  io.out(`2. Exploration
   ${grouped(runs)} random scenarios: the real core on a simulated machine, where users come and go and
   things go wrong (${troubles(report)}).
   ${grouped(events)} events in ${longSpoken(virtualMs)} of virtual time: ${verdict}.
`);
  if (finding) {
    const { failure, htmlPath } = saveFinding(finding, SEED, null);
    io.out(`${failureText(failure, htmlPath)}\n`);
  }
  return finding === null;
}

/** The kinds of faults that acted most often. */
function troubles({ faults }: CampaignReport): string {
  const often = Object.entries(faults).sort(([one, left], [other, right]) => right - left || (one < other ? -1 : 1));
  const kinds = often.slice(0, 3).map(([kind, count]) => `${kind} in ${grouped(count)}`);
  return often.length > 3
    ? `${kinds.join(', ')}, ${often.length - 3} other kinds of faults in others`
    : kinds.join(', ');
}

async function knownBugs(io: Io, pool: Jobs): Promise<boolean> {
  const all = await loadCanaries();
  const remembered = rememberedRuns();
  const soon = all.filter(({ id }) => (remembered.get(id) ?? CANARY_RUNS) <= SOON);
  const canaries = soon.length > 0 ? soon : all;
  const progress = new Progress(io, 'known bugs', canaries.length);
  const reports = await findCanaries(pool, canaries, { runs: CANARY_RUNS, seed: SEED }, (done, last) =>
    progress.at(done, last),
  );
  progress.end();
  const missed = reports.filter(({ found }) => !found);
  const verdict = missed.length === 0 ? 'each was found' : `${counted(missed.length, 'was', 'were')} NOT FOUND`;
  io.out(`3. Known bugs
   ${counted(reports.length, 'known bug')} of orchestrators, put into copies of the core one at a time: ${verdict}.
   "runs": scenarios until it was found; "size": steps, faults and choices that are left after shrinking.
   (These are the ones that are soon found; 'npm run reprise -- canaries' looks for all ${grouped(all.length)}.)
`);
  io.out(`${bugTable(reports).join('\n')}\n`);
  const one =
    reports.find(({ canary, found }) => found && canary.id === SHOWCASE) ?? reports.find(({ found }) => found);
  if (one?.finding) {
    closeUp(io, one, saveFinding(one.finding, SEED, { canary: one.canary, dir: CANARIES_DIRECTORY }));
  }
  return missed.length === 0;
}

function bugTable(reports: readonly CanaryReport[]): string[] {
  const rows = reports.map(({ canary, found, runs, finding }) => [
    found ? grouped(runs) : 'NOT FOUND',
    finding ? grouped(scenarioSize(finding.shrunk)) : '-',
    canary.title,
  ]);
  return table([['runs', 'size', 'bug'], ...rows], [0, 1]).map((row) => `   ${row}`);
}

function closeUp(io: Io, { canary }: CanaryReport, { failure, htmlPath }: SavedFinding): void {
  const { violation, scenario, delaysMs, command } = failure;
  const { setup, sentences } = scenarioWords(scenario, delaysMs);
  io.out(`4. One of them from close up
   ${canary.title}.
   What is left of the scenario that found it: ${setup}
${sentences.map((sentence) => `     - ${wholeSentence(sentence)}`).join('\n')}
   ${violation.rule.sentence}
     expected of ${violation.subject}: ${violation.expected}
     seen: ${violation.seen}

   See it as a picture   ${htmlPath}
   Run it again          ${command}
   Explore on            npm run reprise -- explore --runs 20000 --seed 2
`);
}
