import type { Exec, ExecRequest, ExecResult, Signal } from '../core/ports.ts';
import type { Nature, Scheduled } from '../kernel/kernel.ts';
import { latency } from './latency.ts';
import type { Machine } from './machine.ts';
import type { Proc } from './proc.ts';

/** A client that ignores SIGTERM after its time-out gets SIGKILL this much later, as on the real machine. */
const KILL_GRACE_MS = 1_000;

export interface ExecPortOptions {
  readonly machine: Machine;
  readonly daemon: Proc;
  /** Of the daemon, in traces. */
  readonly name: string;
  /** Runs `work` for the daemon in `delayMs`; never after its end. */
  readonly later: (delayMs: number, nature: Nature, work: () => void) => Scheduled;
  /** The daemon does not get to run. */
  readonly frozen: () => boolean;
}

type Answer = (nature: Nature, read: () => ExecResult) => void;

/** Commands of the simulated machine as a daemon runs them. */
export class ExecPort implements Exec {
  readonly #options: ExecPortOptions;

  constructor(options: ExecPortOptions) {
    this.#options = options;
  }

  run(request: ExecRequest): Promise<ExecResult> {
    const { machine, name, later } = this.#options;
    const { kernel } = machine;
    const { file, args } = request;
    const command = `${file} ${args.join(' ')}`;
    kernel.record(name, 'exec', command);
    return new Promise((resolve) => {
      const answer = (nature: Nature, read: () => ExecResult) =>
        later(latency(kernel, 0), nature, () => {
          const result = read();
          kernel.record(name, 'exec.result', describe(result));
          resolve(result);
        });
      later(latency(kernel, 0), 'input', () => this.#start(request, answer));
    });
  }

  #start(request: ExecRequest, answer: Answer): void {
    const { machine, daemon, later, frozen } = this.#options;
    const cwd = request.cwd ?? daemon.cwd;
    const found = machine.lookUp(request.file, cwd);
    if (found.kind === 'failed') {
      const message = `spawn ${request.file} ${found.errno}`;
      answer('input', () => ({ kind: 'not-started', errno: found.errno, message }));
      return;
    }
    let stdout = '';
    let stderr = '';
    /** Some of it has been written while the daemon did not get to run. */
    let unread = false;
    let timedOut = false;
    let proc: Proc | null = null;
    const kill = (signal: Signal) => {
      if (proc?.alive) machine.kill(daemon.uid, proc.pid, signal);
    };
    const deadline = later(request.timeoutMs, 'timer', () => {
      timedOut = true;
      later(KILL_GRACE_MS, 'timer', () => kill('SIGKILL'));
      kill('SIGTERM');
    });
    proc = machine.start({
      argv: [request.file, ...request.args],
      program: found.program,
      parent: daemon,
      newGroup: false,
      uid: daemon.uid,
      cwd,
      env: request.env ?? {},
      sink: {
        stdout: (chunk) => {
          stdout += chunk;
          unread ||= frozen();
        },
        stderr: (chunk) => {
          stderr += chunk;
          unread ||= frozen();
        },
        exited: (code, signal) => {
          // One who does not get to run learns of the end when it does: its deadline may come before that.
          if (!frozen()) deadline.cancel();
          later(0, 'exit', () => proc && machine.reap(proc));
          const output = { stdout, stderr };
          answer(unread ? 'exit-after-output' : 'exit', () => {
            deadline.cancel();
            return { kind: 'exited', code, signal, timedOut, ...output };
          });
        },
      },
    });
  }
}

function describe(result: ExecResult): string {
  if (result.kind === 'not-started') return result.errno;
  const status = result.signal ?? result.code;
  return `${status}${result.timedOut ? ' timed out' : ''} ${result.stdout.trimEnd()}${result.stderr.trimEnd()}`;
}
