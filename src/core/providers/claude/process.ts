import type { Child, Ports, ProcessIdentity, Signal, Timer } from '../../ports.ts';
import { isGone } from '../../process-identity.ts';
import { FrameReader } from '../frame-reader.ts';
import { DEFAULT_MAX_LINE_LENGTH } from '../lines.ts';
import { StderrTail } from '../stderr-tail.ts';
import type { ClientEnd, Outcome } from '../types.ts';
import { failure } from './failure.ts';
import type { Json } from './json.ts';

export type ClaudePorts = Pick<Ports, 'clock' | 'ids' | 'processes' | 'log'>;

export interface ProcessRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly lane: string;
}

/** How long the end of a process may take, in ms. */
export interface EndTimes {
  /** From the end of stdin to SIGTERM. */
  readonly termMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly killMs: number;
  /** From SIGKILL to giving up on an exit report; the process table then decides. */
  readonly reapMs: number;
  /** From a broken pipe to treating the process as lost, if it does not exit by itself. */
  readonly brokenMs: number;
}

export interface ProcessEvents {
  frame(frame: Json): void;
  /** Exactly once. No frame follows. */
  end(end: ClientEnd): void;
}

/**
 * One child process that speaks lines, from its start to the proof of its end. It owns the child, its timers and nothing
 * else; every signal goes to the process group by identity, so a reused pid is never hit.
 */
export class ClaudeProcess {
  readonly #ports: ClaudePorts;
  readonly #lane: string;
  readonly #times: EndTimes;
  readonly #events: ProcessEvents;
  readonly #reader: FrameReader;
  readonly #stderr = new StderrTail();
  readonly #waiting: ((end: ClientEnd) => void)[] = [];
  #child: Child | null = null;
  #end: ClientEnd | null = null;
  #closing = false;
  #broken: string | null = null;
  /** It has closed its stdout. */
  #mute = false;
  #exited = false;
  /** Nothing remains to be waited for: it has exited, or was given up on. It may have ended for its users long before. */
  #settled = false;
  #timer: Timer | null = null;

