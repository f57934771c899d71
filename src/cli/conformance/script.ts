import type { Arm, Outcome, RunOptions } from './arm.ts';

/** One row of the table of recorded behaviour. */
export interface Row extends Outcome {
  readonly case: string;
  readonly argv: readonly string[];
  /** Wait so long after it, ms: only in tables that are played row by row. */
  readonly waitMs?: number;
}

/** Socket name of the cases. */
export const LABEL = 'reprise-conf';

/**
 * Between two cases, ms: the recording took longer than that to write a row. Without it a server that is about to exit
 * may still answer the next case.
 */
const SETTLE_MS = 25;

const COMMON = ['-L', LABEL, '-f', '/dev/null'];

/** The steps of the cases on one arm: set-up that is not recorded, and commands that are. */
export class Script {
  readonly arm: Arm;
  readonly #emit: (row: Row) => void;

  constructor(arm: Arm, emit: (row: Row) => void) {
    this.arm = arm;
    this.#emit = emit;
  }

  /** A row of a table that is played row by row, on the usual socket and without configuration. */
  async play({ case: name, argv, waitMs = 0 }: Row): Promise<void> {
    this.emit(name, argv, await this.arm.tmux([...COMMON, ...argv]));
    if (waitMs > 0) await this.wait(waitMs);
  }

  get directory(): string {
    return `${this.arm.base}/tmux-${this.arm.uid}`;
  }

  get socket(): string {
    return `${this.directory}/${LABEL}`;
  }

  /** A case: tmux with exactly these arguments. */
  async run(name: string, args: readonly string[], options?: RunOptions): Promise<void> {
    this.emit(name, args, await this.arm.tmux(args, options));
    await this.wait(SETTLE_MS);
  }

  /** A case on the usual socket, without configuration. */
  async t(name: string, args: readonly string[], options?: RunOptions): Promise<void> {
    await this.run(name, [...COMMON, ...args], options);
  }

  /** Set-up on the usual socket. */
  async q(...args: string[]): Promise<void> {
    await this.arm.tmux([...COMMON, ...args]);
  }

  wait(ms: number): Promise<void> {
    return this.arm.wait(ms);
  }

  /** A new server with one session `base` whose pane runs cat. */
  async fresh(): Promise<void> {
    await this.q('kill-server');
    await this.wait(150);
    await this.q('new-session', '-d', '-s', 'base', '-x', '80', '-y', '24', 'exec cat');
    await this.wait(100);
  }

  async serverPid(): Promise<number> {
    const { stdout } = await this.arm.tmux(['-L', LABEL, 'display-message', '-p', '#{pid}']);
    const pid = Number(stdout);
    if (!Number.isInteger(pid) || pid <= 0) throw new Error(`no pid of the server: ${JSON.stringify(stdout)}`);
    return pid;
  }

  /**
   * Waits until the server knows how its panes' programs ended. On a loaded machine the real one sometimes misses that and
   * shows a dead pane without status until the next child ends (measured: the child is a zombie all that time).
   */
  async deathsNoticed(): Promise<void> {
    await this.wait(400);
    this.arm.remindOfChildren(await this.serverPid());
    await this.wait(100);
  }

  /** A case that looks at a file: what `ls` says. */
  ls(name: string, path: string): void {
    const there = this.arm.exists(path);
    const stderr = there ? '' : `ls: cannot access '${path}': No such file or directory\n`;
    this.emit(name, ['ls', path], { exit: there ? 0 : 2, stdout: there ? `${path}\n` : '', stderr });
  }

  emit(name: string, argv: readonly string[], { exit, stdout, stderr }: Outcome): void {
    this.#emit({
      case: name,
      argv: argv.map((each) => this.#shorten(each, 400, 20)),
      exit,
      stdout: this.#shorten(stdout, 4_000, 60),
      stderr: this.#shorten(stderr, 4_000, 60),
    });
  }

  /** Replaces what differs from machine to machine, and the middle of what is very long. */
  #shorten(text: string, limit: number, keep: number): string {
    const { base, cwd, uid } = this.arm;
    const plain = text.replaceAll(base, '$TMUX_TMPDIR').replaceAll(cwd, '$PWD').replaceAll(`tmux-${uid}`, 'tmux-$UID');
    const characters = [...plain];
    return characters.length < limit ? plain : `${characters.slice(0, keep).join('')}...(${characters.length})`;
  }

  /** The commands that take a target, one case each. */
  async all(prefix: string, target: string): Promise<void> {
    const line = '#{session_name}:#{window_index}.#{pane_index} dead=#{pane_dead}';
    await this.t(`${prefix}/has-session`, ['has-session', '-t', target]);
    await this.t(`${prefix}/list-panes`, ['list-panes', '-t', target, '-F', line]);
    await this.t(`${prefix}/display-message`, ['display-message', '-p', '-t', target, '#{session_name}']);
    await this.t(`${prefix}/send-keys`, ['send-keys', '-t', target, 'x']);
    await this.t(`${prefix}/capture-pane`, ['capture-pane', '-p', '-t', target]);
    await this.t(`${prefix}/set-option`, ['set-option', '-t', target, 'status', 'off']);
    await this.t(`${prefix}/set-option-pane`, ['set-option', '-p', '-t', target, 'remain-on-exit', 'on']);
    await this.t(`${prefix}/show-options`, ['show-options', '-v', '-t', target, 'status']);
    await this.t(`${prefix}/pipe-pane`, ['pipe-pane', '-t', target, 'cat >/dev/null']);
    await this.t(`${prefix}/respawn-pane`, ['respawn-pane', '-k', '-t', target, 'exec cat']);
    await this.t(`${prefix}/rename-session`, ['rename-session', '-t', target, 'renamed']);
    await this.t(`${prefix}/attach-session`, ['attach-session', '-t', target]);
    await this.t(`${prefix}/kill-session`, ['kill-session', '-t', target]);
  }
}

/** A group of cases with its own directory, so that groups do not see each other. */
export interface Section {
  readonly name: string;
  readonly play: (script: Script) => Promise<void>;
}
