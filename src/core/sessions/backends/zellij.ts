import type { Exec, ExecResult, ProcessEntry, Processes } from '../../ports.ts';
import { exists, missing, type Probe, unknown } from '../../probe/probe.ts';
import {
  type Change,
  type LastSeen,
  MAX_INPUT,
  NEVER_SEEN,
  readFailure,
  type Terminal,
  type TerminalBackend,
  type TerminalSpec,
} from '../backend.ts';
import { findMarked, LAUNCH_MARK } from '../process-table.ts';
import { assignments, endProgram, howToEnd, isNotThere, programOf, type Whose, whoseServer } from './launched.ts';

export interface ZellijOptions {
  readonly file: string;
  readonly owner: string;
  readonly probeTimeoutMs: number;
  readonly changeTimeoutMs: number;
}

export interface ZellijPorts {
  readonly exec: Exec;
  readonly processes: Processes;
}

type Row = 'live' | 'exited' | 'none';

/**
 * zellij over its command line (facts/sessions-and-locks.md A2.2, D31; read, never run here). Its list leaves out live
 * sessions that it fails to connect to, so absence from it is no evidence: the process table decides. It needs a zellij
 * that starts a background session with a command (zellij-org/zellij#5543).
 */
export class ZellijBackend implements TerminalBackend {
  readonly kind = 'zellij';
  readonly #ports: ZellijPorts;
  readonly #options: ZellijOptions;

