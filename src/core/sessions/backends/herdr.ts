import type { Clock, Exec, ExecResult, Processes, ProcessIdentity } from '../../ports.ts';
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
import { findMarked, LAUNCH_MARK, SERVER_MARK } from '../process-table.ts';
import { assignments, endProgram, howToEnd, isNotThere, programOf, whoseServer } from './launched.ts';

export interface HerdrOptions {
  readonly file: string;
  readonly owner: string;
  readonly probeTimeoutMs: number;
  readonly changeTimeoutMs: number;
}

export interface HerdrPorts {
  readonly exec: Exec;
  readonly processes: Processes;
  readonly clock: Clock;
}

/** A server takes up to 5 s to begin to answer; asked so often (facts/sessions-and-locks.md A2.3, D49). */
const BOOT_MS = 5_000;
const BOOT_LOOK_MS = 250;

/** Starts the server of a session and leaves it running: `herdr server` stays in the foreground. */
const START = `herdr=$1; session=$2; ${SERVER_MARK}=$3 "$herdr" --session "$session" server </dev/null >/dev/null 2>&1 &`;

type Row = 'running' | 'not-running' | 'none';
type Exited = Extract<ExecResult, { kind: 'exited' }>;
const DONE: Change<null> = { outcome: 'done', value: null };

/**
 * herdr over its command line, as it was before 0.7.5 (facts/sessions-and-locks.md A2.3, D28, D31; read, never run here).
 * `running: false` is what it says of any server that it cannot connect to, so it is no evidence: the process table
 * decides. A session holds one agent, of the same name.
 */
export class HerdrBackend implements TerminalBackend {
  readonly kind = 'herdr';
  readonly #ports: HerdrPorts;
  readonly #options: HerdrOptions;

