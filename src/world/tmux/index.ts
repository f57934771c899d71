import type { FileTree } from '../files.ts';
import type { Machine } from '../machine.ts';
import type { Proc } from '../proc.ts';
import { tmuxProgram } from './client.ts';
import { BACKLOG, TmuxServer } from './server.ts';
import type { Session } from './state.ts';
import type { Listener, SessionEvent, TmuxWorld } from './world.ts';

export type { SessionEvent } from './world.ts';

/** Wall clock at virtual time 0 unless told otherwise. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

export interface TmuxInstall {
  /** Names and paths under which the executable lies on the machine. Default: `tmux` and `/usr/bin/tmux`. */
  readonly names?: readonly string[];
  /** Wall clock at virtual time 0, in ms since the epoch. Default: 2026-01-01. */
  readonly epochMs?: number;
}

/** Ground truth about one pane. */
export interface PaneTruth {
  readonly id: number;
  readonly session: string;
  readonly pid: number | null;
  readonly startTicks: number | null;
  /** Its program runs. False for a pane kept after its program's end. */
  readonly alive: boolean;
}

export interface SessionTruth {
  readonly id: number;
  readonly name: string;
  /** What was set for this session, e.g. `@owner`. */
  readonly options: ReadonlyMap<string, string>;
  readonly panes: readonly PaneTruth[];
}

export interface ServerTruth {
  readonly proc: Proc;
  readonly socketPath: string;
  /** Whether a client would find it at its path now. */
  readonly reachable: boolean;
  /** It was told to end, and lets nobody in. */
  readonly exiting: boolean;
  readonly sessions: readonly SessionTruth[];
  /** Requests that arrived and are not handled yet: pid of the client (which may be dead) and what it asks. */
  readonly queued: readonly { readonly clientPid: number; readonly words: readonly string[] }[];
}

/** tmux on one machine: ground truth for those who judge a run, and what can be done to it from outside. */
export class Tmux {
  /** Sockets and their directories; a fault may change, break or remove them. */
  readonly files: FileTree<Listener>;
  /** Told of each session that comes or goes, at that instant. */
  onSession: ((event: SessionEvent) => void) | null = null;
  readonly #machine: Machine;
  readonly #servers = new Map<number, TmuxServer>();

  /** @internal Use {@link installTmux}. */
  constructor(machine: Machine, options: TmuxInstall) {
    this.#machine = machine;
    // At tmux's paths only its servers listen.
    this.files = machine.files as FileTree<Listener>;
    const world: TmuxWorld = {
      machine,
      files: this.files,
      epochMs: options.epochMs ?? EPOCH_MS,
      startServer: (client, path, config) => this.#startServer(world, client, path, config),
      sessionChanged: (event) => {
        machine.kernel.record('tmux', `session.${event.type}`, `${event.name} ${event.cause}`);
        this.onSession?.(event);
      },
    };
    const program = tmuxProgram(world);
    for (const name of options.names ?? ['tmux', '/usr/bin/tmux']) {
      machine.executables.set(name, { kind: 'program', program });
    }
  }

  /** The servers that live, also unreachable and stopped ones, oldest first. */
  servers(): ServerTruth[] {
    return [...this.#live()].map((server) => truthOf(server, this.#isReachable(server)));
  }

  /** The live server that has this live process in a pane; null when none has. */
  keeperOf(pid: number): Pick<ServerTruth, 'reachable'> | null {
    const has = ({ windows }: Session) =>
      windows.some(({ panes }) => panes.some(({ proc }) => proc?.pid === pid && proc.alive));
    for (const server of this.#live()) {
      if (server.state.sorted.some(has)) return { reachable: this.#isReachable(server) };
    }
    return null;
  }

  /** A live server that has shut down as far as its clients can tell. */
  get anyExiting(): boolean {
    for (const { exiting } of this.#live()) if (exiting) return true;
    return false;
  }

  /** The sessions of that name on all servers: more than one only if a server lost its socket. */
  named(name: string): SessionTruth[] {
    const found: SessionTruth[] = [];
    for (const server of this.#live()) {
      const session = server.state.sessions.get(name);
      if (session) found.push(truthOfSession(session));
    }
    return found;
  }

  /**
   * The server stops answering (SIGSTOP): clients hang, their requests stay queued. Returns how many were stopped.
   * `backlog` connections are still taken; others hang before they have asked anything.
   */
  stall(backlog: number = BACKLOG): number {
    for (const server of this.#live()) server.backlog = backlog;
    return this.#signalAll('SIGSTOP', (server) => server.proc.state === 'running');
  }

  /** Stopped servers go on: what was queued happens now, in order. */
  resume(): number {
    return this.#signalAll('SIGCONT', (server) => server.proc.state === 'stopped');
  }

  /** SIGKILL: panes get SIGHUP, the socket file stays. */
  kill(): number {
    return this.#signalAll('SIGKILL', () => true);
  }

  /** SIGUSR1: a server that lost its socket makes it again, and another one on the same path loses its own. */
  recreateSockets(): number {
    return this.#signalAll('SIGUSR1', (server) => this.#listenerAt(server.socketPath) !== server);
  }

  #signalAll(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL' | 'SIGUSR1', which: (server: TmuxServer) => boolean): number {
    const servers = [...this.#live()].filter(which);
    for (const server of servers) this.#machine.kill(0, server.pid, signal);
    return servers.length;
  }

  *#live(): Iterable<TmuxServer> {
    for (const [pid, server] of this.#servers) {
      if (server.proc.alive) yield server;
      else this.#servers.delete(pid);
    }
  }

  #isReachable(server: TmuxServer): boolean {
    return this.#listenerAt(server.socketPath) === server && !server.exiting;
  }

  #listenerAt(path: string): Listener | null {
    const node = this.files.get(path);
    return node?.kind === 'socket' ? node.listener : null;
  }

  #startServer(world: TmuxWorld, client: Proc, path: string, config: string | null): TmuxServer {
    let server: TmuxServer | null = null;
    const proc = this.#machine.start({
      argv: client.argv,
      program: (started) => {
        server = new TmuxServer(world, started, path, config);
      },
      parent: null,
      newGroup: true,
      uid: client.uid,
      cwd: client.cwd,
      env: client.env,
      sink: { stdout() {}, stderr() {}, exited() {} },
    });
    this.#servers.set(proc.pid, server!);
    return server!;
  }
}

/** Puts tmux 3.3a on the machine. Pane programs are looked up there, `sh` among them. */
export function installTmux(machine: Machine, options: TmuxInstall = {}): Tmux {
  return new Tmux(machine, options);
}

function truthOf(server: TmuxServer, reachable: boolean): ServerTruth {
  return {
    proc: server.proc,
    socketPath: server.socketPath,
    reachable,
    exiting: server.exiting,
    sessions: server.state.sorted.map(truthOfSession),
    queued: server.queue.map((client) => ({ clientPid: client.proc.pid, words: client.words })),
  };
}

function truthOfSession(session: Session): SessionTruth {
  return {
    id: session.id,
    name: session.name,
    options: session.options,
    panes: session.windows.flatMap((window) =>
      window.panes.map((pane) => ({
        id: pane.id,
        session: session.name,
        pid: pane.proc?.pid ?? null,
        startTicks: pane.proc?.startTicks ?? null,
        alive: pane.proc?.alive ?? false,
      })),
    ),
  };
}
