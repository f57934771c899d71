import type { Executable, Machine } from '../world/machine.ts';
import type { Proc } from '../world/proc.ts';
import { BROKEN_TMUX, type BrokenTmux, brokenTmux } from './broken-tmux.ts';

/** The daemon's and its users'. */
const UID = 1000;

/** Ways in which any command-line tool does not work, simplest first; rows of facts/sessions-and-locks.md D. */
export type BrokenTool = Extract<BrokenTmux, 'ENOENT' | 'EACCES' | 'empty' | 'corrupt' | 'hangs' | 'hangs, exits 1'>;

export const BROKEN_TOOL: Pick<typeof BROKEN_TMUX, BrokenTool> = {
  ENOENT: BROKEN_TMUX.ENOENT,
  EACCES: BROKEN_TMUX.EACCES,
  empty: BROKEN_TMUX.empty,
  corrupt: BROKEN_TMUX.corrupt,
  hangs: BROKEN_TMUX.hangs,
  'hangs, exits 1': BROKEN_TMUX['hangs, exits 1'],
};

/** A command-line tool on PATH that can be broken and repaired. */
export class BreakableTool {
  /** pids of those that were not the daemon's. */
  readonly clients = new Set<number>();
  readonly #machine: Machine;
  readonly #name: string;
  readonly #working: Executable;

  /** The tool lies on the machine, and works. */
  constructor(machine: Machine, name: string) {
    this.#machine = machine;
    this.#name = name;
    this.#working = machine.executables.get(name)!;
  }

  break(how: BrokenTmux): void {
    const broken = brokenTmux(how, this.#name);
    if (broken) this.#machine.executables.set(this.#name, broken);
    else this.#machine.executables.delete(this.#name);
  }

  repair(): void {
    this.#machine.executables.set(this.#name, this.#working);
  }

  /** Somebody else than the daemon runs it as it should be, whatever has become of the file. */
  run(cwd: string, ...words: readonly string[]): Proc {
    const { program } = this.#working as Extract<Executable, { kind: 'program' }>;
    const proc = this.#machine.start({
      argv: [this.#name, ...words],
      program,
      ...{ parent: null, newGroup: true, uid: UID, cwd, env: {} },
      sink: { stdout() {}, stderr() {}, exited() {} },
    });
    this.clients.add(proc.pid);
    return proc;
  }
}
