/** The workload L of facts (simulation anchors 5): N tasks in ordinary async code that each sleep K times. */
export interface Sleepers {
  readonly tasks: number;
  readonly sleeps: number;
}

/** A way to run async code in virtual time. */
export interface VirtualTime {
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Called after each sleep; `actor` names the task. */
  woke(actor: string): void;
}

/** Starts all tasks. Each sleeps 1 to 1,000 ms, over and over. Returns what they did, in order, as a hash once all is over. */
export function startSleepers({ tasks, sleeps }: Sleepers, time: VirtualTime): () => string {
  let hash = 0;
  const task = async (id: number): Promise<void> => {
    const actor = `task ${id}`;
    let random = id + 1;
    for (let step = 0; step < sleeps; step++) {
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
      await time.sleep(1 + ((random >>> 8) % 1_000));
      hash = Math.imul(hash ^ time.now(), 0x9e3779b1) ^ (id * 1_000 + step);
      time.woke(actor);
    }
  };
  for (let id = 0; id < tasks; id++) void task(id);
  return () => (hash >>> 0).toString(16);
}

/** For what is slow: as many tasks as in L, with few sleeps each. */
export const FEW_SLEEPS: Sleepers = { tasks: 1_000, sleeps: 3 };

/** The variable that says where a process leaves its measurement. */
export const SAMPLE_FILE = 'REPRISE_BENCH_SAMPLE';
