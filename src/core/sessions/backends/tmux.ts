import type { Exec, ExecResult, Processes, ProcessIdentity } from '../../ports.ts';
import { exists, missing, type Probe, unknown } from '../../probe/probe.ts';
import {
  type Change,
  type LastSeen,
  MAX_INPUT,
  readFailure,
  type Terminal,
  type TerminalBackend,
  type TerminalSpec,
} from '../backend.ts';
import { findLaunched, LAUNCH_MARK, state } from '../process-table.ts';
import { isNoServer, isNoSession, PANE_FORMAT, readPanes, readProbe } from './tmux-answers.ts';

export interface TmuxOptions {
  /** Executable, a bare name or a path. */
  readonly file: string;
  /** Server socket name (`-L`). */
  readonly socketName: string;
  /** Our label, kept in the pane option `@reprise-owner`; letters, digits, `.`, `_` and `-`. */
  readonly owner: string;
  readonly probeTimeoutMs: number;
  readonly changeTimeoutMs: number;
}

export interface TmuxPorts {
  /** Where commands for the server go. */
  readonly exec: Exec;
  readonly processes: Processes;
}

type Exited = Extract<ExecResult, { kind: 'exited' }>;

/** `=name:` is the only target form that is exact for every tmux command (tmux 3.3a; facts/tmux.md 3). */
const exactly = (name: string): string => `=${name}:`;

/** What a guarded command prints when it was not carried out. */
const NOT_DONE = 'reprise: not done';
const TYPED = 'reprise: typed';

/** tmux over its command line. Its words and exit codes are those of facts/tmux.md, measured on 3.3a. */
export class TmuxBackend implements TerminalBackend {
  readonly kind = 'tmux';
  readonly #ports: TmuxPorts;
  readonly #options: TmuxOptions;
  /** pid of the server that last named itself; null before. */
  #serverPid: number | null = null;
  /** By launch label, the server that may still make the terminal. */
  readonly #asked = new Map<string, ProcessIdentity>();

  /** Throws RangeError when the owner's label could not stand in a tmux format. */
  constructor(ports: TmuxPorts, options: TmuxOptions) {
    if (!/^[\w.-]+$/.test(options.owner))
      throw new RangeError(`owner ${JSON.stringify(options.owner)}: use letters, digits, '.', '_' and '-' only`);
    this.#ports = ports;
    this.#options = options;
  }

