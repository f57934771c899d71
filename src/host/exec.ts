import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Clock, Exec, ExecRequest, ExecResult, Signal, Timer } from '../core/ports.ts';
import { notStarted } from './spawn-errno.ts';

/** From SIGTERM to SIGKILL, and from SIGKILL to giving up on a child that even this does not end (ms). */
const GRACE_MS = 1_000;

export interface ExecLimits {
  /**
   * Most bytes of stdout and of stderr. A child that writes more is killed and reported as ended by SIGKILL, so that cut
   * output is never taken for the whole. Default 16 MiB.
   */
  readonly maxOutputBytes?: number;
}

/**
 * Commands as child processes: no shell, stdin empty. A command is over when it has exited and its output is closed; one
 * whose output is kept open by a process it left behind is reported at its time-out, with its own exit status and
 * `timedOut`, because what that process would still have written is missing.
 */
export function createExec(clock: Clock, limits: ExecLimits = {}): Exec {
  const maxOutputBytes = limits.maxOutputBytes ?? 16 * 1024 * 1024;
  return { run: (request) => run(request, clock, maxOutputBytes) };
}

function run(request: ExecRequest, clock: Clock, maxOutputBytes: number): Promise<ExecResult> {
  let child: ChildProcessByStdio<null, Readable, Readable>;
  try {
    child = spawn(request.file, [...request.args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
      ...(request.env === undefined ? {} : { env: { ...request.env } }),
    });
  } catch (error) {
    return Promise.resolve(notStarted(error));
  }
  return new Promise((resolve) => {
    let timedOut = false;
    let overflow = false;
    let exited: { code: number | null; signal: NodeJS.Signals | null } | undefined;
    let timer: Timer;

    const collect = (stream: Readable): Buffer[] => {
      const parts: Buffer[] = [];
      let size = 0;
      stream.on('data', (part: Buffer) => {
        parts.push(part.subarray(0, Math.max(0, maxOutputBytes - size)));
        size += part.length;
        if (size <= maxOutputBytes || overflow) return;
        overflow = true;
        child.kill('SIGKILL');
      });
      // A read error ends the stream; the exit status and what was read so far are the result.
      stream.on('error', () => {});
      return parts;
    };
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);

    const settle = (): void => {
      timer.cancel();
      child.stdout.destroy();
      child.stderr.destroy();
      const status = overflow ? { code: null, signal: 'SIGKILL' as const } : exited;
      resolve({
        kind: 'exited',
        code: status?.code ?? null,
        // A child can also die of signals that nobody here sends (SIGSEGV, …); the name is passed on as it is.
        signal: (status?.signal ?? null) as Signal | null,
        timedOut,
        stdout: Buffer.concat(stdout).toString('utf8'),
        stderr: Buffer.concat(stderr).toString('utf8'),
      });
    };
    const giveUp = (): void => {
      timedOut = true;
      if (exited) {
        settle();
        return;
      }
      child.kill('SIGTERM');
      timer = clock.timer(GRACE_MS, `kill ${request.file}`, () => {
        child.kill('SIGKILL');
        timer = clock.timer(exited ? 0 : GRACE_MS, `give up on ${request.file}`, settle);
      });
    };

    timer = clock.timer(request.timeoutMs, `time out ${request.file}`, giveUp);
    child.on('exit', (code, signal) => {
      exited = { code, signal };
    });
    child.on('close', settle);
    child.on('error', (error) => {
      // Also reports failed kills; only a child without a pid was never started.
      if (child.pid !== undefined) return;
      timer.cancel();
      resolve(notStarted(error));
    });
  });
}
