import type { Executable, Machine } from '../world/machine.ts';
import type { Program } from '../world/proc.ts';
import { installTmux, type Tmux } from '../world/tmux/index.ts';
import { WORKSPACE } from './simulated-config.ts';

/** A worker in a chat's terminal: it runs until somebody ends it. */
const WORKER: Program = () => {};

/** What a shell wrapper on PATH does when the program behind it is gone (dash; facts/sessions-and-locks.md D7). */
const BROKEN_WRAPPER: Program = (proc) => {
  proc.after(2, () => {
    proc.stderr('/usr/bin/tmux: 2: exec: tmux-real: not found\n');
    proc.exit(127);
  });
};

/** The terminals as they really are, and what can happen to them. */
export class TerminalsTruth {
  readonly #machine: Machine;
  readonly #tmux: Tmux;
  readonly #working: Executable;
  readonly #socketName: string;
  #killed: string[] = [];

  constructor(machine: Machine, socketName: string) {
    this.#machine = machine;
    this.#socketName = socketName;
    this.#tmux = installTmux(machine, { names: ['tmux'] });
    this.#tmux.onSession = ({ type, name }) => {
      if (type === 'killed') this.#killed.push(name);
    };
    this.#working = machine.executables.get('tmux')!;
    machine.executables.set('worker', { kind: 'program', program: WORKER });
  }

  /** Another program of the same user opens a session on the daemon's tmux server. */
  startCoTenant(): void {
    const program = this.#working.kind === 'program' ? this.#working.program : WORKER;
    const session = ['new-session', '-d', '-s', 'rp-term-1-notes', '--', 'worker', 'notes'];
    this.#machine.start({
      argv: ['tmux', '-L', this.#socketName, ...session],
      program,
      parent: null,
      newGroup: true,
      uid: 1000,
      cwd: WORKSPACE,
      env: {},
      sink: { stdout: () => {}, stderr: () => {}, exited: () => {} },
    });
  }

  /** pid of the live process in the terminal of this name, wherever its server's socket is; null when there is none. */
  livePane(name: string): number | null {
    for (const session of this.#tmux.named(name)) {
      const pane = session.panes.find(({ alive }) => alive);
      if (pane) return pane.pid;
    }
    return null;
  }

  /** Sessions that a command has killed since the last call. */
  takeKilled(): readonly string[] {
    if (this.#killed.length === 0) return this.#killed;
    const killed = this.#killed;
    this.#killed = [];
    return killed;
  }

  /** False when no server runs. */
  stall(): boolean {
    return this.#tmux.stall() > 0;
  }

  resume(): void {
    this.#tmux.resume();
  }

  /** False when no server runs. */
  killServers(): boolean {
    return this.#tmux.kill() > 0;
  }

  breakBinary(how: 'ENOENT' | 'EACCES' | '127'): void {
    const { executables } = this.#machine;
    if (how === 'ENOENT') executables.delete('tmux');
    else if (how === 'EACCES') executables.set('tmux', { kind: 'not-executable' });
    else executables.set('tmux', { kind: 'program', program: BROKEN_WRAPPER });
  }

  repairBinary(): void {
    this.#machine.executables.set('tmux', this.#working);
  }
}
