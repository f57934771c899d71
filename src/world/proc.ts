import type { ProcessIdentity, Signal } from '../core/ports.ts';
import { Fence, type Kernel, type Lane, type Scheduled } from '../kernel/kernel.ts';

/** Who reads a process's output and learns of its end. */
export interface ProcSink {
  stdout(chunk: string): void;
  stderr(chunk: string): void;
  /** Called once, at the instant of death; `code` is null exactly when a signal killed it. */
  exited(code: number | null, signal: Signal | null): void;
}

/** A program: what an executable file does when it is started. It installs handlers on `proc` and schedules its work. */
export type Program = (proc: Proc) => void;

export interface ProcInit {
  readonly pid: number;
  readonly startTicks: number;
  readonly bootId: string;
  readonly parent: Proc | null;
  readonly starter: Proc | null;
  readonly pgid: number;
  readonly sid: number;
  readonly uid: number;
  readonly cwd: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly sink: ProcSink;
}

const HANDLEABLE: ReadonlySet<Signal> = new Set<Signal>(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1']);

/** One simulated process. Created by {@link Machine.start}; dies once. */
export class Proc {
  readonly pid: number;
  readonly startTicks: number;
  /** Virtual ms. */
  readonly startedAt: number;
  readonly bootId: string;
  readonly uid: number;
  /** Changes when it executes another program. */
  argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  pgid: number;
  /** Session id. */
  sid: number;
  cwd: string;
  /** Null once reparented to init. */
  parent: Proc | null;
  /** Not yet reaped, zombies included, in order of their start. */
  readonly children = new Set<Proc>();
  /** Who started it, whatever became of that; null for what the machine itself started. */
  readonly starter: Proc | null;
  state: 'running' | 'stopped' | 'zombie' | 'dead' = 'running';
  /** Closed when the process dies: nothing it scheduled runs after that. */
  readonly fence = new Fence();

  /** Handlers a program installs. Without a stdin handler input is ignored; without a signal handler the default applies. */
  onStdin: ((chunk: string) => void) | null = null;
  onStdinEnd: (() => void) | null = null;
  /** Returns true when the program handles the signal itself (it traps it). Not asked for SIGKILL, SIGSTOP, SIGCONT. */
  onSignal: ((signal: Signal) => boolean) | null = null;
  /** Called when the process dies, whatever the cause, before its children are reparented. */
  onDeath: (() => void) | null = null;

  readonly #kernel: Kernel;
  readonly #sink: ProcSink;
  readonly #died: (proc: Proc, code: number | null, signal: Signal | null) => void;
  #parked: (() => void)[] = [];
  #stdinOpen = true;

  /** @internal Use {@link Machine.start}. */
  constructor(kernel: Kernel, init: ProcInit, died: (proc: Proc, code: number | null, signal: Signal | null) => void) {
    this.#kernel = kernel;
    this.pid = init.pid;
    this.startTicks = init.startTicks;
    this.startedAt = kernel.now;
    this.bootId = init.bootId;
    this.parent = init.parent;
    this.starter = init.starter;
    this.pgid = init.pgid;
    this.sid = init.sid;
    this.uid = init.uid;
    this.cwd = init.cwd;
    this.argv = init.argv;
    this.env = init.env;
    this.#sink = init.sink;
    this.#died = died;
  }

  /** As the process table names it. */
  get identity(): ProcessIdentity {
    return { pid: this.pid, startTicks: this.startTicks, bootId: this.bootId };
  }

  /** Neither dead nor a zombie. */
  get alive(): boolean {
    return this.state === 'running' || this.state === 'stopped';
  }

  /** Runs `work` in `delayMs` unless the process has died; if it is stopped (SIGSTOP) then, as soon as it continues. */
  after(delayMs: number, work: () => void, lane?: Lane): Scheduled {
    const options = lane ? { fence: this.fence, lane } : { fence: this.fence };
    return this.#kernel.schedule(delayMs, () => this.whenRunning(work), options);
  }

  /** It does not get to run for `ms`, as on a machine that is busy with other things. */
  holdUp(ms: number): void {
    if (this.state !== 'running') return;
    this.receive('SIGSTOP');
    this.#kernel.schedule(ms, () => this.receive('SIGCONT'), { fence: this.fence });
  }

  /** Runs `work` now, or when a stopped process continues; never when it is dead. */
  whenRunning(work: () => void): void {
    if (this.state === 'stopped') this.#parked.push(work);
    else if (this.state === 'running') work();
  }

  stdout(chunk: string): void {
    if (this.alive) this.#sink.stdout(chunk);
  }

  stderr(chunk: string): void {
    if (this.alive) this.#sink.stderr(chunk);
  }

  /** Feeds stdin. A stopped process reads it when it continues. */
  feed(chunk: string): void {
    if (this.#stdinOpen) this.whenRunning(() => this.onStdin?.(chunk));
  }

  /** Closes stdin: end of file. Idempotent. */
  feedEnd(): void {
    if (!this.#stdinOpen) return;
    this.#stdinOpen = false;
    this.whenRunning(() => this.onStdinEnd?.());
  }

  /** `setsid(2)`: leaves its group and session for new ones of its own. */
  setsid(): void {
    this.pgid = this.pid;
    this.sid = this.pid;
  }

  exit(code: number): void {
    if (this.alive) this.#die(code, null);
  }

  /** @internal Delivery of a signal that the sender was allowed to send. */
  receive(signal: Signal): void {
    if (!this.alive) return;
    if (signal === 'SIGKILL') this.#die(null, signal);
    else if (signal === 'SIGSTOP') this.state = 'stopped';
    else if (signal === 'SIGCONT') this.#continue();
    else if (HANDLEABLE.has(signal)) {
      this.whenRunning(() => {
        if (!this.onSignal?.(signal)) this.#die(null, signal);
      });
    }
  }

  #continue(): void {
    if (this.state !== 'stopped') return;
    this.state = 'running';
    const parked = this.#parked;
    this.#parked = [];
    for (const work of parked) this.whenRunning(work);
  }

  #die(code: number | null, signal: Signal | null): void {
    this.onDeath?.();
    this.fence.close();
    this.#parked = [];
    this.#died(this, code, signal);
    this.#sink.exited(code, signal);
  }
}
