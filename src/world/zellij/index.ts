import type { KilledByCommand } from '../killed-by-command.ts';
import type { Machine } from '../machine.ts';
import type { Proc } from '../proc.ts';
import { Tty } from '../tmux/tty.ts';
import { UnmodelledError } from '../unmodelled.ts';

/** From a client's start to its answer, and from a server's start to its first pane (A3 18: pid null for ~120 ms); ms. */
const ANSWER_MS = 5;
const FIRST_PANE_MS = 120;

/** What a connection to a session's socket comes to. `refused`: nobody listens. `error`: any other errno. */
export type Socket = 'listens' | 'refused' | 'error';

export interface ZellijPane {
  readonly id: number;
  /** Null until its program is started. */
  proc: Proc | null;
  readonly command: readonly string[];
  screen: string;
  readonly tty: Tty;
}

export interface ZellijSession {
  readonly name: string;
  server: Proc | null;
  /** Those whose program has not ended, in the order of their making. */
  readonly panes: ZellijPane[];
  made: number;
  socket: Socket;
  /** When a client was last told what runs in it; virtual ms. */
  shownAt: number;
}

/**
 * zellij with the habits of facts/sessions-and-locks.md A2.2 and D31, which were read in its source and never run here:
 * each session has a server of its own; `list-sessions` asks them one after the other without a time limit, exits 0 and
 * leaves out a live session when the connection fails with anything but ECONNREFUSED, unlinks sockets that refuse, shows
 * dead ones as EXITED, and exits 1 when there is none; `delete-session` of an unknown one exits 2.
 */
export class Zellij {
  readonly #machine: Machine;
  /** Told of each session that a command ends, at that instant. */
  onKilled: ((event: KilledByCommand) => void) | null = null;
  readonly #sessions = new Map<string, ZellijSession>();
  /** Also those that are cut off, and that another one has taken the name of. */
  readonly #started = new Set<ZellijSession>();

