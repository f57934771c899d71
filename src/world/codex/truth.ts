import type { Proc } from '../proc.ts';

/** The user's words as a server took them in. */
export interface Delivery {
  readonly threadId: string;
  readonly turnId: string;
  readonly words: string;
  /** `steer`: into a turn that ran already, asked for or not. */
  readonly how: 'start' | 'steer';
}

/** What really happened in one app-server process, for invariants to compare with what a client believes. */
export class ServerTruth {
  readonly pid: number;
  readonly startTicks: number;
  readonly codexHome: string;
  readonly proc: Proc;
  /** Threads that are loaded. */
  readonly threads: ReadonlyMap<string, unknown>;
  /** Requests by method, answered or not. */
  readonly requests = new Map<string, number>();
  /** Requests that were refused, with the server's words. */
  readonly refusals: { readonly method: string; readonly message: string }[] = [];
  readonly deliveries: Delivery[] = [];
  /** Turns that are over, in order, with the virtual time of their end. */
  readonly ended: {
    readonly turnId: string;
    readonly status: 'completed' | 'interrupted' | 'failed';
    readonly atMs: number;
  }[] = [];
  /** Running turns: thread id to turn id. */
  readonly running = new Map<string, string>();
  /** Threads that it has unloaded, in order; they may have been loaded again since. */
  readonly unloaded: string[] = [];
  initializedNotifications = 0;
  unreadableLines = 0;

  constructor(proc: Proc, codexHome: string, threads: ReadonlyMap<string, unknown>) {
    this.proc = proc;
    this.threads = threads;
    this.pid = proc.pid;
    this.startTicks = proc.startTicks;
    this.codexHome = codexHome;
  }

  get alive(): boolean {
    return this.proc.alive;
  }

  get initializeRequests(): number {
    return this.requests.get('initialize') ?? 0;
  }

  countRequest(method: string): void {
    this.requests.set(method, (this.requests.get(method) ?? 0) + 1);
  }
}
