import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Daemon,
  type DaemonConfig,
  DEFAULT_PAIRS,
  DEFAULT_TIMERS,
  LOCK_SWEEP_MS,
  type Log,
  type Ports,
} from '../../core/index.ts';
import { createClock } from '../../host/clock.ts';
import { createExec } from '../../host/exec.ts';
import { createHostPorts, type HostPorts } from '../../host/ports.ts';
import { createProcesses } from '../../host/processes.ts';
import { claudeLaunch, codexLaunch } from '../../host/provider-env.ts';
import type { ModelScript } from '../../world/model/index.ts';
import { ChatWindows } from './chat-windows.ts';
import { insideNetwork, type ModelServer, startModelServer } from './model-server.ts';
import { type Leftover, type OwnChild, processesOf, trackChildren, trackTimers } from './own-processes.ts';
import type { LiveTools } from './requirements.ts';
import { TmuxView } from './tmux-view.ts';
import { Watch } from './watch.ts';

export interface LiveMachineOptions {
  readonly tools: LiveTools;
  /** What the model says. */
  readonly script: ModelScript;
  /** How long anything may take before it counts as failed. */
  readonly patienceMs: number;
  /** Ends all waiting. */
  readonly stop: AbortSignal;
  /** Comes between each daemon and its ports, e.g. to write down what passes. */
  readonly between?: (ports: Ports) => Ports;
}

/** Label of the terminals, and name of the tmux socket (in a folder of our own). */
export const OWNER = 'reprise-live';

/** How often to look for processes that are ending, and at most how many times (5 s in all). */
const LOOK_AGAIN_MS = 10;
const MOST_LOOKS = 500;

type LogFields = Parameters<Log['event']>[1];

/**
 * A place on this machine where the real core runs against real tmux and real providers: a temporary folder with
 * everything in it, a model server on loopback, and one daemon at a time on one SQLite file.
 */
export class LiveMachine {
  readonly folder: string;
  /** Where all chats work. It has one file, as the simulated one. */
  readonly workspace: string;
  readonly watch: Watch;
  readonly model: ModelServer;
  readonly tmux: TmuxView;
  readonly windows: ChatWindows;
  readonly processes = createProcesses(createClock());
  /** Every provider process that was started, by all daemons of this run. */
  readonly children: OwnChild[] = [];
  /** Purposes of the timers that are armed. */
  readonly timers = new Map<symbol, string>();
  /** The daemon's log, one line an event. */
  readonly log: string[] = [];
  /** Called inside the daemon's log call: what the daemon says of itself in there is what was so at that instant. */
  onLog: ((type: string, fields: LogFields) => void) | null = null;
  readonly #config: DaemonConfig;
  readonly #tmuxEnv: Readonly<Record<string, string>>;
  readonly #between: (ports: Ports) => Ports;
  #ports: HostPorts | null = null;
  #daemon: Daemon | null = null;

  private constructor(options: LiveMachineOptions, folder: string, watch: Watch, model: ModelServer) {
    const { tmux, codex, claude } = options.tools;
    this.folder = folder;
    this.#between = options.between ?? ((ports) => ports);
    this.watch = watch;
    this.model = model;
    this.workspace = join(folder, 'workspace');
    this.windows = new ChatWindows(join(folder, 'chats'), watch.pulse);
    this.#tmuxEnv = {
      // Its socket, and nothing of the user's settings.
      TMUX_TMPDIR: join(folder, 'tmux'),
      HOME: join(folder, 'tmux'),
      PATH: process.env.PATH ?? '/usr/bin:/bin',
      SHELL: '/bin/sh',
      LANG: 'C.UTF-8',
    };
    for (const each of [this.workspace, join(folder, 'tmux')]) mkdirSync(each);
    writeFileSync(join(this.workspace, 'hello.txt'), 'hello\n');
    const exec = createExec(createClock());
    this.tmux = new TmuxView({ exec, file: tmux.file, socketName: OWNER, env: this.#tmuxEnv });
    const place = (name: string) => ({ folder: join(folder, name), cwd: this.workspace, modelUrl: model.url });
    this.#config = {
      owner: OWNER,
      tmux: { file: tmux.file, socketName: OWNER },
      codex: codexLaunch({ binary: codex.file, ...place('codex') }),
      claude: claudeLaunch({ binary: claude.file, ...place('claude') }),
      worker: this.windows.worker,
      // Away from where a daemon of the user's own would be.
      pairs: { ...DEFAULT_PAIRS, portBase: 24_500 },
      locks: { folder: join(folder, 'locks'), sweepMs: LOCK_SWEEP_MS },
      timers: DEFAULT_TIMERS,
    };
  }

