import type { Daemon, DaemonStatus } from '../core/index.ts';
import { Kernel } from '../kernel/kernel.ts';
import type { WorldDatabase } from '../world/database.ts';
import { WorldIds } from '../world/ids.ts';
import { Incarnation } from '../world/incarnation.ts';
import { Machine } from '../world/machine.ts';
import type { Pipes } from '../world/pipes.ts';
import type { Proc } from '../world/proc.ts';
import { blindExec } from './blind-exec.ts';
import { Book } from './book.ts';
import type { CoreModule } from './core-module.ts';
import { giveBackDatabase, takeDatabase } from './databases.ts';
import { type DurableChat, type DurableMessage, readChats, readChatsLeft, readMessages } from './durable.ts';
import { GatedChoices } from './gated-choices.ts';
import { type HangUp, noteHangUp } from './hang-ups.ts';
import { LocksTruth } from './locks-truth.ts';
import { Logins } from './logins.ts';
import { type ModelAccess, ModelFaults } from './model-faults.ts';
import { Observer } from './observer.ts';
import { ProvidersTruth } from './providers-truth.ts';
import { Questions } from './questions.ts';
import type { Broken } from './rules/checker.ts';
import { pairName, type Scenario, setupOf } from './scenario.ts';
import { type SimulatedConfig, simulatedConfig, WORKSPACE } from './simulated-config.ts';
import { StatusMemo } from './status-memo.ts';
import { asksTmuxAlone } from './terminal-wish.ts';
import { TerminalsTruth } from './terminals-truth.ts';
import { Tuis } from './tuis.ts';
import { CommandLog, watchedExec } from './watched-exec.ts';
import { WorkersTruth } from './workers-truth.ts';

export interface SimulationOptions {
  readonly core: CoreModule;
  readonly keepTrace: boolean;
  readonly model: ModelAccess;
  /** Keep what users saw and what was destroyed. */
  readonly observe: boolean;
  /** Ask the daemon for its status each time that somebody looks at it, whether it may have changed or not. */
  readonly always?: boolean;
}

/** How long a supervisor waits before it starts a daemon again that ended at once (`RestartSec` of many units). */
const SUPERVISOR_PAUSE_MS = 1_000;

/** One world with one daemon in it, as faults, users and rules see it. */
export class Simulation {
  readonly scenario: Scenario;
  readonly kernel: Kernel;
  readonly machine: Machine;
  readonly book = new Book();
  config: SimulatedConfig;
  readonly terminals: TerminalsTruth;
  readonly workers: WorkersTruth;
  readonly commands = new CommandLog();
  readonly providers: ProvidersTruth;
  readonly modelFaults: ModelFaults;
  readonly tuis: Tuis;
  /** What the daemon threw away: tasks that failed, rejections that nobody handled. */
  readonly failedTasks: string[] = [];
  /** Since the last check. */
  readonly hangUps: HangUp[] = [];
  /** Null unless asked for. */
  readonly observer: Observer | null;
  /** The faults have ceased. */
  healed = false;
  /** No question about terminals is answered. */
  blind = false;
  /** Told of each provider process that a daemon has started. */
  readonly onSpawn: ((lane: string, pid: number) => void)[] = [];
  /** Every start of a provider process so far. */
  readonly spawns: { readonly lane: string; readonly at: number }[] = [];
  /** Provider processes that ran when their daemon had shut down in good order. */
  readonly leftBehind: Pipes[] = [];
  /** Requests of providers that must be answered soon. */
  readonly questions = new Questions();
  readonly logins = new Logins(this);
  /** Answers about pairs that were not true; see `rules/pair-answers.ts`. */
  readonly untrueAnswers: Broken[] = [];
  /** Called after each commit of the daemon. */
  readonly onCommit: (() => void)[] = [];
  /** Called after each change that the daemon has made to a file, before it learns of it. */
  readonly onFileChange: (() => void)[] = [];
  /** Lock files as they really are. */
  readonly locks: LocksTruth;
  /** Other programs that have pids which processes of the daemon had before. */
  readonly strangers = new Set<Proc>();
  /** Signals that processes of the daemon's user sent to them. */
  readonly hitStrangers: { readonly pid: number; readonly signal: string }[] = [];
  /** Further daemons that were started on the same data. */
  readonly rivals: { readonly proc: Proc; started: boolean }[] = [];
  /** Daemons that said another one uses their data while there was none. */
  readonly untrueRefusals: { readonly pid: number; readonly reason: string }[] = [];
  readonly #core: CoreModule;
  readonly #choices: GatedChoices;
  readonly #database: WorldDatabase;
  readonly #ids = new WorldIds();
  /** Every daemon so far; the last one is the present one. */
  readonly incarnations: Incarnation[] = [];
  #daemon: Daemon | null = null;
  readonly #status: StatusMemo;
  #acts = 0;
  #chats: { readonly changes: number; readonly value: readonly DurableChat[] } | null = null;
  #chatsLeft: { readonly changes: number; readonly value: readonly DurableChat[] } | null = null;

