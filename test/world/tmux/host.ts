import type { Signal } from '../../../src/core/ports.ts';
import { Kernel } from '../../../src/kernel/kernel.ts';
import { Machine } from '../../../src/world/machine.ts';
import type { Proc, Program } from '../../../src/world/proc.ts';
import { installPrograms, type Programs } from '../../../src/world/programs/index.ts';
import { installTmux, type SessionEvent, type Tmux } from '../../../src/world/tmux/index.ts';

/** A tmux client, running or done. */
export interface Client {
  readonly proc: Proc;
  stdout: string;
  stderr: string;
  /** Undefined while it runs. */
  end: number | Signal | undefined;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly cwd?: string;
}

/** A simulated machine with tmux on it, driven by hand. */
export class Host {
  /** What the latencies of the machine are longer by, as a `delay` choice. */
  delay = 0;
  readonly kernel = new Kernel({
    keepTrace: true,
    maxEvents: 10_000_000,
    choices: { next: (kind) => (kind === 'delay' ? this.delay : 0) },
  });
  readonly machine = new Machine(this.kernel);
  readonly tmux: Tmux = installTmux(this.machine);
  readonly programs: Programs = installPrograms(this.machine, this.tmux.files);
  readonly events: SessionEvent[] = [];

  constructor() {
    this.tmux.onSession = (event) => this.events.push(event);
    this.install('worker', () => {});
    this.install('stubborn', (proc) => {
      proc.onSignal = (signal) => signal === 'SIGHUP';
    });
  }

  install(name: string, program: Program): void {
    this.machine.executables.set(name, { kind: 'program', program });
  }

  /** Starts `tmux ARGS` and returns at once. */
  start(args: readonly string[], options: StartOptions = {}): Client {
    const found = this.machine.lookUp('tmux', '/');
    if (found.kind !== 'found') throw new Error('no tmux');
    const client: { -readonly [K in keyof Client]: Client[K] } = {
      proc: undefined as never,
      stdout: '',
      stderr: '',
      end: undefined,
    };
    client.proc = this.machine.start({
      argv: ['tmux', ...args],
      program: found.program,
      parent: null,
      newGroup: true,
      uid: options.uid ?? 1000,
      cwd: options.cwd ?? '/home/u',
      env: { HOME: '/home/u', LANG: 'C.UTF-8', PATH: '/bin', ...options.env },
      sink: {
        stdout: (chunk) => {
          client.stdout += chunk;
        },
        stderr: (chunk) => {
          client.stderr += chunk;
        },
        exited: (code, signal) => {
          client.end = signal ?? code!;
        },
      },
    });
    return client;
  }

  /** Runs `tmux ARGS` to its end, at most 5 s. */
  run(args: readonly string[], options: StartOptions = {}): Client {
    const client = this.start(args, options);
    const until = this.kernel.now + 5_000;
    while (client.end === undefined && this.kernel.step(until));
    return client;
  }

  /** Lets virtual time pass. */
  wait(ms: number): void {
    const until = this.kernel.now + ms;
    this.kernel.schedule(ms, () => {});
    while (this.kernel.step(until));
  }

  /** The only server. */
  server(): Proc {
    const servers = this.tmux.servers();
    if (servers.length !== 1) throw new Error(`there are ${servers.length} servers`);
    return servers[0]!.proc;
  }

  signal(pid: number, signal: Signal): void {
    this.machine.kill(0, pid, signal);
  }

  names(): string[] {
    return this.tmux.servers().flatMap(({ sessions }) => sessions.map(({ name }) => name));
  }
}

/** `tmux new-session -d -s NAME -- PROGRAM -`. */
export const create = (name: string, program = 'worker'): string[] => {
  return ['new-session', '-d', '-s', name, '--', program, '-'];
};
