import { Gates } from '../gates.ts';
import type { Machine } from '../machine.ts';
import type { ModelSource } from '../model/source.ts';
import type { Proc } from '../proc.ts';
import { UnmodelledError } from '../unmodelled.ts';
import { type Clips, DEFAULT_CLIPS } from './clips.ts';
import type { CodexFaults } from './faults.ts';
import { CodexIds } from './ids.ts';
import { CodexServer } from './server.ts';
import { type CodexConfig, CodexHome, DEFAULT_CONFIG } from './store.ts';
import type { ServerTruth } from './truth.ts';

export type { ModelFault, StartFault } from '../model/faults.ts';
export type { Clips, CommandClip, PatchClip } from './clips.ts';
export type { CodexFaults, ModelRequestInfo } from './faults.ts';
export { type CodexConfig, DEFAULT_CONFIG } from './store.ts';
export type { Delivery, ServerTruth } from './truth.ts';

export interface CodexOptions {
  /** What the model answers. */
  readonly model: ModelSource;
  /** Names under which the program is on PATH. Default `codex`. */
  readonly files?: readonly string[];
  readonly config?: Partial<CodexConfig>;
  readonly faults?: CodexFaults;
  /** What commands and patches do. Default: those of the recordings. */
  readonly clips?: Clips;
  /** Wall clock in ms at virtual time 0. Default 2026-01-01T00:00:00Z. */
  readonly epochMs?: number;
}

/** What app-servers on one machine have in common: disks, model, faults. Also the ground truth about them. */
export class CodexWorld {
  readonly machine: Machine;
  readonly model: ModelSource;
  readonly faults: CodexFaults;
  readonly clips: Clips;
  readonly ids = new CodexIds();
  readonly gates = new Gates();
  /** CODEX_HOME directories by path. They outlive the servers. */
  readonly homes = new Map<string, CodexHome>();
  /** Every server that was ever started, in order. */
  readonly servers: ServerTruth[] = [];
  /** Everything that any of them was given, in order. */
  readonly deliveries: { readonly server: ServerTruth; readonly words: string }[] = [];
  /** Goes up with each request that a server reads, each message it is given and each thread that it loads or unloads. */
  changes = 0;
  readonly platform = 'Debian 12.0.0; x86_64';
  readonly serverName = 'simulated';
  readonly #config: CodexConfig;
  readonly #epochMs: number;
  readonly #latest = new Map<number, ServerTruth>();
  readonly #running = new WeakMap<Proc, CodexServer>();
  readonly #starts = new Map<string, number>();

  constructor(machine: Machine, options: CodexOptions) {
    this.machine = machine;
    this.model = options.model;
    this.faults = options.faults ?? {};
    this.clips = options.clips ?? DEFAULT_CLIPS;
    this.#config = { ...DEFAULT_CONFIG, ...options.config };
    this.#epochMs = options.epochMs ?? 1_767_225_600_000;
  }

  /** Wall clock in ms. */
  get now(): number {
    return this.#epochMs + this.machine.kernel.now;
  }

  /** Of a live or dead server. */
  truth(proc: Proc): ServerTruth | undefined {
    const latest = this.#latest.get(proc.pid);
    return latest?.proc === proc ? latest : this.servers.find((server) => server.proc === proc);
  }

  /**
   * A server unloads a thread as soon as nothing runs on it, if that is still `wanted`, and then tells `unloaded`. `which` is taken modulo the number
   * of its threads. False when it has none.
   */
  unloadThread(proc: Proc, which: number, wanted: () => boolean, unloaded: () => void): boolean {
    const server = this.#running.get(proc);
    const threads = [...(server?.threads.values() ?? [])];
    const thread = threads[which % Math.max(1, threads.length)];
    if (!server || !thread) return false;
    thread.whenAtRest(() => {
      if (!wanted()) return;
      server.unload(thread);
      unloaded();
    });
    return true;
  }

  /** Runs a program of this name as `codex` would. */
  readonly program = (proc: Proc): void => {
    const [, command, ...rest] = proc.argv;
    if (command !== 'app-server' || rest.length > 0) {
      throw new UnmodelledError('codex', `\`${proc.argv.join(' ')}\``);
    }
    const path = proc.env.CODEX_HOME ?? `${proc.env.HOME}/.codex`;
    const home = this.homes.get(path) ?? new CodexHome(path, this.#config, this.ids);
    this.homes.set(path, home);
    const server = new CodexServer(proc, this, home);
    this.servers.push(server.truth);
    this.#running.set(proc, server);
    this.#latest.set(proc.pid, server.truth);
    const number = (this.#starts.get(path) ?? 0) + 1;
    this.#starts.set(path, number);
    const fault = this.faults.start?.({ pid: proc.pid, codexHome: path, number });
    if (fault?.kind === 'silent') {
      server.fallSilent();
    } else if (fault?.kind === 'exit') {
      proc.after(fault.afterMs, () => {
        proc.stderr(fault.stderr);
        proc.exit(fault.code);
      });
    }
  };
}

/** Puts `codex` on the machine's PATH. `codex app-server` then behaves as version 0.169.0 does (facts/codex-wire.md). */
export function installCodex(machine: Machine, options: CodexOptions): CodexWorld {
  const world = new CodexWorld(machine, options);
  for (const file of options.files ?? ['codex']) {
    machine.executables.set(file, { kind: 'program', program: world.program });
  }
  return world;
}
