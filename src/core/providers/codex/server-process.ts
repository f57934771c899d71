import type { Child, ChildEvents, Ports, Signal, SpawnRequest, Timer } from '../../ports.ts';
import { isGone } from '../../process-identity.ts';
import { localFailure } from '../failure.ts';
import type { Outcome } from '../types.ts';

/** How long a server may take to exit after end of file on stdin (30-75 ms measured) before it is killed. */
const EXIT_GRACE_MS = 1_000;
/** How long to look for the end of a killed process. */
const KILL_WAIT_MS = 2_000;
const KILL_POLL_MS = 50;

/**
 * `ended`: seen to be gone; the status is null when only its absence was seen. `uncertain`: it was told to end, but that
 * it did could not be established.
 */
export type StopResult =
  | { readonly kind: 'ended'; readonly code: number | null; readonly signal: Signal | null }
  | { readonly kind: 'uncertain' };

interface ExitStatus {
  readonly code: number | null;
  readonly signal: Signal | null;
}

/** One running app-server and its end. */
export class ServerProcess {
  readonly child: Child;
  readonly #ports: Pick<Ports, 'clock' | 'processes' | 'log'>;
  readonly #lane: string;
  #status: ExitStatus | null = null;
  #onExit: (() => void)[] = [];
  #stopping: Promise<StopResult> | null = null;

  private constructor(ports: Pick<Ports, 'clock' | 'processes' | 'log'>, child: Child, lane: string) {
    this.#ports = ports;
    this.child = child;
    this.#lane = lane;
  }

  /** Starts the server. `events` sees everything of the child, its exit included. Never rejects. */
  static async spawn(
    ports: Pick<Ports, 'clock' | 'processes' | 'log'>,
    request: SpawnRequest,
    events: ChildEvents,
  ): Promise<Outcome<ServerProcess>> {
    let running: ServerProcess | null = null;
    let early: ExitStatus | null = null;
    const spawned = await ports.processes.spawn(request, {
      ...events,
      exit(code, signal) {
        early = { code, signal };
        running?.noteExit(early);
        events.exit(code, signal);
      },
    });
    if (spawned.kind === 'not-started') {
      const message = `${request.file} could not be started: ${spawned.errno}: ${spawned.message}`;
      return { ok: false, failure: localFailure('unavailable', message, false) };
    }
    running = new ServerProcess(ports, spawned.child, request.lane);
    if (early) running.noteExit(early);
    return { ok: true, value: running };
  }

  /** Ends stdin; after 1,000 ms kills the process group; looks whether the process is gone. Idempotent, never rejects. */
  stop(): Promise<StopResult> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** @internal The child has exited. */
  noteExit(status: ExitStatus): void {
    this.#status = status;
    const callbacks = this.#onExit;
    this.#onExit = [];
    for (const callback of callbacks) callback();
  }

  async #stop(): Promise<StopResult> {
    this.child.end();
    const status = await this.#exitWithin(EXIT_GRACE_MS);
    if (status) return { kind: 'ended', ...status };
    const { identity } = this.child;
    const signalled = await this.#ports.processes.signal(identity, 'SIGKILL', 'group');
    this.#ports.log.event('codex.killed', { lane: this.#lane, pid: identity.pid, signalled });
    for (let waited = 0; waited < KILL_WAIT_MS; waited += KILL_POLL_MS) {
      const killed = await this.#exitWithin(KILL_POLL_MS);
      if (killed) return { kind: 'ended', ...killed };
      if (await this.#isGone()) return { kind: 'ended', code: null, signal: null };
    }
    this.#ports.log.event('codex.end-uncertain', { lane: this.#lane, pid: identity.pid });
    return { kind: 'uncertain' };
  }

  async #isGone(): Promise<boolean> {
    const { identity } = this.child;
    return isGone(identity, await this.#ports.processes.inspect(identity.pid));
  }

  /** Resolves at the exit with its status, or after `delayMs` with null. */
  #exitWithin(delayMs: number): Promise<ExitStatus | null> {
    if (this.#status) return Promise.resolve(this.#status);
    return new Promise((resolve) => {
      const timer: Timer = this.#ports.clock.timer(delayMs, `${this.#lane} exit`, () => resolve(null));
      this.#onExit.push(() => {
        timer.cancel();
        resolve(this.#status);
      });
    });
  }
}
