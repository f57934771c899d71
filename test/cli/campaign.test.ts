import { describe, expect, it } from 'vitest';
import { exploreWith } from '../../src/cli/campaign.ts';
import type { Job, JobResult, Jobs } from '../../src/cli/jobs.ts';
import { Pool } from '../../src/cli/pool.ts';
import { explore } from '../../src/explore/campaign.ts';
import type { CampaignReport, Finding } from '../../src/explore/types.ts';
import { SAMPLE_SCENARIO, sampleFailure } from '../report/sample.ts';

/** Workers of a campaign whose runs with these numbers (from 1) fail. Jobs end in an order that depends on `pace`. */
class MadeUpJobs implements Jobs {
  readonly size: number;
  readonly started: number[] = [];
  readonly #failing: readonly number[];
  readonly #pace: (from: number) => number;

  constructor(size: number, failing: readonly number[], pace: (from: number) => number) {
    this.size = size;
    this.#failing = failing;
    this.#pace = pace;
  }

  async run<J extends Job>(job: J): Promise<JobResult<J>> {
    if (job.kind !== 'explore') throw new Error(job.kind);
    this.started.push(job.from);
    for (let turn = 0; turn < this.#pace(job.from); turn++) await null;
    const fails = this.#failing.find((run) => run > job.from && run <= job.to);
    const runs = (fails ?? job.to) - job.from;
    const { violation, result } = sampleFailure();
    const finding: Finding | null = fails
      ? {
          violation,
          scenario: SAMPLE_SCENARIO,
          shrunk: SAMPLE_SCENARIO,
          result,
          runs: fails,
          shrinkRuns: 1,
          replays: 3,
        }
      : null;
    const report: CampaignReport = {
      seed: job.seed,
      runs,
      events: 2 * runs,
      virtualMs: 3 * runs,
      faults: { a: runs },
      finding,
    };
    return report as JobResult<J>;
  }
}

const paces = [() => 1, (from: number) => 40 - from / 50, (from: number) => (from * 7) % 13];

describe('exploreWith', () => {
  it.each([1, 2, 3, 7])('with %i workers reports what one would: the first failure by number', async (size) => {
    for (const pace of paces) {
      const jobs = new MadeUpJobs(size, [330, 610, 790], pace);
      const { finding, ...rest } = await exploreWith(jobs, { runs: 1_010, seed: 9 }, () => {});
      expect(finding?.runs).toBe(330);
      expect(rest).toEqual({ seed: 9, runs: 330, events: 660, virtualMs: 990, faults: { a: 330 } });
    }
  });

  it('does every run once when none fails, and tells how far it is', async () => {
    const jobs = new MadeUpJobs(3, [], () => 2);
    const told: number[] = [];
    const report = await exploreWith(jobs, { runs: 1_010, seed: 9 }, (done) => told.push(done));
    expect(report).toEqual({
      seed: 9,
      runs: 1_010,
      events: 2_020,
      virtualMs: 3_030,
      faults: { a: 1_010 },
      finding: null,
    });
    expect(new Set(jobs.started).size).toBe(jobs.started.length);
    expect(told.at(-1)).toBe(1_010);
  });

  it('starts nothing beyond a failure', async () => {
    const jobs = new MadeUpJobs(2, [1], () => 1);
    await exploreWith(jobs, { runs: 5_000, seed: 9 }, () => {});
    expect(jobs.started.length).toBeLessThanOrEqual(3);
  });
});

describe('Pool', () => {
  it('gives the same report in two processes, in this one, and without a pool', async () => {
    const options = { runs: 60, seed: 5 };
    const alone = await explore(options);
    const [one, two] = [new Pool(1), new Pool(2)];
    try {
      expect(await exploreWith(one, options, () => {})).toEqual(alone);
      expect(await exploreWith(two, options, () => {})).toEqual(alone);
    } finally {
      two.close();
    }
  });

  it.each([1, 2])('says what a job threw, with %i processes', async (size) => {
    const pool = new Pool(size);
    const edits = [{ file: 'daemon.ts', find: 'nothing like this is there', replace: '' }];
    const canary = { id: 'stale', title: 't', source: 's', rules: ['one-initialize'], edits };
    try {
      await expect(pool.run({ kind: 'canary', canary, seed: 1, runs: 1 })).rejects.toMatchObject({
        name: 'CanaryError',
        message: expect.stringContaining('src/core/daemon.ts: the text to replace occurs 0 times, expected once'),
      });
    } finally {
      pool.close();
    }
  });
});
