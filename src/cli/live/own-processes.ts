import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Clock, Processes, ProcessIdentity } from '../../core/index.ts';
import { readBootId, readStat } from '../../host/proc-stat.ts';

/** A provider process that a daemon of this run has started. */
export interface OwnChild {
  readonly lane: string;
  readonly identity: ProcessIdentity;
  /** How it ended, e.g. `code 0`; null while nothing is known of its end. */
  end: string | null;
}

/** The same processes; `children` gets each that is started. */
export function trackChildren(processes: Processes, children: OwnChild[], changed: () => void): Processes {
  return {
    ...processes,
    async spawn(request, events) {
      let child: OwnChild | null = null;
      let end: string | null = null;
      const result = await processes.spawn(request, {
        ...events,
        exit(code, signal) {
          end = signal ?? `code ${code}`;
          if (child) child.end = end;
          events.exit(code, signal);
          changed();
        },
      });
      if (result.kind !== 'spawned') return result;
      child = { lane: request.lane, identity: result.child.identity, end };
      children.push(child);
      return result;
    },
  };
}

/** The same clock; `armed` holds the purpose of each timer that has neither fired nor been cancelled. */
export function trackTimers(clock: Clock, armed: Map<symbol, string>): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    timer(delayMs, purpose, fire) {
      const key = Symbol(purpose);
      armed.set(key, purpose);
      const timer = clock.timer(delayMs, purpose, () => {
        armed.delete(key);
        fire();
      });
      return {
        cancel() {
          armed.delete(key);
          timer.cancel();
        },
      };
    },
  };
}

/** Does exactly this process run? A zombie does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  const stat = readStat(identity.pid);
  return stat.kind === 'found' && stat.startTicks === identity.startTicks && stat.state !== 'Z' && stat.state !== 'X';
}

/** Name of the file that a process executes. */
export function programOf(pid: number): string {
  const file = readlinkSync(`/proc/${pid}/exe`);
  return file.slice(file.lastIndexOf('/') + 1);
}

export interface Leftover {
  readonly identity: ProcessIdentity;
  readonly command: string;
}

/**
 * Processes that have `folder` in their arguments, environment or working directory: everything that a run has started
 * directly or through others, whoever its parent is by now. Zombies do not count, nor this process. Linux only.
 */
export function processesOf(folder: string): Leftover[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((entry): Leftover[] => {
      const pid = Number(entry);
      const stat = readStat(pid);
      if (stat.kind !== 'found' || stat.state === 'Z' || stat.state === 'X') return [];
      const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
      const traces = [command, read(`/proc/${pid}/environ`), link(`/proc/${pid}/cwd`)];
      if (!traces.some((trace) => trace.includes(folder))) return [];
      return [{ identity: { pid, startTicks: stat.startTicks, bootId: readBootId() }, command }];
    });
}

/** Empty for a process that has just gone, or that is not ours to read (then it is not one of ours). */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function link(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
