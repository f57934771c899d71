import type { Signal, SignalResult, SpawnErrno } from '../core/ports.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { FileTree } from './files.ts';
import { WorldNetwork } from './network.ts';
import { Proc, type ProcInit, type ProcSink, type Program } from './proc.ts';

/** What a name on PATH is, as far as `execve` is concerned. */
export type Executable =
  | { readonly kind: 'program'; readonly program: Program }
  /** On disk without the x bit: EACCES. */
  | { readonly kind: 'not-executable' };

export type LookUp =
  | { readonly kind: 'found'; readonly program: Program }
  | { readonly kind: 'failed'; readonly errno: SpawnErrno };

export interface StartRequest {
  readonly argv: readonly string[];
  readonly program: Program;
  readonly parent: Proc | null;
  /** Who starts it, if that is not its parent: a process that forks twice leaves its child to init. */
  readonly starter?: Proc;
  /** Leads a new session and process group (`setsid(2)`); otherwise it joins its parent's. */
  readonly newGroup: boolean;
  readonly uid: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly sink: ProcSink;
}

/** Linux counts process start times in 1/100 s since boot; the simulated host booted this long before the run. */
const BOOT_TICKS = 360_000;
const MS_PER_TICK = 10;
/** What runs after a boot starts this long after it: as early as at the boot before, so that ticks can be the same. */
const REBOOT_MS = BOOT_TICKS * MS_PER_TICK;

/** The simulated host: its process table and its PATH. Ground truth for invariants. */
export class Machine {
  readonly kernel: Kernel;
  readonly network: WorldNetwork;
  /** Every process not yet reaped, by pid, zombies included. */
  readonly processes = new Map<number, Proc>();
  /** PATH: bare name or absolute path to what lies there. */
  readonly executables = new Map<string, Executable>();
  /** Directories that were deleted: `cwd` in one of them makes a spawn fail with ENOENT. */
  readonly missingDirectories = new Set<string>();
  /** Who listens on a socket is whatever object the program that made it put there. */
  readonly files = new FileTree<object>((path) => this.#isMissing(path));
  /** Names this boot of the host (`/proc/sys/kernel/random/boot_id`). */
  get bootId(): string {
    return `00000000-0000-4000-8000-${String(this.#boots).padStart(12, '0')}`;
  }

  /** pids wrap after this one (`kernel.pid_max`). */
  pidMax = 32_768;
  /** Processes started so far. */
  starts = 0;
  /** What the wall clock has been stepped by, in ms. */
  clockStepMs = 0;
  /** Told of each signal that one process sends to others. */
  onSignal: ((targets: readonly Proc[], signal: Signal, senderUid: number) => void) | null = null;
  #lastPid = 1_000;
  #boots = 1;
  #bootedAt = -BOOT_TICKS * MS_PER_TICK;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.network = new WorldNetwork(kernel);
  }