  /**
   * | tmux says | pane's process | its server | verdict |
   * |---|---|---|---|
   * | the pane | | | exists |
   * | other panes, none of them ours though one was asked for | | | as if there were no such session |
   * | no such session | gone | | missing |
   * | no such session, but another with our labels or this process | | | exists: its user renamed it |
   * | no such session | alive | the one that answered, or gone | missing: nobody can reach the process any more |
   * | no such session | alive | another one, or not known | unknown: that one may have it (facts D6) |
   * | no server | gone | | missing |
   * | no server | alive | gone | missing |
   * | no server | alive | alive, or not known | unknown: its socket may have been unlinked |
   * | no session, no server | never seen; one with its label runs | | unknown, or missing if no server keeps it |
   * | no session, no server | never seen; none with its label runs | | missing |
   * | anything else | | | unknown |
   */
  async probe(name: string, lastSeen: LastSeen): Promise<Probe<Terminal>> {
    const { probeTimeoutMs } = this.#options;
    const result = await this.#run(['list-panes', '-s', '-t', exactly(name), '-F', PANE_FORMAT], probeTimeoutMs);
    const answer = readProbe(name, result, lastSeen, this.#options.owner);
    if (answer.verdict === 'exists') this.#serverPid = answer.found.serverPid;
    if (answer.verdict === 'exists' && lastSeen.launch !== null && answer.found.owner !== this.#options.owner)
      return this.#askTheProcess(missing('tmux: a session of this name is not ours'), lastSeen, false);
    if (!isNoServer(result) && !isNoSession(name, result)) return answer;
    return this.#askTheProcess(answer, lastSeen, isNoServer(result));
  }

  async create(spec: TerminalSpec): Promise<Change<Terminal>> {
    const { owner, changeTimeoutMs } = this.#options;
    const at = exactly(spec.name);
    const variables = Object.entries({ [LAUNCH_MARK]: spec.launch, ...spec.env });
    const result = await this.#run(
      [
        ...['new-session', '-d', '-s', spec.name, '-x', '120', '-y', '40', '-c', spec.cwd],
        ...variables.flatMap(([name, value]) => ['-e', `${name}=${value}`]),
        ...['-P', '-F', PANE_FORMAT, '--', ...spec.argv],
        // In the same breath: no client ever sees the session without its labels, and a program that ends at once is kept.
        // The pane has them, not the session: its user may open other windows in that.
        ...[';', 'set-option', '-p', '-t', at, '@reprise-owner', owner],
        ...[';', 'set-option', '-p', '-t', at, '@reprise-launch', spec.launch],
        ...[';', 'set-option', '-p', '-t', at, 'remain-on-exit', 'on'],
        // Nor are programs in those ours.
        ...variables.flatMap(([name]) => [';', 'set-environment', '-u', '-t', at, name]),
      ],
      changeTimeoutMs,
    );
    const failure = readFailure('tmux', result);
    if (failure?.outcome === 'uncertain') await this.#noteAsked(spec.launch);
    const nameTaken = failure?.outcome === 'refused' && failure.reason.endsWith(`: duplicate session: ${spec.name}`);
    if (failure) return nameTaken ? { ...failure, nameTaken } : failure;
    const [pane] = readPanes((result as Exited).stdout);
    if (!pane) return { outcome: 'uncertain', reason: 'tmux new-session exited 0 without saying what it made' };
    return { outcome: 'done', value: { ...pane, owner, launch: spec.launch } };
  }

  async send(terminal: Terminal, text: string): Promise<Change<null>> {
    if (text.length > MAX_INPUT) return { outcome: 'refused', reason: `longer than ${MAX_INPUT} characters` };
    // Exit status 0 alone proves nothing (facts D9): tmux has to say it.
    const keys = `send-keys -l -t '${terminal.paneId}' -- ${quoted(text)} ; display-message -p '${TYPED}'`;
    // Keys for a dead pane would be dropped, and those for a pane in copy mode would be commands to it.
    const takesKeys = '#{==:#{pane_dead}#{pane_in_mode},00}';
    const samePane = `#{==:#{pane_pid},${terminal.panePid}}`;
    return this.#guarded(terminal.paneId, `#{&&:${takesKeys},${samePane}}`, keys, TYPED);
  }

  async capture(terminal: Terminal): Promise<string | null> {
    const at = terminal.paneId;
    const who = ['display-message', '-p', '-t', at, '#{pane_pid}'];
    const show = ['capture-pane', '-p', '-J', '-t', at];
    const result = await this.#run([...who, ';', ...show], this.#options.probeTimeoutMs);
    if (readFailure('tmux', result)) return null;
    const [first, ...lines] = (result as Exited).stdout.split('\n');
    return first === String(terminal.panePid) ? lines.join('\n').trimEnd() : null;
  }

  async kill({ launch, end, paneId, panePid }: Terminal): Promise<Change<null>> {
    const ours = `#{==:#{@reprise-owner},${this.#options.owner}}`;
    const same = `#{==:#{@reprise-launch},${launch ?? ''}}`;
    const isOver = `#{==:#{pane_dead}#{pane_pid},${end ? 1 : 0}${panePid}}`;
    // Its session ends with its last pane.
    return this.#guarded(paneId, `#{&&:#{&&:${ours},${same}},${isOver}}`, `kill-pane -t '${paneId}'`);
  }

  /**
   * Runs a command if the condition holds when the server gets to it: a stalled server may be asked now and act later,
   * when the name belongs to another session (facts D1b, H16). `done` is what the command prints in the end, if anything.
   */
  async #guarded(target: string, condition: string, command: string, done = ''): Promise<Change<null>> {
    const otherwise = `display-message -p '${NOT_DONE}'`;
    const result = await this.#run(
      ['if-shell', '-F', '-t', target, condition, command, otherwise],
      this.#options.changeTimeoutMs,
    );
    const failure = readFailure('tmux', result);
    if (failure) return failure;
    const said = (result as Exited).stdout.trim();
    if (said === NOT_DONE) return { outcome: 'refused', reason: 'it is not the terminal that was seen, or not ours' };
    if (said !== done) return { outcome: 'uncertain', reason: 'tmux exited 0 without saying that it was done' };
    return { outcome: 'done', value: null };
  }

  /** All panes of the server that answers; null when none did. */
  async #everything(): Promise<Terminal[] | null> {
    const result = await this.#run(['list-panes', '-a', '-F', PANE_FORMAT], this.#options.probeTimeoutMs);
    return readFailure('tmux', result) ? null : readPanes((result as Exited).stdout);
  }

  /** Nobody knows a session of this name. */
  async #askTheProcess(answer: Probe<Terminal>, seen: LastSeen, noServer: boolean): Promise<Probe<Terminal>> {
    const { pane, server, launch } = seen;
    if (!pane && launch === null) return missing(answer.evidence);
    const process = pane ? await state(this.#ports.processes, pane) : 'unknown';
    if (pane && process === 'gone') return missing(`${answer.evidence}; its process ${pane.pid} is gone`);
    const panes = noServer ? null : await this.#everything();
    const renamed = panes?.find((each) => this.#isOurs(each, seen));
    if (renamed) return exists(renamed, `tmux lists it as ${renamed.name}`);
    if (!pane && (await this.#mayStillCome(launch!, panes?.[0]?.serverPid)))
      return unknown(`${answer.evidence}; but the server that was to make it has not answered`);
    if (!pane) return this.#askForTheProcess(answer, launch!);
    if (process === 'unknown') return unknown(`${answer.evidence}; its process cannot be inspected`);
    const keeper = server === null ? 'unknown' : await state(this.#ports.processes, server);
    if (keeper === 'gone' || (keeper === 'alive' && server?.pid === panes?.[0]?.serverPid))
      return missing(`${answer.evidence}; its process ${pane.pid} is alive, but no server has it any more`, pane);
    return unknown(`${answer.evidence}; but its process ${pane.pid} is alive`);
  }

  #isOurs(terminal: Terminal, { pane, launch }: LastSeen): boolean {
    if (launch !== null) return terminal.launch === launch && terminal.owner === this.#options.owner;
    return terminal.panePid === pane?.pid;
  }

  /** A server carries out what it was asked even when it has lost its socket meanwhile (facts D1b, D6). */
  async #noteAsked(launch: string): Promise<void> {
    const server = this.#serverPid === null ? null : await this.#ports.processes.inspect(this.#serverPid);
    if (server?.kind === 'alive') this.#asked.set(launch, server.identity);
  }

  async #mayStillCome(launch: string, answering: number | null | undefined): Promise<boolean> {
    const asked = this.#asked.get(launch);
    if (!asked) return false;
    if (asked.pid !== answering && (await state(this.#ports.processes, asked)) !== 'gone') return true;
    this.#asked.delete(launch);
    return false;
  }

  /** It was asked for, perhaps made, and never seen: a daemon may have died in between. */
  async #askForTheProcess(answer: Probe<Terminal>, launch: string): Promise<Probe<Terminal>> {
    const found = await findLaunched(this.#ports.processes, launch);
    if (found.kind === 'unknown') return unknown(`${answer.evidence}; the process table: ${found.reason}`);
    if (found.kind === 'none') return missing(`${answer.evidence}; no process of it runs`);
    const { identity, parentPid } = found;
    // Init has it: its server has died.
    if (parentPid === 1) return missing(`${answer.evidence}; process ${identity.pid} outlived its server`, identity);
    return unknown(`${answer.evidence}; but its process ${identity.pid} is alive`);
  }

  #run(command: readonly string[], timeoutMs: number): Promise<ExecResult> {
    const { file, socketName } = this.#options;
    return this.#ports.exec.run({ file, args: ['-L', socketName, ...command], timeoutMs });
  }
}

/** In tmux's command language nothing is special inside single quotes (measured). */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}
