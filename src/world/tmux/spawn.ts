import type { Signal } from '../../core/ports.ts';
import { latency } from '../latency.ts';
import type { Machine } from '../machine.ts';
import type { Proc, Program } from '../proc.ts';
import { knownOption } from './options.ts';
import { paneClosed, paneEnded, paneShows } from './pane-life.ts';
import type { TmuxServer } from './server.ts';
import type { Pane } from './state.ts';
import { Tty } from './tty.ts';

export interface PaneStart {
  /** One argument is for a shell, several are executed as they are, none means a login shell. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** PATH of the client that asked. */
  readonly path: string | undefined;
  readonly extraEnvironment: readonly string[];
}

/** A machine is busy when an end is noticed as late as this; virtual ms. */
const BUSY_MS = 50;

/** Starts the pane's program, its leader of a new process group, on a terminal of its own. Never fails (facts tmux.md 5). */
export function startPane(server: TmuxServer, pane: Pane, start: PaneStart): void {
  const { machine, proc: parent } = server;
  pane.command = start.argv;
  pane.shell = knownShell(machine, parent.env);
  pane.path = start.cwd;
  // A directory that is not there leaves the program in the server's own (measured).
  const cwd = server.world.files.isDirectory(start.cwd) ? start.cwd : parent.cwd;
  const env = paneEnvironment(server, pane, start, cwd);
  const argv = programArgv(server, pane, start.argv);
  const tty = new Tty(machine, (text) => paneShows(server, pane, text));
  pane.tty = tty;
  pane.end = null;
  const startedAt = machine.kernel.now;
  const spawned: { proc: Proc | null } = { proc: null };
  const sink = {
    stdout: (chunk: string) => tty.output(chunk),
    stderr: (chunk: string) => tty.output(chunk),
    exited: (code: number | null, signal: Signal | null) => {
      const ended = () => {
        machine.reap(spawned.proc!);
        if (pane.proc === spawned.proc) paneEnded(server, pane, code, signal);
      };
      const noticed = latency(machine.kernel, 1);
      // A new server on a busy machine: its first program has ended before it listens for the ends of programs.
      const missed = pane.id === 0 && machine.kernel.now === startedAt && noticed > BUSY_MS;
      if (!missed) return void parent.after(noticed, ended);
      server.endsMissed.push(ended);
      parent.after(1, () => pane.proc === spawned.proc && paneClosed(server, pane));
    },
  };
  const { file, words } = argv;
  spawned.proc = machine.start({
    argv: words,
    program: programOf(machine, file, cwd),
    parent,
    newGroup: true,
    uid: parent.uid,
    cwd,
    env,
    sink,
  });
  pane.proc = spawned.proc;
}

/** The terminal of a pane is gone: its foreground group gets SIGHUP, and whoever still reads gets the end of file. */
export function hangUp(machine: Machine, pane: Pane): void {
  const { proc } = pane;
  if (!proc) return;
  // A number is given away when nobody is left of the group that had it.
  if ((machine.processes.get(proc.pid) ?? proc) !== proc) return;
  machine.kill(0, -proc.pgid, 'SIGHUP');
  if (!proc.alive) return;
  if (proc.state === 'stopped') machine.kill(0, -proc.pgid, 'SIGCONT');
  proc.feedEnd();
}

/** A child that cannot execute its program exits with 1 before anybody sees it. */
function programOf(machine: Machine, file: string, cwd: string): Program {
  const found = machine.lookUp(file, cwd);
  return found.kind === 'found' ? found.program : (proc) => proc.exit(1);
}

function programArgv(
  server: TmuxServer,
  pane: Pane,
  argv: readonly string[],
): { file: string; words: readonly string[] } {
  if (argv.length > 1) return { file: argv[0]!, words: argv };
  const name = pane.shell.slice(pane.shell.lastIndexOf('/') + 1);
  const command =
    argv[0] ?? knownOption(server.state, { session: pane.window.session, window: null, pane: null }, 'default-command');
  if (command !== '') return { file: pane.shell, words: [name, '-c', command] };
  return { file: pane.shell, words: [`-${name}`] };
}

/** The user's `$SHELL` if that can be executed, else the one in the password file. */
function knownShell(machine: Machine, env: Readonly<Record<string, string>>): string {
  const { SHELL: shell } = env;
  return shell?.startsWith('/') && machine.executables.get(shell)?.kind === 'program' ? shell : '/bin/sh';
}

/** A pane inherits from the server, not from the client that asks for it; only PATH is the client's (measured). */
function paneEnvironment(server: TmuxServer, pane: Pane, start: PaneStart, cwd: string): Record<string, string> {
  const { session } = pane.window;
  const env: Record<string, string> = {};
  for (const scope of [server.state.environment, session.environment]) {
    for (const [name, value] of scope) {
      if (value === null) delete env[name];
      else env[name] = value;
    }
  }
  if (start.path !== undefined) env.PATH = start.path;
  env.TERM = 'tmux-256color';
  env.TERM_PROGRAM = 'tmux';
  env.TERM_PROGRAM_VERSION = '3.3a';
  env.SHELL = pane.shell;
  if (cwd === start.cwd) env.PWD = cwd;
  env.TMUX = `${server.socketPath},${server.proc.pid},${session.id}`;
  env.TMUX_PANE = `%${pane.id}`;
  for (const each of start.extraEnvironment) {
    const equals = each.indexOf('=');
    if (equals > 0) env[each.slice(0, equals)] = each.slice(equals + 1);
  }
  return env;
}
