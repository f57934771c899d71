import { describe, expect, it } from 'vitest';
import { campaignJson, campaignText, canariesText, canaryJson } from '../../src/cli/summary.ts';
import type { CampaignReport, Canary, CanaryReport, Finding } from '../../src/explore/types.ts';
import { SAMPLE_SCENARIO, sampleFailure } from '../report/sample.ts';

const { violation, result } = sampleFailure();
const FINDING: Finding = {
  violation,
  scenario: { ...SAMPLE_SCENARIO, choices: [] },
  shrunk: SAMPLE_SCENARIO,
  result,
  runs: 1_204,
  shrinkRuns: 77,
  replays: 3,
};
const CAMPAIGN: CampaignReport = {
  seed: 7,
  runs: 3_000,
  events: 1_234_567,
  virtualMs: 400_000_000,
  faults: { 'tmux-kill': 12, 'app-server-exit': 900, 'claude-kill': 12 },
  finding: null,
};
const CANARY: Canary = {
  id: 'boolean-probe',
  title: 'A terminal that is not proven to exist counts as missing',
  source: 'sessions A3',
  rules: ['live-sessions-are-kept'],
  edits: [{ file: 'a.ts', find: 'x', replace: 'y' }],
};

describe('campaignText', () => {
  it('says what was done', () => {
    expect(campaignText(CAMPAIGN)).toMatchInlineSnapshot(`
      "3,000 scenarios explored with seed 7: no rule was broken
      1,234,567 events in 4.6 days of virtual time
      Faults that acted, and in how many of the scenarios:
        app-server-exit  900
        claude-kill       12
        tmux-kill         12"
    `);
  });

  it('names the rule that broke', () => {
    expect(campaignText({ ...CAMPAIGN, faults: {}, finding: FINDING })).toMatchInlineSnapshot(`
      "3,000 scenarios explored with seed 7: rule live-sessions-are-kept broke in run 1,204
      1,234,567 events in 4.6 days of virtual time"
    `);
  });
});

it('canariesText has a row for each known bug', () => {
  const reports: CanaryReport[] = [
    { canary: CANARY, found: true, byItsRule: true, runs: 1_204, finding: FINDING },
    { canary: { ...CANARY, id: 'x' }, found: true, byItsRule: false, runs: 9, finding: FINDING },
    { canary: { ...CANARY, id: 'stale-reap-timer' }, found: false, byItsRule: false, runs: 3_000, finding: null },
  ];
  expect(canariesText(reports)).toMatchInlineSnapshot(`
    "known bug                                rule that broke          runs  size  replayed
    boolean-probe     found                  live-sessions-are-kept  1,204     4        3x
    x                 found by another rule  live-sessions-are-kept      9     4        3x
    stale-reap-timer  NOT FOUND              -                       3,000     -         -"
  `);
});

it('objects for --json hold no trace and survive JSON', () => {
  const campaign = campaignJson({ ...CAMPAIGN, finding: FINDING });
  expect(JSON.parse(JSON.stringify(campaign))).toEqual(campaign);
  expect(campaign.finding).toMatchObject({
    hash: '0123456789abcdef',
    size: 4,
    generatedSize: 3,
    scenario: SAMPLE_SCENARIO,
  });
  const canary = canaryJson({ canary: CANARY, found: true, byItsRule: true, runs: 1, finding: FINDING });
  expect(canary).toMatchObject({ id: 'boolean-probe', found: true, byItsRule: true, runs: 1 });
  expect(JSON.stringify({ campaign, canary })).not.toContain('process.start');
});
