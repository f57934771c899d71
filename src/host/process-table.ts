import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessEntry, ProcessTable } from '../core/ports.ts';
import { readBootId, readCwd, readStat } from './proc-stat.ts';

/** More readings than this are not tried when processes keep ending meanwhile; the last two are taken together. */
const READINGS = 2;
/** In the middle of `execve` a process seems to have no environment: an empty one is read this often. */
const EMPTY_READINGS = 4;
const EMPTY_PAUSE_MS = 5;

/**
 * All live processes from `/proc`, without starting any. A process that ends while the list is read may have started
 * another that is not in it: then the list is read again and both readings count.
 */
export async function readProcessTable(mark: string): Promise<ProcessTable> {
  const found = new Map<string, ProcessEntry>();
  for (let reading = 0; reading < READINGS; reading++) {
    let complete = true;
    let names: string[];
    try {
      names = readdirSync('/proc');
    } catch (error) {
      return { kind: 'unknown', reason: (error as Error).message };
    }
    const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
    if (pids.length === 0) return { kind: 'unknown', reason: 'there are no processes in /proc' };
    for (const pid of pids) {
      const entry = await readEntry(pid, mark);
      if (entry === 'absent') complete = false;
      else if (entry) found.set(`${pid} ${entry.identity.startTicks}`, entry);
    }
    if (complete) break;
  }
  return { kind: 'known', processes: [...found.values()] };
}

async function readEntry(pid: number, mark: string): Promise<ProcessEntry | 'absent' | null> {
  const stat = readStat(pid);
  if (stat.kind === 'absent') return 'absent';
  if (stat.kind === 'unreadable' || stat.state === 'Z' || stat.state === 'X') return null;
  const { startTicks, parentPid, groupId, sessionId } = stat;
  const identity = { pid, startTicks, bootId: readBootId() };
  return { identity, parentPid, groupId, sessionId, cwd: readCwd(pid), mark: await readVariable(pid, mark) };
}

/** From the environment with which the process was started; null when it is unset or may not be read. */
async function readVariable(pid: number, name: string): Promise<string | null> {
  let environment = '';
  try {
    for (let reading = 0; environment === '' && reading < EMPTY_READINGS; reading++) {
      if (reading > 0) await sleep(EMPTY_PAUSE_MS);
      environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      // Kernel threads have none, and no memory that could tell more.
      if (environment === '' && readFileSync(`/proc/${pid}/statm`, 'latin1').startsWith('0 ')) return null;
    }
  } catch {
    return null;
  }
  const setting = environment.split('\0').find((each) => each.startsWith(`${name}=`));
  return setting === undefined ? null : setting.slice(name.length + 1);
}