  /** Makes the folder and the model server. No daemon runs yet. */
  static async open(options: LiveMachineOptions): Promise<LiveMachine> {
    const watch = new Watch(options.patienceMs, options.stop);
    const model = await startModelServer(options.script, watch.pulse);
    return new LiveMachine(options, mkdtempSync(join(tmpdir(), 'reprise-live-')), watch, model);
  }

  /** The daemon that runs. Throws when none does. */
  get daemon(): Daemon {
    if (!this.#daemon) throw new Error('no daemon runs');
    return this.#daemon;
  }

  /** Starts a daemon on the run's SQLite file and waits until it has restored what there was. */
  async boot(): Promise<Daemon> {
    const host = createHostPorts({
      databaseFile: join(this.folder, 'reprise.sqlite'),
      frontend: this.windows,
      log: { event: (type, fields) => this.#logged(type, fields) },
      env: this.#tmuxEnv,
    });
    this.#ports = host;
    const isolated = insideNetwork(host.processes, this.model.network);
    const processes = trackChildren(isolated, this.children, this.watch.pulse);
    const ports = { ...host, processes, clock: trackTimers(host.clock, this.timers) };
    this.#daemon = await Daemon.start(this.#between(ports), this.#config);
    await this.watch.of('the daemon to restore its chats', this.#daemon.restored);
    return this.#daemon;
  }

  /** Shuts the daemon down and closes the SQLite file. Does nothing when none runs. */
  async halt(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = null;
    if (daemon) await this.watch.of('the daemon to shut down', daemon.shutdown());
    this.#ports?.close();
    this.#ports = null;
  }

  /**
   * Lets everything go, after a failure too: shuts down, ends the terminals, kills what is left, removes the folder.
   * Returns a sentence for each thing that was left or did not work: none, when all went well. Never rejects.
   */
  async dispose(): Promise<readonly string[]> {
    const left: string[] = [];
    const attempt = async (what: string, act: () => unknown): Promise<void> => {
      try {
        await act();
      } catch (error) {
        left.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    };
    await attempt('the daemon could not be shut down', () => this.halt());
    await attempt('the tmux server could not be ended', () => this.tmux.killServer());
    await attempt('the model server could not be ended', () => this.model.close());
    for (const { identity, command } of await this.#remaining()) {
      left.push(`process ${identity.pid} was left and had to be killed: ${command}`);
      await this.processes.signal(identity, 'SIGKILL', 'process');
    }
    await attempt('the temporary folder could not be removed', () =>
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 }),
    );
    return left;
  }

  /** What still runs after the time that processes need to end. */
  async #remaining(): Promise<Leftover[]> {
    let left = processesOf(this.folder);
    for (let looks = 0; left.length > 0 && looks < MOST_LOOKS; looks++) {
      await sleep(LOOK_AGAIN_MS);
      left = processesOf(this.folder);
    }
    return left;
  }

  #logged(type: string, fields: LogFields): void {
    const text = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
    this.log.push([type, ...text].join(' '));
    this.onLog?.(type, fields);
    this.watch.pulse();
  }
}
