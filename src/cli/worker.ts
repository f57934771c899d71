/** A process that does jobs for {@link Pool}, one at a time, until its parent closes the channel. */

import { doJob } from './jobs.ts';
import type { WorkerReply, WorkerRequest } from './pool.ts';

process.on('message', ({ job }: WorkerRequest) => {
  const reply = (message: WorkerReply) => void process.send?.(message);
  doJob(job).then(
    (value) => reply({ ok: true, value }),
    (error: Error) => reply({ ok: false, name: error.name, message: error.message, stack: error.stack ?? '' }),
  );
});
// The parent is gone, or has no more work.
process.on('disconnect', () => process.exit());