  private constructor(ports: ClaudePorts, request: ProcessRequest, times: EndTimes, events: ProcessEvents) {
    this.#ports = ports;
    this.#lane = request.lane;
    this.#times = times;
    this.#events = events;
    this.#reader = new FrameReader({
      frame: (frame) => {
        if (!this.#end) this.#deliver(frame);
      },
      noise: (chars) => ports.log.event('claude.line.unparsable', { lane: request.lane, chars }),
      oversized: (chars) => ports.log.event('claude.line.oversized', { lane: request.lane, chars }),
    });
  }

  /** Starts the child. Fails with class `transport` when the system refuses. */
  static async spawn(
    ports: ClaudePorts,
    request: ProcessRequest,
    times: EndTimes,
    events: ProcessEvents,
  ): Promise<Outcome<ClaudeProcess>> {
    const self = new ClaudeProcess(ports, request, times, events);
    const spawned = await ports.processes.spawn(request, {
      stdout: (chunk) => self.#reader.push(chunk),
      stderr: (chunk) => self.#stderr.push(chunk),
      stdinError: (errno) => self.#onBroken(`stdin: ${errno}`),
      stdoutError: (errno) => self.#onBroken(`stdout: ${errno}`),
      stdoutEnd: () => self.#onStdoutEnd(),
      exit: (code, signal) => self.#onExit(code, signal),
    });
    if (spawned.kind === 'not-started') {
      return { ok: false, failure: failure('unavailable', `${request.file}: ${spawned.message}`, false) };
    }
    self.#child = spawned.child;
    return { ok: true, value: self };
  }

  get identity(): ProcessIdentity {
    if (!this.#child) throw new Error('no process before spawn has succeeded');
    return this.#child.identity;
  }

  get end(): ClientEnd | null {
    return this.#end;
  }

  get closing(): boolean {
    return this.#closing;
  }

  /** Lines may be written: not ended, not being closed, no pipe broken. */
  get open(): boolean {
    return this.#end === null && !this.#closing && this.#broken === null && !this.#mute;
  }

  /** Writes one frame as a line. False: nothing was handed over. */
  write(frame: object): boolean {
    if (!this.open || !this.#child) return false;
    const line = JSON.stringify(frame);
    if (line.length > DEFAULT_MAX_LINE_LENGTH) return false;
    return this.#child.write(`${line}\n`);
  }

  /** Ends stdin, then SIGTERM, then SIGKILL, each after its time. Idempotent; resolves once the process is known to be gone or lost. */
  close(): Promise<ClientEnd> {
    if (this.#end && this.#settled) return Promise.resolve(this.#end);
    // One that has ended without an exit is being terminated already.
    if (!this.#end && !this.#closing) {
      this.#closing = true;
      this.#child?.end();
      this.#later(this.#times.termMs, 'term', () => this.#terminate());
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** What a handler throws concerns one frame, not those behind it. */
  #deliver(frame: Json): void {
    try {
      this.#events.frame(frame);
    } catch (error) {
      this.#ports.log.event('claude.handler-threw', { lane: this.#lane, error: String(error) });
    }
  }

  #onExit(code: number | null, signal: Signal | null): void {
    this.#exited = true;
    this.#timer?.cancel();
    this.#reader.end();
    const how = signal ? `was killed by ${signal}` : `exited with code ${code}`;
    const kind = this.#closing ? 'closed' : this.#broken ? 'broken' : 'exited';
    this.#finish(kind, code, signal, `claude ${how}`);
    this.#settle();
  }

  /** A pipe usually breaks because the process is dying: its exit says more, so it gets a moment to arrive. */
  #onBroken(what: string): void {
    if (this.#broken !== null || this.#exited) return;
    this.#broken = what;
    this.#ports.log.event('claude.pipe.broken', { lane: this.#lane, what });
    if (this.#closing) return;
    this.#later(this.#times.brokenMs, 'broken', () => {
      this.#finish('broken', null, null, `claude's ${what}`);
      this.#terminate();
    });
  }

  /** Nothing more will be heard of it. Its exit should be right behind. */
  #onStdoutEnd(): void {
    this.#mute = true;
    if (this.#broken !== null || this.#exited || this.#closing) return;
    this.#later(this.#times.brokenMs, 'mute', () => {
      this.#finish('broken', null, null, 'claude closed its stdout and lives on');
      this.#terminate();
    });
  }

  #terminate(): void {
    this.#signal('SIGTERM');
    this.#later(this.#times.killMs, 'kill', () => {
      this.#signal('SIGKILL');
      this.#later(this.#times.reapMs, 'reap', () => void this.#verify());
    });
  }

  async #verify(): Promise<void> {
    const found = await this.#ports.processes.inspect(this.identity.pid);
    if (this.#exited) return;
    const gone = isGone(this.identity, found);
    if (!gone) {
      const evidence = found.kind === 'unknown' ? found.reason : 'still alive after SIGKILL';
      this.#ports.log.event('claude.process.lost', { lane: this.#lane, pid: this.identity.pid, evidence });
    }
    this.#finish('closed', null, null, gone ? 'claude is gone; its exit was not reported' : 'claude did not exit');
    this.#settle();
  }

  #signal(signal: Signal): void {
    this.#ports.log.event('claude.process.signal', { lane: this.#lane, pid: this.identity.pid, signal });
    void this.#ports.processes.signal(this.identity, signal, 'group');
  }

  #later(delayMs: number, what: string, fire: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#ports.clock.timer(delayMs, `claude-${what} ${this.#lane}`, fire);
  }

  #finish(kind: ClientEnd['kind'], code: number | null, signal: Signal | null, message: string): void {
    if (this.#end) return;
    this.#end = { kind, code, signal, message: message + this.#stderr.suffix };
    this.#events.end(this.#end);
  }

  /** It is gone, or nothing more can be done about it. */
  #settle(): void {
    this.#settled = true;
    for (const resolve of this.#waiting.splice(0)) if (this.#end) resolve(this.#end);
  }
}
