import type { Daemon, DaemonConfig, DaemonStatus } from '../core/index.ts';
import { Kernel } from '../kernel/kernel.ts';
import { WorldDatabase } from '../world/database.ts';
import { WorldIds } from '../world/ids.ts';
import { Incarnation } from '../world/incarnation.ts';
import { Machine } from '../world/machine.ts';
import type { Pipes } from '../world/pipes.ts';
import { Book } from './book.ts';
import type { CoreModule } from './core-module.ts';
import { type DurableChat, type DurableMessage, readChats, readChatsLeft, readMessages } from './durable.ts';
import { GatedChoices } from './gated-choices.ts';
import { type ModelAccess, ModelFaults } from './model-faults.ts';
import { ProvidersTruth } from './providers-truth.ts';
import { pairName, type Scenario } from './scenario.ts';
import { simulatedConfig, WORKSPACE } from './simulated-config.ts';
import { TerminalsTruth } from './terminals-truth.ts';

/** The daemon closed its end of a provider's stdin while the process lived. */
export interface HangUp {
  readonly pid: number;
  readonly lane: string;
  readonly runningTurns: number;
}

/** Databases of runs that are over, by the core that made their tables. */
const idle = new WeakMap<CoreModule, WorldDatabase>();

function takeDatabase(core: CoreModule): WorldDatabase {
  const database = idle.get(core) ?? new WorldDatabase();
  idle.delete(core);
  return database;
}

/** One world with one daemon in it, as faults, users and rules see it. */
export class Simulation {
  readonly scenario: Scenario;
  readonly kernel: Kernel;
  readonly machine: Machine;
  readonly book = new Book();
  readonly config: DaemonConfig;
  readonly terminals: TerminalsTruth;
  readonly providers: ProvidersTruth;
  readonly modelFaults: ModelFaults;
  /** What the daemon threw away: tasks that failed, rejections that nobody handled. */
  readonly failedTasks: string[] = [];
  /** Since the last check. */
  readonly hangUps: HangUp[] = [];
  /** Called after each commit of the daemon. */
  readonly onCommit: (() => void)[] = [];
  readonly #core: CoreModule;
  readonly #choices: GatedChoices;
  readonly #database: WorldDatabase;
  readonly #ids = new WorldIds();
  /** Every daemon so far; the last one is the present one. */
  readonly incarnations: Incarnation[] = [];
  #daemon: Daemon | null = null;
  #status: { readonly events: number; readonly entries: number; readonly value: DaemonStatus | null } | null = null;
  #chatsLeft: { readonly changes: number; readonly value: readonly DurableChat[] } | null = null;

  constructor(scenario: Scenario, core: CoreModule, keepTrace: boolean, access: ModelAccess) {
    this.scenario = scenario;
    this.#core = core;
    this.#database = takeDatabase(core);
    this.#choices = new GatedChoices(scenario.choices);
    this.kernel = new Kernel({ choices: this.#choices, keepTrace });
    this.machine = new Machine(this.kernel);
    this.config = simulatedConfig(core.DEFAULT_TIMERS);
    this.modelFaults = new ModelFaults(this.kernel, access, (error) =>
      this.failedTasks.push(`the model: ${String(error)}`),
    );
    this.terminals = new TerminalsTruth(this.machine, this.config.tmux.socketName);
    this.providers = new ProvidersTruth(this.machine, this.modelFaults, this.incarnations);
  }

  /** Virtual ms. */
  get now(): number {
    return this.kernel.now;
  }

  /** Null while no daemon runs or it is still loading. */
  get daemon(): Daemon | null {
    return this.incarnation?.alive ? this.#daemon : null;
  }

  /** The present daemon, or the last one when none runs. */
  get incarnation(): Incarnation | null {
    return this.incarnations.at(-1) ?? null;
  }

  /** The daemon's own account of itself, at this step. */
  get status(): DaemonStatus | null {
    const { events, trace } = this.kernel;
    if (this.#status?.events !== events || this.#status.entries !== trace.length) {
      this.#status = { events, entries: trace.length, value: this.daemon?.status() ?? null };
    }
    return this.#status.value;
  }

  readonly durableChats = (): readonly DurableChat[] => readChats(this.#database);

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
      onPublish: (event) => this.book.saw(event),
      onLog: (type, fields) => {
        if (type === 'chat.task-failed') this.failedTasks.push(String(fields.error));
      },
      onCommit: () => {
        for (const listener of this.onCommit) listener();
      },
      onHangUp: (pipes) => this.#sawHangUp(pipes),
    });
    this.incarnations.push(incarnation);
    void this.#core.Daemon.start(incarnation.ports, this.config).then((daemon) => {
      if (this.incarnation === incarnation) this.#daemon = daemon;
    });
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
    const { daemon } = this;
    const incarnation = this.incarnation;
    if (!daemon || !incarnation || daemon.status().phase === 'stopping') return;
    void daemon.shutdown().then(() => {
      incarnation.proc.exit(0);
      this.book.daemonGone();
      this.kernel.schedule(50, () => this.boot());
    });
  }

  /** Makes the pairs and chats of the scenario. Resolves when the daemon has them. */
  async setUp(): Promise<void> {
    const daemon = this.#daemon;
    if (!daemon) throw new Error('the daemon did not start');
    for (let index = 0; index < this.scenario.pairs; index++) await daemon.ensurePair(`p${index + 1}`);
    for (const [index, { provider, pair }] of this.scenario.chats.entries()) {
      const pairId = pairName(this.scenario, pair);
      await daemon.openChat({ chatId: `c${index + 1}`, provider, pairId, cwd: WORKSPACE });
    }
  }

  /** From here on the scenario's choices apply. */
  openChoices(): void {
    this.#choices.open();
  }

  /** Does this process run, and can its daemon talk to it? */
  isWell(pid: number): boolean {
    const pipes = this.incarnation?.children.get(pid);
    return pipes?.proc?.alive === true && pipes.writable;
  }

  /** Gives back what the next run may use again. */
  dispose(): void {
    this.#database.reset();
    idle.set(this.#core, this.#database);
  }

  #sawHangUp({ proc, lane }: Pipes): void {
    if (!proc?.alive || !this.incarnation?.alive) return;
    this.hangUps.push({ pid: proc.pid, lane, runningTurns: this.providers.runningTurns(proc.pid) });
  }
}