  constructor(ports: ZellijPorts, options: ZellijOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  /**
   * | its program | the list shows it | verdict |
   * |---|---|---|
   * | runs | live, and our pane is in that session | exists, ours |
   * | runs | else | unknown: the list leaves out what it cannot connect to |
   * | runs, its server is gone | | missing, with a stray |
   * | gone | live | exists, its program has ended |
   * | gone, and its user has it run again in its pane | live | exists, ours |
   * | gone, and the session is another one, or others work in it | live | missing: somebody has its name |
   * | gone, or never asked for | not, or as EXITED | missing |
   * | never asked for | live | exists, not ours |
   * | gone or unknown | no answer | unknown |
   */
  async probe(name: string, lastSeen: LastSeen): Promise<Probe<Terminal>> {
    const program = await programOf(this.#ports.processes, lastSeen);
    if (program.kind === 'unknown') return unknown(program.reason);
    if (program.kind === 'runs' && program.orphan)
      return missing(`process ${program.identity.pid} outlived its server`, program.identity);
    const result = await this.#run(['list-sessions', '--no-formatting'], this.#options.probeTimeoutMs);
    const row = readList(name, result);
    if (row === null) return unknown(`zellij: ${words(result)}`);
    if (program.kind === 'runs') {
      if (row !== 'live') return unknown(`zellij does not list it; but its process ${program.identity.pid} is alive`);
      if (!(await this.#panes(name, lastSeen.launch))?.ours)
        return unknown(`another session has its name; but its process ${program.identity.pid} is alive`);
      return exists(this.#ours(name, program.identity.pid, program.serverPid, lastSeen.launch), 'zellij lists it');
    }
    if (row !== 'live') return missing('zellij does not list it as live, and no process of it runs');
    if (program.kind === 'never') return exists({ ...this.#ours(name, 0, null, null), owner: null }, 'zellij lists it');
    const whose = await this.#whose(name, lastSeen);
    if (whose === 'unknown') return unknown('nobody says whose session of this name it is');
    if (whose !== 'ours') return missing(isNotThere(whose));
    const again = await this.#runsAgain(name, lastSeen);
    if (again) return again;
    const serverPid = lastSeen.server?.pid ?? null;
    const end = { code: null, signal: null };
    return exists(
      { ...this.#ours(name, 0, serverPid, lastSeen.launch), end },
      'zellij lists it; its program has ended',
    );
  }

  async create({ name, launch, argv, cwd, env }: TerminalSpec): Promise<Change<Terminal>> {
    const { probeTimeoutMs, changeTimeoutMs } = this.#options;
    const row = readList(name, await this.#run(['list-sessions', '--no-formatting'], probeTimeoutMs));
    if (row === null) return { outcome: 'refused', reason: 'zellij does not say what there is' };
    if (row === 'live') return { outcome: 'refused', reason: 'there is a session of this name', nameTaken: true };
    // What is left of an earlier one would be brought back instead; without -f nothing that lives is deleted.
    if (row === 'exited') await this.#run(['delete-session', name], changeTimeoutMs);
    const command = ['env', ...assignments({ [LAUNCH_MARK]: launch, ...env }), ...argv];
    const made = await this.#run(['attach', '--create-background', name, '--', ...command], changeTimeoutMs, cwd);
    const failure = readFailure('zellij', made);
    if (failure) return failure;
    const program = await programOf(this.#ports.processes, { ...NEVER_SEEN, launch });
    if (program.kind !== 'runs') return { outcome: 'uncertain', reason: 'its process has not been seen yet' };
    return { outcome: 'done', value: this.#ours(name, program.identity.pid, program.serverPid, launch) };
  }

  async send(terminal: Terminal, text: string): Promise<Change<null>> {
    if (text.length > MAX_INPUT) return { outcome: 'refused', reason: `longer than ${MAX_INPUT} characters` };
    const pane = (await this.#panes(terminal.name, terminal.launch))?.ours;
    if (!pane) return NOT_SHOWN;
    const type = ['--session', terminal.name, 'action', 'write-chars', '--pane-id', pane, '--', text];
    return readFailure('zellij', await this.#run(type, this.#options.changeTimeoutMs)) ?? DONE;
  }

  async capture(terminal: Terminal): Promise<string | null> {
    const pane = (await this.#panes(terminal.name, terminal.launch))?.ours;
    if (!pane) return null;
    const show = ['--session', terminal.name, 'action', 'dump-screen', '--pane-id', pane];
    const result = await this.#run(show, this.#options.probeTimeoutMs);
    return readFailure('zellij', result) ? null : (result as Exited).stdout.trimEnd();
  }

  async kill(terminal: Terminal): Promise<Change<null>> {
    const { processes } = this.#ports;
    const { name, launch, end, serverPid } = terminal;
    const panes = await this.#panes(name, launch);
    if (!panes?.ours) return NOT_SHOWN;
    if (end !== null && panes.oursRuns) return { outcome: 'refused', reason: 'its program runs again' };
    if (end === null || serverPid !== null) {
      const way = await howToEnd(processes, this.#options.owner, terminal);
      if (way.how === 'not') return { outcome: 'refused', reason: way.reason };
      if (way.how === 'program') return endProgram(processes, way.identity);
    } else if (panes.others > 0) return { outcome: 'refused', reason: 'others work in it' };
    const killed = await this.#run(['delete-session', name, '-f'], this.#options.changeTimeoutMs);
    return readFailure('zellij', killed) ?? DONE;
  }

  /** Our program has ended in it, or it is another session of this name: one without a pane that we asked for. */
  async #whose(name: string, lastSeen: LastSeen): Promise<Whose> {
    const whose = await whoseServer(this.#ports.processes, lastSeen);
    if (whose !== 'unseen') return whose;
    const panes = await this.#panes(name, lastSeen.launch);
    // Without any pane it is just being made, by us or by somebody else. One that has not exited came up since we looked.
    if (!panes || panes.oursRuns || (panes.ours === null && panes.others === 0)) return 'unknown';
    return panes.ours === null ? 'another' : panes.others > 0 ? 'shared' : 'ours';
  }

  /** zellij keeps the pane of a command that has ended, and its user may have that run again there. Null: it does not. */
  async #runsAgain(name: string, { launch, server }: LastSeen): Promise<Probe<Terminal> | null> {
    if (launch === null || !(await this.#panes(name, launch))?.oursRuns) return null;
    const isIt = ({ parentPid }: ProcessEntry) => parentPid === server?.pid;
    const found = await findMarked(this.#ports.processes, LAUNCH_MARK, launch, isIt);
    if (found.kind !== 'found') return unknown('zellij says that its program runs, and it cannot be seen');
    return exists(this.#ours(name, found.identity.pid, found.parentPid, launch), 'its program runs again');
  }

  /** What runs in a session; null when nobody says. */
  async #panes(name: string, launch: string | null): Promise<Panes | null> {
    const ask = ['--session', name, 'action', 'list-panes', '--json'];
    const result = await this.#run(ask, this.#options.probeTimeoutMs);
    if (readFailure('zellij', result) || launch === null) return null;
    return readPanes((result as Exited).stdout, `${LAUNCH_MARK}=${launch} `);
  }

  #ours(name: string, panePid: number, serverPid: number | null, launch: string | null): Terminal {
    return { name, panePid, paneId: '', serverPid, owner: this.#options.owner, launch, end: null };
  }

  #run(args: readonly string[], timeoutMs: number, cwd?: string): Promise<ExecResult> {
    return this.#ports.exec.run({ file: this.#options.file, args, timeoutMs, ...(cwd === undefined ? {} : { cwd }) });
  }
}

type Exited = Extract<ExecResult, { kind: 'exited' }>;
const NOT_SHOWN: Change<never> = { outcome: 'refused', reason: 'its pane cannot be seen' };

interface Panes {
  /** Id of the pane that was started with our label; null when there is none. */
  readonly ours: string | null;
  /** zellij does not say that what runs in it has exited. */
  readonly oursRuns: boolean;
  /** How many there are beside it. */
  readonly others: number;
}

const DONE: Change<null> = { outcome: 'done', value: null };

/** How the list shows this session; null when it says nothing that can be relied on. */
function readList(name: string, result: ExecResult): Row | null {
  if (result.kind === 'not-started' || result.timedOut || result.signal !== null) return null;
  // It exits 1 when there is nothing to list.
  if (result.code === 1 && result.stderr.trim() === 'No active zellij sessions found.') return 'none';
  if (result.code !== 0 || result.stdout.trim() === '') return null;
  const line = result.stdout.split('\n').find((each) => each.split(' ', 1)[0] === name);
  if (line === undefined) return 'none';
  return line.includes('EXITED') ? 'exited' : 'live';
}

/** Null when this is no list. Panes are listed with the command that they were started with. */
function readPanes(stdout: string, label: string): Panes | null {
  let listed: unknown;
  try {
    listed = JSON.parse(stdout);
  } catch {
    return null;
  }
  if (!Array.isArray(listed)) return null;
  const panes = (listed as readonly Readonly<Record<string, unknown>>[]).filter((pane) => pane.is_plugin !== true);
  const isOurs = (pane: Readonly<Record<string, unknown>>) =>
    `${String(pane.terminal_command ?? pane.pane_command)} `.includes(label);
  const ours = panes.find(isOurs);
  return {
    ours: ours ? `terminal_${String(ours.id)}` : null,
    oursRuns: ours !== undefined && ours.exited !== true,
    others: panes.filter((pane) => !isOurs(pane)).length,
  };
}

function words(result: ExecResult): string {
  if (result.kind === 'not-started') return result.message;
  if (result.timedOut) return 'no answer in time';
  return `exit ${result.signal ?? result.code} ${result.stderr.trim()}`;
}
