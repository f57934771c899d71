import type { Signal } from '../../core/ports.ts';
import { Lane } from '../../kernel/kernel.ts';
import { STRERROR } from '../files.ts';
import type { Machine } from '../machine.ts';
import type { Proc } from '../proc.ts';
import type { TmuxClient } from './client.ts';
import { runCommand } from './commands/index.ts';
import { loadConfig } from './config.ts';
import { currentCommand } from './names.ts';
import { knownOption } from './options.ts';
import { hangUp } from './spawn.ts';
import { type Environment, type Pane, type Session, State, type Window } from './state.ts';
import type { Target } from './target.ts';
import type { FormatServer } from './variables.ts';
import { WaitChannels } from './wait-channels.ts';
import type { Listener, SessionEvent, TmuxWorld } from './world.ts';

/** From the client's message to its handling; virtual ms. */
const REQUEST_MS = 1;

/** Connections that a stopped server's socket takes before connect(2) blocks (measured: listen(128) and one). */
export const BACKLOG = 129;

/**
 * Requests that were waiting behind a `kill-server` (measured): the first is still carried out, these many after it are
 * told to exit, the others lose their connection.
 */
const DISMISSED = 3;

/** The tmux server process. */
export class TmuxServer implements Listener, FormatServer {
  readonly world: TmuxWorld;
  readonly machine: Machine;
  readonly proc: Proc;
  readonly socketPath: string;
  readonly state: State;
  readonly channels = new WaitChannels();
  readonly startedAt: number;
  /** Connections that its socket takes while it is stopped; fewer when others wait already. */
  backlog = BACKLOG;
  /** Requests that have arrived and are not handled yet, in order. */
  readonly queue: TmuxClient[] = [];
  /** Commands run by the server itself (`run-shell`, `if-shell`): it does not exit before they end. */
  readonly jobs = new Set<Proc>();
  /** Ends of programs that it has not noticed; it does with the next one. */
  readonly endsMissed: (() => void)[] = [];
  readonly #clients = new Set<TmuxClient>();
  readonly #backlog: TmuxClient[] = [];
  readonly #arrivals = new Lane();
  /** Told to exit: it takes no more clients. */
  #exiting = false;
  /** Why it has no socket, in its own words. */
  #complaint: string | null = null;
  /** The client whose command is being carried out. */
  #acting: TmuxClient | null = null;

  /** The configuration had errors that nobody was shown yet: they will lie over the first session's pane. */
  configFailed = false;

  /** @param config file given with `-f`, instead of the usual ones */
  constructor(world: TmuxWorld, proc: Proc, socketPath: string, config: string | null) {
    this.world = world;
    this.machine = world.machine;
    this.proc = proc;
    this.socketPath = socketPath;
    this.startedAt = world.machine.kernel.now;
    const environment: Environment = new Map(Object.entries(proc.env));
    environment.set('PWD', proc.cwd);
    this.state = new State(environment);
    proc.onSignal = (signal) => this.#signal(signal);
    proc.onDeath = () => this.#died();
    this.#listen();
    this.configFailed = !loadConfig(this, config);
  }

  get pid(): number {
    return this.proc.pid;
  }

  get exiting(): boolean {
    return this.#exiting;
  }

  get uid(): number {
    return this.proc.uid;
  }

  seconds(ms: number): number {
    return Math.floor((this.world.epochMs + ms) / 1_000);
  }

  currentCommand(pane: Pane): string {
    return currentCommand(pane);
  }

  connect(client: TmuxClient): boolean {
    if (this.#exiting) {
      client.lost();
      return true;
    }
    if (this.proc.state === 'stopped' && this.queue.length >= this.backlog) {
      this.#backlog.push(client);
      return false;
    }
    this.#accept(client);
    return true;
  }

  /** Destroys a session: its panes lose their terminals. */
  destroySession(session: Session, type: 'killed' | 'ended', cause: string): void {
    if (this.state.sessions.get(session.name) !== session) return;
    this.state.removeSession(session);
    this.#changed(type, session, cause);
    for (const window of session.windows) for (const pane of window.panes) this.#dropPane(pane);
    for (const window of session.windows) this.state.windows.delete(window.id);
  }

  sessionCreated(session: Session): void {
    if (this.configFailed) session.current.active.mode = 'view-mode';
    this.configFailed = false;
    this.#changed('created', session, this.by('new-session'));
  }

  sessionRenamed(session: Session, before: string): void {
    this.#changed('renamed', session, this.by(`was ${before}: rename-session`));
  }

  /** Destroys a window, and its session if it was the last one. */
  destroyWindow(window: Window, type: 'killed' | 'ended', cause: string): void {
    const { session } = window;
    const at = session.windows.indexOf(window);
    if (at < 0) return;
    if (session.windows.length === 1) return this.destroySession(session, type, cause);
    if (session.current === window) {
      const next = session.last[0] ?? session.windows[at - 1] ?? session.windows[at + 1]!;
      session.select(next);
    }
    session.windows.splice(at, 1);
    session.forget(window);
    this.state.windows.delete(window.id);
    if (type === 'killed') this.#changed('panes-killed', session, cause, window.panes);
    for (const pane of window.panes) this.#dropPane(pane);
  }

  /** Destroys a pane, and its window if it was the last one. */
  destroyPane(pane: Pane, type: 'killed' | 'ended', cause: string): void {
    const { window } = pane;
    if (window.panes.length === 1) return this.destroyWindow(window, type, cause);
    const at = window.panes.indexOf(pane);
    window.panes.splice(at, 1);
    if (type === 'killed') this.#changed('panes-killed', window.session, cause, [pane]);
    if (window.active === pane) window.active = window.panes[Math.max(0, at - 1)]!;
    this.#dropPane(pane);
  }

