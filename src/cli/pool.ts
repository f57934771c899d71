import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { CampaignReport, CanaryReport } from '../explore/types.ts';
import { doJob, type Job, type JobResult, type Jobs } from './jobs.ts';

export interface WorkerRequest {
  readonly job: Job;
}

export type WorkerReply =
  | { readonly ok: true; readonly value: CampaignReport | CanaryReport }
  | { readonly ok: false; readonly name: string; readonly message: string; readonly stack: string };

interface Waiting {
  readonly job: Job;
  readonly done: (reply: WorkerReply) => void;
}

const WORKER = fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));
/** From source, a worker needs the loader that its parent may have got in another way. */
const LOADER = WORKER.endsWith('.ts')
  ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href]
  : [];
const MOST_WORKERS = 16;

/** How many workers pay off when nothing else is asked for. */
export function usualWorkers(): number {
  return Math.min(MOST_WORKERS, availableParallelism());
}

/**
 * Does jobs in as many warm processes as it may have; with one, in this process. What comes out does not depend on
 * their number. A process is started when there is work for it and none is idle.
 */
export class Pool implements Jobs {
  readonly size: number;
  readonly #all = new Set<ChildProcess>();
  readonly #idle: ChildProcess[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #busy = new Map<ChildProcess, Waiting>();
  #here: Promise<unknown> = Promise.resolve();

  constructor(size: number) {
    this.size = Math.max(1, size);
  }

  /** Resolves with the job's result; rejects with what it threw, or when its process died. */
  async run<J extends Job>(job: J): Promise<JobResult<J>> {
    if (this.size === 1) {
      const result = this.#here.then(() => doJob(job));
      this.#here = result.catch(() => {});
      return (await result) as JobResult<J>;
    }
    const reply = await new Promise<WorkerReply>((done) => {
      this.#waiting.push({ job, done });
      this.#assign();
    });
    if (!reply.ok) {
      const error = new Error(reply.message);
      error.name = reply.name;
      error.stack = reply.stack;
      throw error;
    }
    return reply.value as JobResult<J>;
  }

  /** Lets the processes go. Jobs that still run are given up. */
  close(): void {
    this.#waiting.length = 0;
    for (const child of this.#all) child.disconnect();
    this.#all.clear();
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const child = this.#idle.pop() ?? this.#start();
      if (!child) return;
      const waiting = this.#waiting.shift()!;
      this.#busy.set(child, waiting);
      child.send({ job: waiting.job } satisfies WorkerRequest);
    }
  }

  #start(): ChildProcess | null {
    if (this.#all.size >= this.size) return null;
    const child = fork(WORKER, { execArgv: LOADER });
    this.#all.add(child);
    child.on('message', (reply: WorkerReply) => {
      const waiting = this.#busy.get(child);
      this.#busy.delete(child);
      this.#idle.push(child);
      waiting?.done(reply);
      this.#assign();
    });
    child.on('exit', (code, signal) => {
      this.#all.delete(child);
      const waiting = this.#busy.get(child);
      this.#busy.delete(child);
      const message = `a worker process ended by ${signal ?? `exit code ${code}`} while it did a job`;
      waiting?.done({ ok: false, name: 'Error', message, stack: message });
      this.#assign();
    });
    return child;
  }
}