  constructor(scenario: Scenario, { core, keepTrace, model, observe, always = false }: SimulationOptions) {
    this.scenario = scenario;
    this.observer = observe ? new Observer((chatId) => this.#homeOf(chatId)) : null;
    this.#core = core;
    this.#database = takeDatabase(core);
    this.#choices = new GatedChoices(scenario.choices);
    this.kernel = new Kernel({ choices: this.#choices, keepTrace });
    this.#status = new StatusMemo(this.kernel, () => this.#running?.status() ?? null, always);
    this.machine = new Machine(this.kernel);
    this.config = simulatedConfig(core.DEFAULT_TIMERS, scenario.room ?? 'plenty');
    this.modelFaults = new ModelFaults(this.kernel, model, (error) =>
      this.failedTasks.push(`the model: ${String(error)}`),
    );
    this.tuis = new Tuis(this.machine);
    this.workers = new WorkersTruth(this.machine, (pid) => this.terminals.keeps(pid));
    this.terminals = new TerminalsTruth(this.machine, this.config.tmux.socketName);
    this.locks = new LocksTruth(this.machine, scenario, this.config.locks.folder, this.config.owner);
    this.machine.onSignal = (targets, signal, senderUid) => {
      // The superuser is whoever makes things go wrong.
      if (senderUid === 0 || this.strangers.size === 0) return;
      for (const proc of targets) if (this.strangers.has(proc)) this.hitStrangers.push({ pid: proc.pid, signal });
    };
    this.providers = new ProvidersTruth(this.machine, this.modelFaults, this.incarnations, this.logins.accounts);
  }

  /** Virtual ms. */
  get now(): number {
    return this.kernel.now;
  }

  /** Null while no daemon runs or it is still loading. For those who act upon it; to look at it there is its status. */
  get daemon(): Daemon | null {
    this.#acts++;
    return this.#running;
  }

  get #running(): Daemon | null {
    return this.incarnation?.alive ? this.#daemon : null;
  }

  /** Goes up whenever the daemon, what it has written or what its users know may be in another state than before. */
  get daemonChanges(): number {
    let changes = this.#acts;
    for (const { proc } of this.incarnations) changes += proc.fence.changes;
    for (const { proc } of this.rivals) changes += proc.fence.changes;
    return changes;
  }

  /** The present daemon, or the last one when none runs. */
  get incarnation(): Incarnation | null {
    return this.incarnations.at(-1) ?? null;
  }

  /** The daemon's own account of itself, at this step. */
  get status(): DaemonStatus | null {
    return this.#status.at(this.daemonChanges);
  }

  /** Goes up whenever the status is another one than before. */
  get statusVersions(): number {
    this.#status.at(this.daemonChanges);
    return this.#status.versions;
  }

  /** Goes up with each change of what {@link durableChats} tells. */
  get chatChanges(): number {
    const database = this.#database;
    return database.changesOf('chats') + database.changesOf('sessions') + database.changesOf('messages');
  }

  /** An event is over, and all that follows from it; or another one begins. */
  set atRest(atRest: boolean) {
    this.#status.atRest = atRest;
  }

  /** Somebody has acted upon the daemon: what it said of itself before may not be so any more. */
  forgetStatus(): void {
    this.#acts++;
  }

  readonly durableChats = (): readonly DurableChat[] => {
    const changes = this.chatChanges;
    if (this.#chats?.changes !== changes) this.#chats = { changes, value: readChats(this.#database) };
    return this.#chats.value;
  };

  /** Chats that are not open any more. */
  readonly durableChatsLeft = (): readonly DurableChat[] => {
    const changes = this.#database.changesOf('chats');
    if (this.#chatsLeft?.changes !== changes) this.#chatsLeft = { changes, value: readChatsLeft(this.#database) };
    return this.#chatsLeft.value;
  };

  readonly durableMessages = (): ReadonlyMap<string, DurableMessage> => readMessages(this.#database);

  /** Starts a daemon unless one is there. */
  boot(): void {
    if (this.incarnation?.alive) return;
    this.#daemon = null;
    const incarnation = new Incarnation({
      machine: this.machine,
      database: this.#database,
      ids: this.#ids,
      uid: 1000,
      number: this.incarnations.length + 1,
      cwd: WORKSPACE,
      credentials: this.logins,
      onPublish: (event) => {
        this.book.saw(event);
        this.observer?.event(event, this.now, this.kernel.trace.length - 1);
      },
      onLog: (type, fields) => {
        if (type === 'chat.task-failed') this.failedTasks.push(String(fields.error));
        this.book.logged(type, fields, this.kernel.now);
        if (this.observer) this.#observe(type, fields);
      },
      onCommit: () => {
        for (const listener of this.onCommit) listener();
      },
      onFileChange: () => {
        for (const listener of this.onFileChange) listener();
      },
      onSpawn: (lane, pid) => {
        this.spawns.push({ lane, at: this.kernel.now });
        this.providers.spawned(incarnation.children.get(pid)!);
        for (const listener of [...this.onSpawn]) listener(lane, pid);
      },
      onHangUp: (pipes) => noteHangUp(pipes, this, this.#status.last),
    });
    this.incarnations.push(incarnation);
    const { ports } = incarnation;
    const seen = blindExec(ports.exec, ports.clock, () => this.blind);
    const exec = watchedExec(seen, this.commands, () => this.now);
    void this.#core.Daemon.start({ ...ports, exec }, this.config).then(
      (daemon) => {
        if (this.incarnation === incarnation) this.#daemon = daemon;
      },
      (error) => this.#startFailed(incarnation, error),
    );
  }

  /** Somebody starts another daemon on the same data. It should refuse; where none runs it may work, and is stopped. */
  bootRival(): void {
    const incarnation = new Incarnation({
      machine: this.machine,
      database: this.#database,
      ids: this.#ids,
      uid: 1000,
      number: 100 + this.rivals.length,
      cwd: WORKSPACE,
      onPublish: () => {},
      onLog: () => {},
      onCommit: () => {},
      onSpawn: () => {},
      onHangUp: () => {},
    });
    const { proc } = incarnation;
    const rival = { proc, started: false };
    this.rivals.push(rival);
    void this.#core.Daemon.start(incarnation.ports, this.config).then(
      () => {
        rival.started = true;
        if (!this.#running) this.machine.kill(0, proc.pid, 'SIGKILL');
      },
      (error) => this.#refused(proc, error),
    );
  }

  /** The daemon is gone, from one instant to the next. */
  crash(): void {
    const proc = this.incarnation?.proc;
    if (!proc?.alive) return;
    this.kernel.record('fault', 'daemon.killed');
    this.machine.kill(0, proc.pid, 'SIGKILL');
    this.book.daemonGone();
  }

  /** Stops the daemon in good order and starts another. Does nothing while none runs. */
  restart(): void {
    const { daemon, incarnation } = this;
    if (!daemon || !incarnation || daemon.status().phase === 'stopping') return;
    void daemon.shutdown().then(() => {
      this.leftBehind.push(...[...incarnation.children.values()].filter(({ proc }) => proc?.alive));
      incarnation.proc.exit(0);
      this.book.daemonGone();
      this.kernel.schedule(50, () => this.boot());
    });
  }

  /** From here on the scenario's choices apply. */
  openChoices(): void {
    this.#choices.open();
  }

  /** It runs, and its daemon can talk to it. */
  isWell(pid: number): boolean {
    const pipes = this.incarnation?.children.get(pid);
    return pipes?.proc?.alive === true && pipes.writable;
  }

  /** Gives back what the next run may use again. */
  dispose(): void {
    giveBackDatabase(this.#core, this.#database);
  }

  /** A daemon that refuses to start ends, and its supervisor tries again: the reason may pass. */
  #startFailed(incarnation: Incarnation, error: unknown): void {
    this.#refused(incarnation.proc, error);
    this.kernel.schedule(SUPERVISOR_PAUSE_MS, () => this.boot());
  }

  #refused(proc: Proc, error: unknown): void {
    if (!(error instanceof this.#core.DataInUseError)) throw error;
    this.kernel.record(`pid ${proc.pid}`, 'daemon.refused', error.message);
    const others = [...this.incarnations, ...this.rivals].filter((each) => each.proc.alive && each.proc !== proc);
    if (others.length === 0) this.untrueRefusals.push({ pid: proc.pid, reason: error.message });
    proc.exit(1);
  }

  #homeOf(chatId: string): string | undefined {
    const chat = this.scenario.chats[Number(chatId.slice(1)) - 1];
    return chat && pairName(this.scenario, chat.pair);
  }

  #observe(type: string, fields: Readonly<Record<string, string | number | boolean | null>>): void {
    const [time, seq] = [this.now, this.kernel.trace.length - 1];
    if (type === 'pair.app-server') this.observer!.saw(String(fields.pair), `app-server ${fields.phase}`, time, seq);
    // Without an answer there is no evidence; once there are answers, what is gone may be given up.
    const blindly = this.blind && asksTmuxAlone(setupOf(this.scenario, String(fields.chat)));
    if (type === 'chat.ended') this.observer!.gaveUp({ what: `chat ${fields.chat}`, time, seq }, blindly);
  }
}
