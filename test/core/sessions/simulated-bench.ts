import type { Ports } from '../../../src/core/ports.ts';
import type { Terminal, TerminalBackend } from '../../../src/core/sessions/backend.ts';
import { inMacrotask, runKernel } from '../../../src/kernel/drain.ts';
import { Kernel } from '../../../src/kernel/kernel.ts';
import { WorldDatabase } from '../../../src/world/database.ts';
import { WorldIds } from '../../../src/world/ids.ts';
import { Incarnation } from '../../../src/world/incarnation.ts';
import { Machine } from '../../../src/world/machine.ts';
import { cat } from '../../../src/world/programs/basic.ts';
import type { BackendBench } from './conformance.ts';

export interface SimulatedBench {
  readonly machine: Machine;
  readonly ports: Ports;
  readonly kernel: Kernel;
  /** Runs a command as another program of the same user. */
  run(...argv: string[]): Promise<void>;
}

/** A machine with `cat` and `fail` (exit 3), and a daemon's ports on it. */
export function simulatedBench(): SimulatedBench {
  const kernel = new Kernel();
  const machine = new Machine(kernel);
  machine.executables.set('cat', { kind: 'program', program: cat });
  machine.executables.set('fail', { kind: 'program', program: (proc) => proc.exit(3) });
  const silent = () => {};
  const { ports } = new Incarnation({
    ...{ machine, database: new WorldDatabase(), ids: new WorldIds(), uid: 1000, number: 1, cwd: '/' },
    ...{ onPublish: silent, onLog: silent, onCommit: silent, onHangUp: silent, onFileChange: silent },
  });
  const run = async (...argv: string[]): Promise<void> => {
    const executable = machine.executables.get(argv[0]!);
    if (executable?.kind !== 'program') throw new Error(`no ${argv[0]}`);
    const sink = { stdout: silent, stderr: silent, exited: silent };
    const options = { parent: null, newGroup: true, uid: 1000, cwd: '/', env: {}, sink };
    machine.start({ argv, program: executable.program, ...options });
    await inMacrotask(() => runKernel(kernel));
  };
  return { machine, ports, kernel, run };
}

/** The parts of a bench that are the same for every simulated backend. */
export function onSimulated(
  { machine, ports, kernel }: SimulatedBench,
  backend: TerminalBackend,
): Omit<BackendBench, 'foreign' | 'beside' | 'rename' | 'stall' | 'resume' | 'killServer'> {
  const rest = () => inMacrotask(() => runKernel(kernel));
  const settle = async <Value>(asked: Promise<Value>): Promise<Value> => {
    await rest();
    return asked;
  };
  const identify = async (pid: number | null) => {
    if (pid === null) return null;
    const seen = await settle(ports.processes.inspect(pid));
    return seen.kind === 'alive' ? seen.identity : null;
  };
  return {
    backend,
    rest: async () => void (await rest()),
    settle,
    remember: async (terminal: Terminal, launch: string) => ({
      pane: await identify(terminal.panePid),
      server: await identify(terminal.serverPid),
      launch,
    }),
    runs: (pid) => machine.processes.get(pid)?.alive === true,
    close: async () => {},
  };
}
