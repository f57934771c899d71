import type { Machine } from '../machine.ts';
import type { Proc, Program } from '../proc.ts';

/** `execve(2)`: the process goes on as another program. Its handlers are gone; a signal is no longer trapped. */
export function execInto(machine: Machine, proc: Proc, argv: readonly string[], program: Program): void {
  proc.argv = argv;
  proc.onStdin = null;
  proc.onStdinEnd = null;
  proc.onSignal = null;
  machine.kernel.record(`pid ${proc.pid}`, 'process.exec', argv.join(' '));
  program(proc);
}
