import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type {
  Child,
  ChildEvents,
  Clock,
  InspectResult,
  Processes,
  ProcessIdentity,
  Signal,
  SignalResult,
  SpawnRequest,
  SpawnResult,
} from '../core/ports.ts';
import { readBootId, readCwd, readStat } from './proc-stat.ts';
import { readProcessTable } from './process-table.ts';
import { notStarted } from './spawn-errno.ts';

/** How long after its exit a child's output may stay open (held by a process it left behind) before it is given up (ms). */
const LINGER_MS = 1_000;

/** Child processes and the process table of the machine. */
export function createProcesses(clock: Clock): Processes {
  /** Children that were not yet reaped: their pids cannot have been reused. */
  const ours = new Map<number, ChildProcessWithoutNullStreams>();
  const self = readStat(process.pid);
  return {
    self: {
      pid: process.pid,
      startTicks: self.kind === 'found' ? self.startTicks : 0,
      bootId: readBootId(),
    },
    spawn: (request, events) => spawnChild(request, events, ours, clock),
    signal: async (identity, signal, scope) => sendSignal(identity, signal, scope, ours),
    inspect: async (pid) => inspect(pid),
    table: readProcessTable,
  };
}

function spawnChild(
  request: SpawnRequest,
  events: ChildEvents,
  ours: Map<number, ChildProcessWithoutNullStreams>,
  clock: Clock,
): Promise<SpawnResult> {
  let child: ChildProcessWithoutNullStreams;
  try {
    child = spawn(request.file, [...request.args], {
      stdio: 'pipe',
      detached: true,
      ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
      ...(request.env === undefined ? {} : { env: { ...request.env } }),
    });
  } catch (error) {
    return Promise.resolve(notStarted(error));
  }
  const { pid } = child;
  if (pid === undefined) {
    return new Promise((resolve) => child.once('error', (error) => resolve(notStarted(error))));
  }
  // Read before the event loop can reap the child: it exists at least as a zombie.
  const stat = readStat(pid);
  const identity = { pid, startTicks: stat.kind === 'found' ? stat.startTicks : 0, bootId: readBootId() };
  ours.set(pid, child);
  connect(child, events, clock, () => ours.delete(pid));
  return Promise.resolve({ kind: 'spawned', child: face(child, identity) });
}

function face(child: ChildProcessWithoutNullStreams, identity: ProcessIdentity): Child {
  return {
    identity,
    write(data) {
      if (!child.stdin.writable) return false;
      child.stdin.write(data);
      return true;
    },
    end() {
      child.stdin.end();
    },
  };
}

function connect(child: ChildProcessWithoutNullStreams, events: ChildEvents, clock: Clock, reaped: () => void): void {
  let over = false;
  const unlessOver = (report: () => void): void => {
    if (!over) report();
  };
  const errno = (error: NodeJS.ErrnoException): string => error.code ?? error.message;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => unlessOver(() => events.stdout(chunk)));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => unlessOver(() => events.stderr(chunk)));
  child.stdout.on('end', () => unlessOver(() => events.stdoutEnd()));
  child.stdin.on('error', (error) => unlessOver(() => events.stdinError(errno(error))));
  child.stdout.on('error', (error) => unlessOver(() => events.stdoutError(errno(error))));
  child.stderr.on('error', () => {});
  child.on('error', () => {});

  const finish = (code: number | null, signal: NodeJS.Signals | null): void => {
    if (over) return;
    over = true;
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
    // Signals that nobody here sends (SIGSEGV, …) are passed on by name.
    events.exit(code, signal as Signal | null);
  };
  child.on('exit', (code, signal) => {
    reaped();
    const linger = clock.timer(LINGER_MS, `output of ${child.pid}`, () => finish(code, signal));
    child.once('close', () => {
      linger.cancel();
      finish(code, signal);
    });
  });
}

/**
 * Verifies the identity, then kills; the two are not one step, so a process that ends in between can in theory be
 * mistaken. Where the start time cannot be read, only own children are signalled, others answer EPERM.
 */
function sendSignal(
  identity: ProcessIdentity,
  signal: Signal,
  scope: 'process' | 'group',
  ours: ReadonlyMap<number, unknown>,
): SignalResult {
  const { pid, startTicks, bootId } = identity;
  if (!Number.isSafeInteger(pid) || pid <= 0 || bootId !== readBootId()) return 'ESRCH';
  const stat = readStat(pid);
  if (stat.kind === 'absent') return 'ESRCH';
  if (stat.kind === 'found' && stat.startTicks !== startTicks) return 'ESRCH';
  if (stat.kind === 'unreadable' && !ours.has(pid)) return 'EPERM';
  try {
    process.kill(scope === 'group' ? -pid : pid, signal);
    return 'ok';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH' || code === 'EPERM') return code;
    throw error;
  }
}

function inspect(pid: number): InspectResult {
  if (!Number.isSafeInteger(pid) || pid <= 0) return { kind: 'unknown', reason: `not a process id: ${pid}` };
  const stat = readStat(pid);
  if (stat.kind === 'unreadable') return { kind: 'unknown', reason: stat.reason };
  if (stat.kind === 'absent')
    return hidden(pid) ? { kind: 'unknown', reason: `/proc/${pid} is hidden` } : { kind: 'gone' };
  if (stat.state === 'Z' || stat.state === 'X') return { kind: 'gone' };
  return { kind: 'alive', identity: { pid, startTicks: stat.startTicks, bootId: readBootId() }, cwd: readCwd(pid) };
}

/** With the mount option `hidepid` other users' processes are not in `/proc`, but they exist. */
function hidden(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