  constructor(ports: HerdrPorts, options: HerdrOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  /**
   * | its program | `session list` says | verdict |
   * |---|---|---|
   * | runs | running | exists, ours |
   * | runs | else | unknown: it says so of whatever it cannot connect to |
   * | runs, its server is gone | | missing, with a stray |
   * | gone | running | exists, its program has ended: agents leave no trace |
   * | gone, and the session is another one, or others work in it | running | missing: somebody has its name |
   * | gone, or never asked for | not running, or no row | missing |
   * | never asked for | running | exists, not ours |
   * | gone or unknown | no answer | unknown |
   */
  async probe(name: string, lastSeen: LastSeen): Promise<Probe<Terminal>> {
    const program = await programOf(this.#ports.processes, lastSeen);
    if (program.kind === 'unknown') return unknown(program.reason);
    if (program.kind === 'runs' && program.orphan)
      return missing(`process ${program.identity.pid} outlived its server`, program.identity);
    const row = await this.#row(name);
    if (row === null) return unknown('herdr does not say what there is');
    if (program.kind === 'runs') {
      if (row !== 'running') return unknown(`herdr: ${row}; but its process ${program.identity.pid} is alive`);
      return exists(this.#ours(name, program.identity.pid, program.serverPid, lastSeen.launch), 'herdr: running');
    }
    if (row !== 'running') return missing(`herdr: ${row}, and no process of it runs`);
    if (program.kind === 'never') return exists({ ...this.#ours(name, 0, null, null), owner: null }, 'herdr: running');
    const server = lastSeen.server ?? (await this.#startedFor(lastSeen.launch!));
    const whose = server === 'unknown' ? server : await whoseServer(this.#ports.processes, { ...lastSeen, server });
    if (whose === 'unknown') return unknown('nobody says whose session of this name it is');
    if (whose !== 'ours') return missing(isNotThere(whose));
    const serverPid = (server as ProcessIdentity).pid;
    const end = { code: null, signal: null };
    return exists({ ...this.#ours(name, 0, serverPid, lastSeen.launch), end }, 'herdr: running; its agent has ended');
  }

  async create({ name, launch, argv, cwd, env }: TerminalSpec): Promise<Change<Terminal>> {
    const { changeTimeoutMs, file } = this.#options;
    const row = await this.#row(name);
    if (row === null) return { outcome: 'refused', reason: 'herdr does not say what there is' };
    if (row === 'running') return { outcome: 'refused', reason: 'there is a session of this name', nameTaken: true };
    const started = await this.#ports.exec.run({
      ...{ file: 'sh', args: ['-c', START, 'sh', file, name, launch], timeoutMs: changeTimeoutMs },
    });
    const failure = readFailure('herdr', started) ?? (await this.#waitUntilRunning(name));
    if (failure) return failure;
    // What runs in it is not the server.
    const variables = assignments({ [LAUNCH_MARK]: launch, [SERVER_MARK]: '', ...env }).flatMap((each) => [
      '--env',
      each,
    ]);
    const agent = ['agent', 'start', name, '--cwd', cwd, ...variables, '--', ...argv];
    const made = readFailure('herdr', await this.#run(['--session', name, ...agent], changeTimeoutMs));
    if (made) return made;
    const program = await programOf(this.#ports.processes, { ...NEVER_SEEN, launch });
    // An exit code of 0 says that herdr took note, not that anything runs (facts A3 17).
    if (program.kind !== 'runs') return { outcome: 'uncertain', reason: 'its process has not been seen yet' };
    return { outcome: 'done', value: this.#ours(name, program.identity.pid, program.serverPid, launch) };
  }

  async send(terminal: Terminal, text: string): Promise<Change<null>> {
    if (text.length > MAX_INPUT) return { outcome: 'refused', reason: `longer than ${MAX_INPUT} characters` };
    const pane = await this.#pane(terminal);
    if (pane === null) return { outcome: 'refused', reason: 'its pane cannot be seen' };
    const type = ['--session', terminal.name, 'pane', 'send-text', pane, text];
    return readFailure('herdr', await this.#run(type, this.#options.changeTimeoutMs)) ?? DONE;
  }

  async capture(terminal: Terminal): Promise<string | null> {
    if ((await this.#pane(terminal)) === null) return null;
    const show = ['--session', terminal.name, 'agent', 'read', terminal.name, '--source', 'visible'];
    const result = await this.#run(show, this.#options.probeTimeoutMs);
    return readFailure('herdr', result) ? null : (result as Exited).stdout.trimEnd();
  }

  async kill(terminal: Terminal): Promise<Change<null>> {
    const { processes } = this.#ports;
    const way = await howToEnd(processes, this.#options.owner, terminal);
    if (way.how === 'not') return { outcome: 'refused', reason: way.reason };
    if (way.how === 'program') return endProgram(processes, way.identity);
    const { name } = terminal;
    const { changeTimeoutMs } = this.#options;
    // It may take 15 s, which is more than we wait; what it leaves in its list runs nothing and is written over.
    const stopped = readFailure('herdr', await this.#run(['session', 'stop', name, '--json'], changeTimeoutMs));
    if (stopped) return stopped;
    await this.#run(['session', 'delete', name, '--json'], changeTimeoutMs);
    return DONE;
  }

  /** Null when it runs. */
  async #waitUntilRunning(name: string): Promise<Change<never> | null> {
    const { clock } = this.#ports;
    const deadline = clock.monotonic() + BOOT_MS;
    for (;;) {
      if ((await this.#row(name)) === 'running') return null;
      if (clock.monotonic() >= deadline) return { outcome: 'uncertain', reason: 'its server does not answer yet' };
      await new Promise<void>((resolve) => clock.timer(BOOT_LOOK_MS, `herdr ${name}`, resolve));
    }
  }

  /** The server that was started for this making; null when it does not run. */
  async #startedFor(launch: string): Promise<ProcessIdentity | 'unknown' | null> {
    const found = await findMarked(this.#ports.processes, SERVER_MARK, launch);
    return found.kind === 'found' ? found.identity : found.kind === 'none' ? null : 'unknown';
  }

  /** Null when it does not say. */
  async #agents(name: string): Promise<readonly Json[] | null> {
    const listed = readJson(await this.#run(['--session', name, 'agent', 'list'], this.#options.probeTimeoutMs));
    return Array.isArray(listed?.agents) ? rowsOf(listed.agents) : null;
  }

  /** Id of the pane in which the process of this terminal runs. */
  async #pane({ name, panePid }: Terminal): Promise<string | null> {
    const { probeTimeoutMs } = this.#options;
    const row = (await this.#agents(name))?.find((agent) => agent.name === name);
    if (typeof row?.pane_id !== 'string') return null;
    const info = readJson(
      await this.#run(['--session', name, 'pane', 'process-info', '--pane', row.pane_id], probeTimeoutMs),
    );
    return info?.pid === panePid ? row.pane_id : null;
  }

  async #row(name: string): Promise<Row | null> {
    const listed = readJson(await this.#run(['session', 'list', '--json'], this.#options.probeTimeoutMs));
    if (!Array.isArray(listed?.sessions)) return null;
    const row = rowsOf(listed.sessions).find((session) => session.name === name);
    if (!row) return 'none';
    return row.running === true ? 'running' : 'not-running';
  }

  #ours(name: string, panePid: number, serverPid: number | null, launch: string | null): Terminal {
    return { name, panePid, paneId: '', serverPid, owner: this.#options.owner, launch, end: null };
  }

  #run(args: readonly string[], timeoutMs: number): Promise<ExecResult> {
    return this.#ports.exec.run({ file: this.#options.file, args, timeoutMs });
  }
}

type Json = Readonly<Record<string, unknown>>;

/** What it printed, without the wrapper that some versions put around it; null when it says nothing to rely on. */
function readJson(result: ExecResult): Json | null {
  if (readFailure('herdr', result)) return null;
  try {
    const value: unknown = JSON.parse((result as Exited).stdout);
    if (typeof value !== 'object' || value === null) return null;
    const { result: inner } = value as Json;
    return typeof inner === 'object' && inner !== null ? (inner as Json) : (value as Json);
  } catch {
    return null;
  }
}

function rowsOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter((row): row is Json => typeof row === 'object' && row !== null) : [];
}