  killSession(session: Session, command: string): void {
    this.destroySession(session, 'killed', this.by(command));
  }

  /** Why something is done now, for the record: the command and the client that gave it. */
  by(command: string): string {
    return this.#acting ? `${command} of client ${this.#acting.proc.pid}` : command;
  }

  /** What an empty target means to this client: its own pane's session, else the one last used. */
  current(client: TmuxClient): Target | null {
    const inside = client.proc.env.TMUX_PANE;
    const pane = inside?.startsWith('%') ? this.state.panes.get(Number(inside.slice(1))) : undefined;
    const window = pane?.window ?? this.state.latest?.current;
    return window ? { session: window.session, window, pane: pane ?? window.active } : null;
  }

  /** Goes on with the client's commands. Those of them that take time call this again when they are done. */
  proceed(client: TmuxClient): void {
    const before = this.#acting;
    this.#acting = client;
    const done = this.#runGroups(client);
    this.#acting = before;
    if (!done) return client.flush();
    client.finish();
    this.exitIfIdle();
  }

  /** Runs what is pending for the client. False when a command has to wait. */
  #runGroups(client: TmuxClient): boolean {
    for (let group = client.pending.at(-1); group; group = client.pending.at(-1)) {
      const command = group.shift();
      if (!command) {
        client.pending.pop();
        continue;
      }
      const result = runCommand(this, client, command);
      if (result === 'error') group.length = 0;
      if (result === 'wait') return false;
    }
    return true;
  }

  /** `kill-server`, or SIGTERM: every session is destroyed, every client told to go. */
  shutDown(cause: string): void {
    if (this.#exiting) return;
    this.#exiting = true;
    for (const session of this.state.sorted) this.destroySession(session, 'killed', cause);
    this.channels.flush();
    for (const client of this.#clients) {
      if (client !== this.#acting && !this.queue.includes(client)) client.finish();
    }
    for (const client of this.queue.slice(1, 1 + DISMISSED)) client.finish();
    for (const client of this.queue.slice(1 + DISMISSED)) client.lost();
    for (const client of this.#backlog.splice(0)) client.lost();
  }

  /** A server without sessions exits as soon as nobody waits for an answer. */
  exitIfIdle(): void {
    if (!this.proc.alive || this.state.sessions.size > 0 || this.jobs.size > 0) return;
    if (this.#clients.size > 0) {
      this.channels.flush();
      return;
    }
    if (this.#exiting || knownOption(this.state, { session: null, window: null, pane: null }, 'exit-empty') === 'on') {
      this.proc.exit(0);
    }
  }

  #listen(): void {
    const failed = this.world.files.bind(this.socketPath, this.proc.uid, this);
    this.#complaint = failed ? `error creating ${this.socketPath} (${STRERROR[failed]})` : null;
  }

  #accept(client: TmuxClient): void {
    this.#clients.add(client);
    this.queue.push(client);
    client.proc.onDeath = () => this.proc.whenRunning(() => this.#gone(client));
    this.proc.after(REQUEST_MS, () => this.#handle(client), this.#arrivals);
  }

  #handle(client: TmuxClient): void {
    this.queue.splice(this.queue.indexOf(client), 1);
    let waiting = this.#backlog.shift();
    while (waiting && !waiting.proc.alive) waiting = this.#backlog.shift();
    if (waiting) {
      this.#accept(waiting);
      waiting.onAccepted?.();
    }
    if (client.finished) return;
    if (this.#complaint !== null) {
      client.complain(this.#complaint);
      client.status = 0;
      client.finish();
      return;
    }
    if (client.sequence.kind === 'error') {
      client.complain(client.sequence.message);
      client.finish();
      return;
    }
    this.proceed(client);
    // A client that was told to go exits 0 whatever became of its commands (measured).
    if (this.#exiting) client.status = 0;
  }

  #gone(client: TmuxClient): void {
    // What a dead client asked for still happens: its request is in the socket (facts D1b).
    if (this.queue.includes(client)) {
      this.proc.after(0, () => this.#gone(client), this.#arrivals);
      return;
    }
    this.#clients.delete(client);
    this.exitIfIdle();
  }

  #signal(signal: Signal): boolean {
    if (signal === 'SIGTERM' || signal === 'SIGINT') {
      this.shutDown(`${signal} to the server`);
      this.exitIfIdle();
    } else if (signal === 'SIGUSR1') {
      this.world.files.unlink(this.socketPath, this.proc.uid);
      this.#listen();
    }
    return true;
  }

  #died(): void {
    const cause = 'server died';
    for (const session of [...this.state.sorted]) this.destroySession(session, 'ended', cause);
    const node = this.world.files.get(this.socketPath);
    if (node?.kind === 'socket' && node.listener === this) node.listener = null;
    for (const client of this.#clients) client.lost();
    for (const client of this.#backlog) client.lost();
  }

  #dropPane(pane: Pane): void {
    this.state.panes.delete(pane.id);
    pane.pipe?.feedEnd();
    pane.pipe = null;
    hangUp(this.machine, pane);
  }

  #changed(
    type: SessionEvent['type'],
    { name, windows }: Session,
    cause: string,
    panes: readonly Pane[] = windows.flatMap((window) => window.panes),
  ): void {
    const clientPid = this.#acting?.proc.pid ?? null;
    const livePids = panes.flatMap(({ proc }) => (proc?.alive ? [proc.pid] : []));
    this.world.sessionChanged({ type, name, serverPid: this.proc.pid, cause, clientPid, livePids });
  }
}
