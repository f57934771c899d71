import type { ExecResult, Ports, ProcessIdentity } from '../../ports.ts';
import { exists, missing, type Probe, unknown } from '../../probe/probe.ts';
import { isAlive } from '../../process-identity.ts';
import type { Change, Terminal, TerminalBackend, TerminalSpec } from '../backend.ts';

export interface TmuxOptions {
  /** Executable, a bare name or a path. */
  readonly file: string;
  /** Server socket name (`-L`). */
  readonly socketName: string;
  /** Our label, kept in the session option `@reprise-owner`. */
  readonly owner: string;
  readonly probeTimeoutMs: number;
  readonly changeTimeoutMs: number;
}

type Exited = Extract<ExecResult, { kind: 'exited' }>;

/** `=name:` is the only target form that is exact for every tmux command (tmux 3.3a; facts/tmux.md 3). */
const exactly = (name: string): string => `=${name}:`;

/** tmux prints one such line for each pane. The name comes first: an empty answer proves nothing (facts D9, D10). */
const PANE_FORMAT = '#{session_name} #{pane_pid} #{@reprise-owner}';
const PANE_LINE = /^(\S+) (\d+) ?(\S*)$/;

/** tmux over its command line. Its words and exit codes are those of facts/tmux.md, measured on 3.3a. */
export class TmuxBackend implements TerminalBackend {
  readonly kind = 'tmux';
  readonly #ports: Pick<Ports, 'exec' | 'processes'>;
  readonly #options: TmuxOptions;

  constructor(ports: Pick<Ports, 'exec' | 'processes'>, options: TmuxOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  async probe(name: string, lastSeen: ProcessIdentity | null): Promise<Probe<Terminal>> {
    const result = await this.#run(
      ['list-panes', '-t', exactly(name), '-F', PANE_FORMAT],
      this.#options.probeTimeoutMs,
    );
    const answer = readProbe(name, result);
    return isNoServer(result) ? this.#askTheProcess(answer, lastSeen) : answer;
  }

  async create(spec: TerminalSpec): Promise<Change<Terminal>> {
    const { owner, changeTimeoutMs } = this.#options;
    const newSession = ['new-session', '-d', '-s', spec.name, '-x', '120', '-y', '40', '-c', spec.cwd];
    const print = ['-P', '-F', PANE_FORMAT];
    const label = ['set-option', '-t', exactly(spec.name), '@reprise-owner', owner];
    const result = await this.#run([...newSession, ...print, '--', ...spec.argv, ';', ...label], changeTimeoutMs);
    const failure = readFailure(result);
    if (failure) return failure;
    const pane = readPane(spec.name, (result as Exited).stdout);
    if (!pane) return { outcome: 'uncertain', reason: 'tmux new-session exited 0 without saying what it made' };
    return { outcome: 'done', value: { panePid: pane.panePid, owner } };
  }

  async kill(name: string): Promise<Change<null>> {
    const result = await this.#run(['kill-session', '-t', `=${name}`], this.#options.changeTimeoutMs);
    return readFailure(result) ?? { outcome: 'done', value: null };
  }

  /**
   * No server answers on the socket. A session ends with its server, but a socket can also be unlinked under a live one
   * (facts D6), and tmux says the same when a connection is refused: the process that was in the pane decides.
   */
  async #askTheProcess(answer: Probe<Terminal>, lastSeen: ProcessIdentity | null): Promise<Probe<Terminal>> {
    if (!lastSeen) return missing(`${answer.evidence}; and it was never seen`);
    const process = await this.#ports.processes.inspect(lastSeen.pid);
    if (process.kind === 'unknown') return unknown(`${answer.evidence}; its process cannot be inspected`);
    if (isAlive(lastSeen, process)) return unknown(`${answer.evidence}; but its process ${lastSeen.pid} is alive`);
    return missing(`${answer.evidence}; its process ${lastSeen.pid} is gone`);
  }

  #run(command: readonly string[], timeoutMs: number): Promise<ExecResult> {
    const { file, socketName } = this.#options;
    return this.#ports.exec.run({ file, args: ['-L', socketName, ...command], timeoutMs });
  }
}

/** What `list-panes -t =NAME:` says about a session. Only tmux's own words for absence are read as absence. */
export function readProbe(name: string, result: ExecResult): Probe<Terminal> {
  if (result.kind === 'not-started') return unknown(`tmux did not start: ${result.errno}`);
  // A real tmux client traps SIGTERM and exits 0: after a time-out its status means nothing (facts D1).
  if (result.timedOut) return unknown('tmux did not answer in time');
  if (result.signal !== null) return unknown(`tmux was killed by ${result.signal}`);
  if (result.code === 0) {
    const pane = readPane(name, result.stdout);
    return pane ? exists(pane, 'tmux lists its pane') : unknown('tmux exited 0 without naming the session');
  }
  if (result.code === 126 || result.code === 127) return unknown(`a shell could not run tmux: exit ${result.code}`);
  const words = result.stderr.trim();
  if (words === `can't find session: ${name}`) return missing('tmux: no such session');
  return unknown(`tmux exit ${result.code}: ${words}`);
}

/** tmux's two ways of saying that nobody listens; which one depends on whether the socket file exists (facts/tmux.md 1). */
const NO_SERVER = /^(no server running on .*|error connecting to .* \(No such file or directory\))$/;

function isNoServer(result: ExecResult): boolean {
  return result.kind === 'exited' && !result.timedOut && result.code === 1 && NO_SERVER.test(result.stderr.trim());
}

function readPane(name: string, stdout: string): Terminal | null {
  for (const line of stdout.split('\n')) {
    const match = PANE_LINE.exec(line);
    if (match && match[1] === name) return { panePid: Number(match[2]), owner: match[3] || null };
  }
  return null;
}

/** Null when the command was carried out. */
function readFailure(result: ExecResult): Change<never> | null {
  if (result.kind === 'not-started') return { outcome: 'refused', reason: `tmux did not start: ${result.errno}` };
  if (result.timedOut) return { outcome: 'uncertain', reason: 'tmux did not answer in time; it may still do it' };
  if (result.signal !== null) return { outcome: 'uncertain', reason: `tmux was killed by ${result.signal}` };
  if (result.code !== 0) return { outcome: 'refused', reason: `tmux exit ${result.code}: ${result.stderr.trim()}` };
  return null;
}
