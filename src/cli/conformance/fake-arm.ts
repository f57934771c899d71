import { Kernel } from '../../kernel/kernel.ts';
import { Machine } from '../../world/machine.ts';
import type { Proc } from '../../world/proc.ts';
import { installPrograms } from '../../world/programs/index.ts';
import { installTmux, type Tmux } from '../../world/tmux/index.ts';
import { UnmodelledError } from '../../world/unmodelled.ts';
import { type Arm, ENVIRONMENT, GRACE_MS, LIMIT_MS, type Outcome, type RunOptions } from './arm.ts';

/** Exit status of a case that the model could not answer; stderr says why. */
export const UNANSWERED = -1;

interface Running {
  readonly proc: Proc;
  outcome: Outcome | null;
}

/** The simulated machine. Waits are virtual. */
export class FakeArm implements Arm {
  readonly name = 'fake';
  readonly base = '/tmp/conformance';
  readonly cwd = '/home/tester';
  readonly uid = 0;
  readonly #kernel = new Kernel({ maxEvents: 10_000_000 });
  readonly #machine = new Machine(this.#kernel);
  readonly #tmux: Tmux;

  constructor() {
    this.#tmux = installTmux(this.#machine);
    const programs = installPrograms(this.#machine, this.#tmux.files);
    programs.absent.add('no-such-command-xyz');
    for (const path of ['/definitely', `${this.cwd}/relative`]) this.#machine.missingDirectories.add(path);
    this.mkdir(this.base);
  }

  async tmux(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return this.#settle([this.#start(args, options)])[0]!;
  }

  async together(all: readonly (readonly string[])[]): Promise<Outcome[]> {
    return this.#settle(all.map((args) => this.#start(args, {})));
  }

  async wait(ms: number): Promise<void> {
    this.#advance(ms, () => false);
  }

  signal(pid: number, signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL' | 'SIGTERM' | 'SIGUSR1'): void {
    this.#machine.kill(0, pid, signal);
  }

  alive(pid: number): boolean {
    return this.#machine.kill(0, pid, 0) === 'ok';
  }

  /** A simulated server never misses it. */
  remindOfChildren(): void {}

  exists(path: string): boolean {
    return this.#tmux.files.get(path) !== undefined;
  }

  remove(path: string): void {
    this.#tmux.files.remove(path);
  }

  mkdir(path: string, owner = 0): void {
    this.#tmux.files.set(path, { kind: 'directory', mode: 0o755, uid: owner });
  }

  chmod(path: string, mode: number): void {
    const node = this.#tmux.files.get(path);
    if (!node) throw new Error(`chmod: there is no ${path}`);
    node.mode = mode;
  }

  writeFile(path: string, content: string): void {
    this.#tmux.files.set(path, { kind: 'file', mode: 0o644, uid: 0, content });
  }

  async staleSocket(path: string): Promise<void> {
    this.#tmux.files.set(path, { kind: 'socket', mode: 0o755, uid: 0, listener: null });
  }

  async listen(path: string, how: 'mute' | 'closing'): Promise<() => Promise<void>> {
    this.#tmux.files.set(path, {
      kind: 'socket',
      mode: 0o755,
      uid: 0,
      listener: {
        connect(client) {
          if (how === 'closing') client.lost();
          return true;
        },
      },
    });
    return async () => {
      const node = this.#tmux.files.get(path);
      if (node?.kind === 'socket') node.listener = null;
    };
  }

  async dispose(): Promise<void> {}

  #start(args: readonly string[], { env = {}, uid = 0 }: RunOptions): Running {
    const argv = ['tmux', ...args];
    const found = this.#machine.lookUp('tmux', this.cwd);
    if (found.kind !== 'found') throw new Error('there is no tmux on the simulated machine');
    let stdout = '';
    let stderr = '';
    const running: { proc: Proc | null; outcome: Outcome | null } = { proc: null, outcome: null };
    try {
      running.proc = this.#machine.start({
        argv,
        program: found.program,
        parent: null,
        newGroup: true,
        uid,
        cwd: this.cwd,
        env: { PATH: '/usr/bin:/bin', HOME: '/root', ...ENVIRONMENT, TMUX_TMPDIR: this.base, ...env },
        sink: {
          stdout: (chunk) => {
            stdout += chunk;
          },
          stderr: (chunk) => {
            stderr += chunk;
          },
          exited: (code) => {
            running.outcome ??= { exit: code ?? 124, stdout, stderr };
          },
        },
      });
    } catch (error) {
      running.outcome = unanswered(error);
    }
    return running as Running;
  }

  #settle(all: readonly Running[]): Outcome[] {
    const failed = this.#advance(LIMIT_MS, () => all.every(({ outcome }) => outcome !== null));
    for (const running of all) {
      if (running.outcome !== null) continue;
      if (failed) {
        running.outcome = failed;
        continue;
      }
      this.#machine.kill(0, running.proc.pid, 'SIGTERM');
      const { outcome } = running as { outcome: Outcome | null };
      if (outcome === null) {
        this.#advance(GRACE_MS, () => running.outcome !== null);
        this.#machine.kill(0, running.proc.pid, 'SIGKILL');
      }
      running.outcome = { ...running.outcome!, exit: 124 };
    }
    return all.map(({ outcome }) => outcome!);
  }

  /** Runs for `ms` of virtual time or until `done`. Returns why the model had no answer, if it had none. */
  #advance(ms: number, done: () => boolean): Outcome | null {
    const until = this.#kernel.now + ms;
    // Time passes even when nothing else happens.
    this.#kernel.schedule(ms, () => {});
    try {
      while (!done() && this.#kernel.step(until));
      return null;
    } catch (error) {
      return unanswered(error);
    }
  }
}

function unanswered(error: unknown): Outcome {
  if (!(error instanceof UnmodelledError)) throw error;
  return { exit: UNANSWERED, stdout: '', stderr: error.message };
}