  constructor(machine: Machine, names: readonly string[] = ['zellij']) {
    this.#machine = machine;
    for (const name of names) machine.executables.set(name, { kind: 'program', program: (proc) => this.#client(proc) });
  }

  /** The session of this name, dead or alive, for those who make things go wrong. */
  session(name: string): ZellijSession | undefined {
    return this.#sessions.get(name);
  }

  /** Every session whose server lives, whether a client would find it or not. */
  live(): ZellijSession[] {
    for (const session of this.#started) if (!session.server?.alive) this.#started.delete(session);
    return [...this.#started];
  }

  #client(proc: Proc): void {
    const words = proc.argv.slice(1);
    proc.after(ANSWER_MS, () => {
      if (words[0] === 'list-sessions') return this.#list(proc, [...this.#sessions.values()], []);
      if (words[0] === 'attach' && words[1] === '--create-background' && words[3] === '--')
        return this.#create(proc, words[2]!, words.slice(4));
      if (words[0] === 'delete-session') return this.#delete(proc, words[1]!, words[2] === '-f');
      if (words[0] === '--session' && words[2] === 'action') return this.#action(proc, words[1]!, words.slice(3));
      throw new UnmodelledError('zellij', words.join(' '));
    });
  }

  /** One server that does not answer keeps the list, and whoever waits for it. */
  #list(proc: Proc, left: readonly ZellijSession[], rows: readonly string[]): void {
    const [session, ...others] = left;
    if (!session) {
      if (rows.length === 0) return fail(proc, 1, 'No active zellij sessions found.');
      proc.stdout(rows.map((row) => `${row}\n`).join(''));
      return proc.exit(0);
    }
    const { name, server, socket } = session;
    if (!server?.alive || socket === 'refused') {
      // The socket is unlinked by whoever looks: a live server is cut off for good.
      session.socket = 'refused';
      return this.#list(proc, others, [...rows, `${name} [Created 1h ago] (EXITED - attach to resurrect)`]);
    }
    if (socket === 'error') return this.#list(proc, others, rows);
    server.whenRunning(() => proc.whenRunning(() => this.#list(proc, others, [...rows, `${name} [Created 1h ago]`])));
  }

  #create(proc: Proc, name: string, command: readonly string[]): void {
    const other = this.#sessions.get(name);
    if (other?.server?.alive && other.socket !== 'refused') return fail(proc, 1, `Session "${name}" exists.`);
    const session: ZellijSession = { name, server: null, panes: [], made: 0, socket: 'listens', shownAt: -1 };
    this.#sessions.set(name, session);
    this.#started.add(session);
    session.server = this.#machine.start({
      argv: ['zellij', '--server', `/run/user/${proc.uid}/zellij/contract/${name}`],
      program: (server) => {
        server.onDeath = () => this.#hangUp(session);
        server.after(FIRST_PANE_MS, () => this.#startPane(session, server, command, proc));
      },
      ...{ parent: null, newGroup: true, uid: proc.uid, cwd: proc.cwd, env: proc.env },
      sink: { stdout() {}, stderr() {}, exited() {} },
    });
    proc.after(FIRST_PANE_MS + ANSWER_MS, () => proc.exit(0));
  }

  #startPane(session: ZellijSession, server: Proc, command: readonly string[], { cwd, env }: Proc): void {
    const [variables, argv] = throughEnv(command, env);
    const found = this.#machine.lookUp(argv[0] ?? 'sh', cwd);
    const tty = new Tty(this.#machine, (text) => {
      pane.screen += text.replaceAll('\r', '');
    });
    const pane: ZellijPane = { id: session.made++, proc: null, command, screen: '', tty };
    session.panes.push(pane);
    const output = (chunk: string) => tty.output(chunk);
    const ended = () => {
      if (pane.proc) this.#machine.reap(pane.proc);
      session.panes.splice(session.panes.indexOf(pane), 1);
      // Its last pane is gone: the session ends.
      if (session.panes.length === 0) server.exit(0);
    };
    pane.proc = this.#machine.start({
      argv,
      program: found.kind === 'found' ? found.program : (started) => started.exit(127),
      ...{ parent: server, newGroup: true, uid: server.uid, cwd, env: variables },
      sink: { stdout: output, stderr: output, exited: () => void server.after(1, ended) },
    });
  }

  #delete(proc: Proc, name: string, force: boolean): void {
    const session = this.#sessions.get(name);
    if (!session) return fail(proc, 2, `Session: "${name}" not found.`);
    const { server } = session;
    // One that is cut off looks dead: only what is left of it on disk is deleted.
    if (!server?.alive || session.socket === 'refused') {
      this.#sessions.delete(name);
      return proc.exit(0);
    }
    if (!force) return fail(proc, 2, `Session: "${name}" is not dead, use --force to delete it.`);
    server.whenRunning(() => {
      if (this.#sessions.get(name) === session) this.#sessions.delete(name);
      const livePids = session.panes.flatMap(({ proc: each }) => (each?.alive ? [each.pid] : []));
      this.onKilled?.({ name, clientPid: proc.pid, livePids, shownAt: session.shownAt });
      server.exit(0);
      proc.whenRunning(() => proc.exit(0));
    });
  }

  #action(proc: Proc, name: string, words: readonly string[]): void {
    const session = this.#sessions.get(name);
    const server = session?.server;
    if (!session || !server?.alive) return fail(proc, 1, 'There is no active session!');
    server.whenRunning(() => proc.whenRunning(() => this.#act(proc, session, words)));
  }

  #act(proc: Proc, session: ZellijSession, words: readonly string[]): void {
    const pane = session.panes.find(({ id }) => words.includes(`terminal_${id}`));
    if (words[0] === 'list-panes') {
      session.shownAt = this.#machine.kernel.now;
      const shown = session.panes.map(({ id, proc: each, command }) => {
        return { id, is_plugin: false, exited: !each?.alive, terminal_command: command.join(' ') };
      });
      proc.stdout(`${JSON.stringify(shown)}\n`);
    } else if (words[0] === 'new-pane' && words[1] === '--') {
      this.#startPane(session, session.server!, words.slice(2), proc);
    } else if (words[0] === 'dump-screen' && pane) proc.stdout(`${pane.screen}\n`);
    else if (words[0] === 'write-chars' && words[3] === '--' && pane?.proc?.alive)
      pane.tty.input(pane.proc, words[4] ?? '');
    else throw new UnmodelledError('zellij', `action ${words.join(' ')}`);
    proc.exit(0);
  }

  #hangUp({ panes }: ZellijSession): void {
    for (const { proc } of panes) {
      if (!proc?.alive) continue;
      this.#machine.kill(0, -proc.pgid, 'SIGHUP');
      if (proc.alive) proc.feedEnd();
    }
  }
}

function fail(proc: Proc, code: number, words: string): void {
  proc.stderr(`${words}\n`);
  proc.exit(code);
}

/** What `env NAME=VALUE… COMMAND…` makes of an environment and a command. */
export function throughEnv(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): [Record<string, string>, readonly string[]] {
  const variables = { ...env };
  if (command[0] !== 'env') return [variables, command];
  let at = 1;
  for (let match = /^(\w+)=(.*)$/s.exec(command[at] ?? ''); match; match = /^(\w+)=(.*)$/s.exec(command[++at] ?? ''))
    variables[match[1]!] = match[2]!;
  return [variables, command.slice(at)];
}
