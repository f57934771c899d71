import type { Log, Processes, ProcessIdentity } from '../ports.ts';
import type { TimerGroup } from '../timer-group.ts';
import { state } from './process-table.ts';

export interface EndProcessOptions {
  readonly processes: Processes;
  readonly log: Log;
  readonly timers: TimerGroup;
  /** How long it gets after each signal, ms. */
  readonly graceMs: number;
}

/** Ends a process of ours and its group, by identity. Resolves with whether it is proven gone. */
export async function endProcess(process: ProcessIdentity, options: EndProcessOptions): Promise<boolean> {
  const { processes, log, timers, graceMs } = options;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (timers.stopped) return false;
    const sent = await processes.signal(process, signal, 'group');
    log.event('worker.signalled', { pid: process.pid, signal, sent });
    if ((await state(processes, process)) === 'gone') return true;
    await timers.sleep(graceMs, `end process ${process.pid}`);
    if ((await state(processes, process)) === 'gone') return true;
  }
  return false;
}
