import type { KilledByCommand } from '../world/killed-by-command.ts';
import type { Machine } from '../world/machine.ts';
import type { Proc } from '../world/proc.ts';
import { installTmux, type SessionEvent, type Tmux } from '../world/tmux/index.ts';
import type { BrokenTmux } from './broken-tmux.ts';
import { BreakableTool } from './broken-tool.ts';
import { HerdrTruth } from './herdr-truth.ts';
import type { ChatSetup } from './scenario.ts';
import { WORKSPACE } from './simulated-config.ts';
import { isUsers } from './workers-truth.ts';
import { ZellijTruth } from './zellij-truth.ts';

export type BackendKind = NonNullable<ChatSetup['backend']>;

/** A session, or a part of one, that a command has ended. */
export interface KilledSession {
  readonly name: string;
  /** Programs that ran in it. */
  readonly livePids: readonly number[];
  /** A user's own program was among them, and could be known: it is a session of theirs, whatever it is called. */
  readonly users: boolean;
}

/** No tool but tmux ends a session on a condition: from a look at it to its end time passes, so many ms at most. */
const LOOK_TO_END_MS = 2_000;

type Killed = Pick<SessionEvent, 'name' | 'livePids' | 'clientPid'> & Partial<Pick<KilledByCommand, 'shownAt'>>;

/** The daemon's and its users'. */
const UID = 1000;

/** The terminals as they really are, and what can happen to them. */
export class TerminalsTruth {
  readonly #machine: Machine;
  readonly #tmux: Tmux;
  readonly #tool: BreakableTool;
  readonly zellij: ZellijTruth;
  readonly herdr: HerdrTruth;
  readonly #socketName: string;
  readonly #socketDirectory = `/tmp/tmux-${UID}`;
  #killed: KilledSession[] = [];

  constructor(machine: Machine, socketName: string) {
    this.#machine = machine;
    this.#socketName = socketName;
    this.#tmux = installTmux(machine, { names: ['tmux'] });
    this.#tmux.onSession = (event) => {
      if (event.type === 'killed' || event.type === 'panes-killed') this.#noteKilled(event);
    };
    this.#tool = new BreakableTool(machine, 'tmux');
    this.zellij = new ZellijTruth(machine);
    this.herdr = new HerdrTruth(machine);
    for (const { world } of [this.zellij, this.herdr]) world.onKilled = (event) => this.#noteKilled(event);
  }

  /** Another program of the same user opens a session on the daemon's tmux server. */
  startCoTenant(): void {
    this.command('new-session', '-d', '-s', 'rp-term-1-notes', '--', 'worker', 'notes');
  }

  /** Somebody else runs a tmux command on the daemon's server; it starts one where none answers and the command may. */
  command(...words: readonly string[]): Proc {
    return this.#tool.run(WORKSPACE, '-L', this.#socketName, ...words);
  }

  /** pid of the live process in the terminal of this name, wherever its server's socket is; null when there is none. */
  livePane(name: string): number | null {
    for (const session of this.#tmux.named(name)) {
      const pane = session.panes.find(({ alive }) => alive);
      if (pane) return pane.pid;
    }
    return this.zellij.livePane(name) ?? this.herdr.livePane(name);
  }

  /** The backend of which a live server, whether it can be reached or not, has this process in a pane. */
  keeperOf(pid: number): BackendKind | null {
    if (this.#tmux.keeperOf(pid)) return 'tmux';
    if (this.zellij.keeperOf(pid)) return 'zellij';
    return this.herdr.keeperOf(pid) ? 'herdr' : null;
  }

  keeps(pid: number): boolean {
    return this.keeperOf(pid) !== null;
  }

  /** Can a client reach the server that has this process in a pane? */
  canReach(pid: number): boolean {
    if (this.zellij.canReach(pid) || this.herdr.canReach(pid)) return true;
    return this.#tmux.keeperOf(pid)?.reachable ?? false;
  }

  /** Does a server run that lets nobody in? What it had cannot be seen any more. */
  get shutOut(): boolean {
    return this.#tmux.anyExiting;
  }

  /** Sessions that a daemon's commands have killed since the last call. */
  takeKilled(): readonly KilledSession[] {
    if (this.#killed.length === 0) return this.#killed;
    const killed = this.#killed;
    this.#killed = [];
    return killed;
  }

  /** False when no server runs. `backlog`: how many clients it takes meanwhile. */
  stall(backlog?: number): boolean {
    return this.#tmux.stall(backlog) > 0;
  }

  resume(): void {
    this.#tmux.resume();
  }

  /** False when no server runs. */
  killServers(): boolean {
    return this.#tmux.kill() > 0;
  }

  /** Something removes the socket of a live server, as cleaners of /tmp do. False when there is none. */
  unlinkSocket(): boolean {
    const path = `${this.#socketDirectory}/${this.#socketName}`;
    const there = this.#tmux.files.get(path)?.kind === 'socket';
    this.#tmux.files.remove(path);
    return there;
  }

  /** Servers without a socket make theirs again. False when all have theirs. */
  recreateSockets(): boolean {
    return this.#tmux.recreateSockets() > 0;
  }

  /**
   * Somebody clears up: a server without a socket makes it again if no other one has taken its place, and what cannot be
   * reached after that, or lets nobody in, is killed.
   */
  clearUp(): void {
    const reachable = () => this.#tmux.servers().some((server) => server.reachable);
    if (!reachable()) this.recreateSockets();
    for (const server of this.#tmux.servers()) {
      if (!server.reachable) this.#machine.kill(0, server.proc.pid, 'SIGKILL');
    }
  }

  /** Everybody may, or nobody else may look into the directory of sockets. False when it is not there. */
  setDirectoryMode(mode: number): boolean {
    const directory = this.#tmux.files.get(this.#socketDirectory);
    if (directory?.kind !== 'directory') return false;
    directory.mode = mode;
    return true;
  }

  breakBinary(how: BrokenTmux): void {
    this.#tool.break(how);
  }

  repairBinary(): void {
    this.#tool.repair();
  }

  #noteKilled({ name, livePids, clientPid, shownAt }: Killed): void {
    const tools = [this.#tool, this.zellij.tool, this.herdr.tool];
    if (clientPid !== null && tools.some(({ clients }) => clients.has(clientPid))) return;
    const { now } = this.#machine.kernel;
    const looked = shownAt !== undefined && now - shownAt <= LOOK_TO_END_MS;
    const users = livePids.some((pid) => {
      const proc = this.#machine.processes.get(pid);
      return isUsers(proc) && !(looked && proc!.startedAt >= shownAt);
    });
    this.#killed.push({ name, livePids, users });
  }
}
