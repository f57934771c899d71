import type { Exec, ExecResult } from '../../core/index.ts';
import { Unexpected } from './watch.ts';

export interface SeenTerminal {
  readonly name: string;
  readonly panePid: number;
  readonly owner: string;
  /** Name of the program that runs in the pane. */
  readonly command: string;
}

export interface TmuxViewOptions {
  readonly exec: Exec;
  readonly file: string;
  readonly socketName: string;
  readonly env: Readonly<Record<string, string>>;
}

const FORMAT = '#{session_name} #{pane_pid} #{pane_current_command} #{@reprise-owner}';
const NO_SERVER = /^(no server running on|error connecting to .* \(No such file or directory\)$)/;

/** Asks tmux itself, past the daemon: an account must not rest on what the one that is examined says. */
export class TmuxView {
  readonly #options: TmuxViewOptions;

  constructor(options: TmuxViewOptions) {
    this.#options = options;
  }

  /** All terminals there are, in order of name. None when no server runs. */
  async terminals(): Promise<SeenTerminal[]> {
    const result = await this.#run(['list-panes', '-a', '-F', FORMAT]);
    if (NO_SERVER.test(result.stderr.trim())) return [];
    if (result.code !== 0) throw new Unexpected('tmux to list its panes', `exit ${result.code}: ${result.stderr}`);
    return result.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [name = '', pid, command = '', owner = ''] = line.split(' ');
        return { name, panePid: Number(pid), owner, command };
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The text on a terminal's screen, wrapped lines joined. */
  async screen(name: string): Promise<string> {
    const result = await this.#run(['capture-pane', '-p', '-J', '-t', `=${name}:`]);
    if (result.code !== 0) throw new Unexpected(`the screen of ${name}`, `exit ${result.code}: ${result.stderr}`);
    return result.stdout;
  }

  /** What tmux says to `has-session`: empty when the session is there. */
  async complaint(name: string): Promise<string> {
    const result = await this.#run(['has-session', '-t', `=${name}`]);
    return result.code === 0 ? '' : result.stderr.trim();
  }

  async killServer(): Promise<void> {
    await this.#run(['kill-server']);
  }

  async #run(args: readonly string[]): Promise<Extract<ExecResult, { kind: 'exited' }>> {
    const { exec, file, socketName, env } = this.#options;
    const result = await exec.run({ file, args: ['-L', socketName, ...args], env, timeoutMs: 30_000 });
    if (result.kind === 'not-started') throw new Unexpected('tmux to start', result.message);
    if (result.timedOut) throw new Unexpected(`tmux to answer ${args[0]}`, 'no answer within 30 s');
    return result;
  }
}
