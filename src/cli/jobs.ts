import { explore } from '../explore/campaign.ts';
import { type CanarySearch, runCanary } from '../explore/canaries.ts';
import type { CampaignReport, Canary, CanaryReport } from '../explore/types.ts';

/** A piece of work that any process of this program can do. Plain JSON, like its result. */
export type Job =
  /** Runs number `from` up to, not including, `to` of the campaign with this seed. */
  | { readonly kind: 'explore'; readonly seed: number; readonly from: number; readonly to: number }
  /** A known bug within a budget of runs. */
  | ({ readonly kind: 'canary'; readonly canary: Canary } & CanarySearch);

export type JobResult<J extends Job> = J extends { kind: 'explore' } ? CampaignReport : CanaryReport;

/** Whoever does jobs, so many at a time. */
export interface Jobs {
  readonly size: number;
  run<J extends Job>(job: J): Promise<JobResult<J>>;
}

/** The result depends on the job alone, not on the process that does it. */
export async function doJob(job: Job): Promise<CampaignReport | CanaryReport> {
  switch (job.kind) {
    case 'explore':
      return explore({ seed: job.seed, first: job.from, runs: job.to });
    case 'canary':
      return runCanary(job.canary, job);
  }
}
