import type { Clock, Exec, ExecRequest, Processes, SpawnRequest } from '../../src/core/ports.ts';

export interface DaemonPorts {
  readonly clock: Clock;
  readonly exec: Exec;
  readonly processes: Pick<Processes, 'spawn'>;
}

export interface ScriptedChildren {
  /** Prints `late` and exits with code 7 while the daemon does not get to run. */
  readonly command: Omit<ExecRequest, 'timeoutMs'>;
  /** Exits with code 4 and prints nothing. */
  readonly silent: Omit<ExecRequest, 'timeoutMs'>;
  /** Writes `one` to its stdout and exits with code 3 while the daemon does not get to run. */
  readonly child: SpawnRequest;
}

/** Everything is overdue so long after the start (ms). */
export const ALL_DUE_MS = 3_400;
/** How many lines the script says. */
export const LINES = 8;

/**
 * A daemon to which everything happens that can wait: timers, the output and the end of a child, the end of a command
 * that did not take too long. Tells `say` what it was called with, in order. `ready` is called in the callback of a
 * timer; from then on it does not get to run until all is due.
 */
export function frozenDaemonScript(
  { clock, exec, processes }: DaemonPorts,
  { command, silent, child }: ScriptedChildren,
  say: (line: string) => void,
  ready: () => void,
): void {
  const run = async (name: string, request: Omit<ExecRequest, 'timeoutMs'>): Promise<void> => {
    const result = await exec.run({ ...request, timeoutMs: 3_300 });
    if (result.kind !== 'exited') return say(`${name}: ${result.message}`);
    say(`${name} ends: ${result.code}${result.timedOut ? ' timed out' : ''} ${result.stdout.trim()}`);
  };
  void run('command', command);
  void run('silent command', silent);
  void processes.spawn(child, {
    stdout: (chunk) => say(`child says ${chunk.trim()}`),
    stderr: () => {},
    stdinError: () => {},
    stdoutError: () => {},
    stdoutEnd: () => {},
    exit: (code) => say(`child ends: ${code}`),
  });
  clock.timer(3_000, 'first', () => {
    say('timer of 3,000, due at 3,000');
    clock.timer(1, 'again', () => say('timer that another has set'));
  });
  clock.timer(3_100, 'second', () => say('timer of 3,100, due at 3,100'));
  clock.timer(200, 'set', () => {
    clock.timer(3_000, 'third', () => say('timer of 3,000, due at 3,200'));
    ready();
  });
}