  /** Resolves `file` as `execvp` would. A missing working directory is ENOENT too, indistinguishably (facts D7). */
  lookUp(file: string, cwd: string): LookUp {
    if (this.#isMissing(this.#realDirectory(cwd))) return { kind: 'failed', errno: 'ENOENT' };
    const executable = this.executables.get(file);
    if (!executable) return { kind: 'failed', errno: 'ENOENT' };
    if (executable.kind === 'not-executable') return { kind: 'failed', errno: 'EACCES' };
    return { kind: 'found', program: executable.program };
  }

  /** Starts a process; its program runs at once, in this instant. */
  start(request: StartRequest): Proc {
    const pid = this.#freePid();
    const init: ProcInit = {
      pid,
      startTicks: Math.floor((this.kernel.now - this.#bootedAt) / MS_PER_TICK),
      bootId: this.bootId,
      parent: request.parent,
      starter: request.starter ?? request.parent,
      pgid: request.newGroup ? pid : (request.parent?.pgid ?? pid),
      sid: request.newGroup ? pid : (request.parent?.sid ?? pid),
      uid: request.uid,
      cwd: this.#realDirectory(request.cwd),
      argv: request.argv,
      env: request.env,
      sink: request.sink,
    };
    const proc = new Proc(this.kernel, init, (dead, code, signal) => this.#onDeath(dead, code, signal));
    this.processes.set(pid, proc);
    request.parent?.children.add(proc);
    this.starts++;
    this.kernel.record(`pid ${pid}`, 'process.start', request.argv.join(' '));
    request.program(proc);
    return proc;
  }

  /** `kill(2)`: positive pid = one process, negative = the group. Only the owner and root may signal. */
  kill(senderUid: number, pid: number, signal: Signal | 0): SignalResult {
    const targets = pid < 0 ? this.#group(-pid) : this.#one(pid);
    if (targets.length === 0) return 'ESRCH';
    const allowed = targets.filter((proc) => senderUid === 0 || senderUid === proc.uid);
    if (allowed.length === 0) return 'EPERM';
    if (signal === 0) return 'ok';
    this.onSignal?.(allowed, signal, senderUid);
    for (const proc of allowed) {
      this.kernel.record(`pid ${proc.pid}`, 'signal', signal);
      proc.receive(signal);
    }
    return 'ok';
  }

  /** The parent collects a dead child's status: the zombie disappears and its pid is free again. */
  reap(proc: Proc): void {
    if (proc.state !== 'zombie') return;
    proc.state = 'dead';
    proc.parent?.children.delete(proc);
    this.processes.delete(proc.pid);
  }

  /** The next process gets this pid, if it is free then (pid reuse after a wrap). */
  reusePidNext(pid: number): void {
    this.#lastPid = pid - 1;
  }

  /** A directory is deleted while processes work in it: the kernel shows that in their cwd (facts D18). */
  deleteDirectory(path: string): void {
    this.missingDirectories.add(path);
    this.files.remove(path);
    for (const proc of this.processes.values()) {
      if (proc.cwd === path || proc.cwd.startsWith(`${path}/`)) proc.cwd = `${proc.cwd} (deleted)`;
    }
  }

  /** Power off and on: no process is left and none learns of it. Files stay; pids and ticks begin again. */
  reboot(): void {
    this.kernel.record('machine', 'reboot');
    // Nothing that is under way anywhere comes to anything; and everything is gone before anybody can notice.
    for (const proc of this.processes.values()) proc.fence.close();
    for (const proc of [...this.processes.values()]) proc.receive('SIGKILL');
    this.processes.clear();
    this.files.dropListeners();
    this.#boots++;
    this.#bootedAt = this.kernel.now - REBOOT_MS;
    this.#lastPid = 1_000;
  }

  #isMissing(path: string): boolean {
    if (this.missingDirectories.size === 0) return false;
    for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/')))
      if (this.missingDirectories.has(at)) return true;
    return false;
  }

  /** As the kernel keeps a working directory: without symbolic links. */
  #realDirectory(path: string): string {
    const real = this.files.realPath(path, 0);
    return typeof real === 'string' ? path : real.path;
  }

  #one(pid: number): Proc[] {
    const proc = this.processes.get(pid);
    return proc ? [proc] : [];
  }

  #group(pgid: number): Proc[] {
    return [...this.processes.values()].filter((proc) => proc.pgid === pgid);
  }

  #freePid(): number {
    for (let tried = 0; tried < this.pidMax; tried++) {
      this.#lastPid = this.#lastPid >= this.pidMax ? 300 : this.#lastPid + 1;
      if (!this.processes.has(this.#lastPid)) return this.#lastPid;
    }
    throw new Error(`all ${this.pidMax} pids are in use: raise Machine.pidMax`);
  }

  #onDeath(dead: Proc, code: number | null, signal: Signal | null): void {
    this.kernel.record(`pid ${dead.pid}`, 'process.exit', signal ?? String(code));
    dead.state = 'zombie';
    this.network.died(dead);
    for (const proc of dead.children) {
      proc.parent = null;
      this.reap(proc);
    }
    dead.children.clear();
    // Init reaps at once; any other parent when it gets round to it.
    if (dead.parent === null) this.reap(dead);
  }
}
