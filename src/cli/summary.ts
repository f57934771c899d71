import type { CampaignReport, CanaryReport, Finding } from '../explore/types.ts';
import { table } from '../report/table.ts';
import { counted, grouped, longSpoken } from '../report/time.ts';
import { scenarioSize } from '../scenario/scenario.ts';

/** What a campaign did, in a few lines; how it failed is for {@link failureText}. */
export function campaignText({ seed, runs, events, virtualMs, faults, finding }: CampaignReport): string {
  const verdict = finding
    ? `rule ${finding.violation.rule.id} broke in run ${grouped(finding.runs)}`
    : 'no rule was broken';
  const acted = Object.entries(faults).sort(([one, often], [other, times]) => times - often || (one < other ? -1 : 1));
  return [
    `${counted(runs, 'scenario')} explored with seed ${seed}: ${verdict}`,
    `${counted(events, 'event')} in ${longSpoken(virtualMs)} of virtual time`,
    ...(acted.length === 0 ? [] : ['Faults that acted, and in how many of the scenarios:']),
    ...table(
      acted.map(([kind, count]) => [`  ${kind}`, grouped(count)]),
      [1],
    ),
  ].join('\n');
}

/** A row for each known bug: was it found, by which rule, after how many runs, and how small is its smallest scenario. */
export function canariesText(reports: readonly CanaryReport[]): string {
  const rows = reports.map(({ canary, found, byItsRule, runs, finding }) => [
    canary.id,
    found ? (byItsRule ? 'found' : 'found by another rule') : 'NOT FOUND',
    finding?.violation.rule.id ?? '-',
    grouped(runs),
    finding ? grouped(scenarioSize(finding.shrunk)) : '-',
    finding ? `${finding.replays}x` : '-',
  ]);
  return table([['known bug', '', 'rule that broke', 'runs', 'size', 'replayed'], ...rows], [3, 4, 5]).join('\n');
}

/** A campaign for `--json`. */
export function campaignJson({ seed, runs, events, virtualMs, faults, finding }: CampaignReport) {
  return { seed, runs, events, virtualMs, faults, finding: finding && findingJson(finding) };
}

/** A known bug for `--json`. */
export function canaryJson({ canary, found, byItsRule, runs, finding }: CanaryReport) {
  const { id, title, source, rules } = canary;
  return { id, title, source, rules, found, byItsRule, runs, finding: finding && findingJson(finding) };
}

function findingJson({ violation, scenario, shrunk, result, runs, shrinkRuns, replays }: Finding) {
  return {
    violation,
    hash: result.hash,
    runs,
    shrinkRuns,
    replays,
    generatedSize: scenarioSize(scenario),
    size: scenarioSize(shrunk),
    scenario: shrunk,
    generated: scenario,
  };
}
