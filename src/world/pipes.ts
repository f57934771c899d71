import type { Child, ChildEvents, Signal } from '../core/ports.ts';
import { type Fence, type Kernel, Lane, type Nature } from '../kernel/kernel.ts';
import { latency } from './latency.ts';
import type { Machine } from './machine.ts';
import type { Proc, ProcSink } from './proc.ts';
import type { WireTap } from './wire.ts';

/** The three pipes between a daemon and a child of its, as its end of `spawn`. Each direction keeps its order. */
export class Pipes implements ProcSink {
  readonly lane: string;
  /** When the daemon last read something from the child's stdout; -1 for never. */
  lastHeardAt = -1;
  /** When the daemon closed the child's stdin, by itself or by its death; null before. */
  hungUpAt: number | null = null;
  /** How many pieces the child has written that the daemon has not read yet. */
  unread = 0;
  readonly #kernel: Kernel;
  readonly #machine: Machine;
  readonly #daemonFence: Fence;
  readonly #events: ChildEvents;
  readonly #onHangUp: (pipes: Pipes) => void;
  readonly #toChild = new Lane();
  readonly #fromChild = new Lane();
  #proc: Proc | null = null;
  #writable = true;
  readonly #taps: WireTap[] = [];
  readonly #stdinWatches: ((data: string) => void)[] = [];
  /** The child has closed its stdout, or a fault has. */
  #mute = false;

  /** `onHangUp` is told when the daemon closes the child's stdin of its own accord. */
  constructor(
    machine: Machine,
    daemonFence: Fence,
    lane: string,
    events: ChildEvents,
    onHangUp: (pipes: Pipes) => void,
  ) {
    this.#machine = machine;
    this.#kernel = machine.kernel;
    this.#daemonFence = daemonFence;
    this.lane = lane;
    this.#events = events;
    this.#onHangUp = onHangUp;
  }

  /** The process at the other end; null before it has been started. */
  get proc(): Proc | null {
    return this.#proc;
  }

  /** Something that the child has written is still on its way: not merely there for a daemon that does not get to run. */
  get onItsWay(): boolean {
    return this.unread > 0 && this.#fromChild.lastDue >= this.#kernel.now;
  }

  /** The daemon can still write to the child. */
  get writable(): boolean {
    return this.#writable;
  }

  /** Binds the pipes to the process that was started with them as its sink; gives the daemon's handle. */
  bind(proc: Proc): Child {
    this.#proc = proc;
    return {
      identity: proc.identity,
      write: (data) => this.#write(data),
      end: () => {
        if (this.#writable) this.#onHangUp(this);
        this.hangUp();
      },
    };
  }

  /** The daemon's end of stdin is closed, by itself or because the daemon died: what was written before arrives first. */
  hangUp(): void {
    if (!this.#writable) return;
    this.#writable = false;
    this.hungUpAt = this.#kernel.now;
    this.#kernel.schedule(1, () => this.#proc?.feedEnd(), { lane: this.#toChild });
  }

  /** The child's end of stdin breaks while the process lives on: the daemon's next write, or this moment, gets EPIPE. */
  breakStdin(): void {
    if (!this.#writable) return;
    this.#writable = false;
    this.#toDaemon('stdin', 'EPIPE', () => this.#events.stdinError('EPIPE'));
  }

  /** The child closes its stdout and lives on: what it wrote before arrives. */
  closeStdout(): void {
    if (this.#mute) return;
    this.#toDaemon('stdout', 'end of file', () => this.#events.stdoutEnd());
    this.#mute = true;
  }

  /** From now on `tap` sees what the child writes to its stdout before the daemon does. */
  tapStdout(tap: WireTap): void {
    this.#taps.push(tap);
  }

  stdout(written: string): void {
    let chunk = written;
    for (const tap of this.#taps) if (chunk !== '') chunk = tap(chunk);
    this.inject(chunk);
  }

  /** These bytes arrive on the daemon's end of the child's stdout, whoever wrote them. */
  inject(chunk: string): void {
    if (this.#mute || chunk === '') return;
    this.#toDaemon('stdout', chunk, () => {
      this.lastHeardAt = this.#kernel.now;
      this.#events.stdout(chunk);
    });
  }

  /** The same for `piece`, `times` over, and `end`: too long to be written down. */
  injectLong(piece: string, times: number, end: string): void {
    if (this.#mute) return;
    this.#toDaemon('stdout', `${times} times ${piece.length} characters`, () => {
      this.lastHeardAt = this.#kernel.now;
      for (let time = 0; time < times; time++) this.#events.stdout(piece);
      this.#events.stdout(end);
    });
  }

  stderr(chunk: string): void {
    this.#toDaemon('stderr', chunk, () => this.#events.stderr(chunk));
  }

  exited(code: number | null, signal: Signal | null): void {
    this.#writable = false;
    const exit = (): void => {
      if (this.#proc) this.#machine.reap(this.#proc);
      if (!this.#mute) this.#events.stdoutEnd();
      this.#events.exit(code, signal);
    };
    this.#toDaemon('exit', signal ?? String(code), exit, this.unread > 0 ? 'exit-after-output' : 'exit');
  }

  /** `watch` is told of what the daemon writes to the child. */
  watchStdin(watch: (data: string) => void): void {
    this.#stdinWatches.push(watch);
  }

  #write(data: string): boolean {
    if (!this.#writable) return false;
    for (const watch of this.#stdinWatches) watch(data);
    this.#kernel.record(this.lane, 'stdin', data.trimEnd());
    // Written to a process that dies meanwhile, it is lost; the daemon learns of the death.
    this.#kernel.schedule(latency(this.#kernel, 0), () => this.#proc?.alive && this.#proc.feed(data), {
      lane: this.#toChild,
    });
    return true;
  }

  #toDaemon(what: string, detail: string, deliver: () => void, nature: Nature = 'input'): void {
    const options = { lane: this.#fromChild, fence: this.#daemonFence, nature };
    this.unread++;
    this.#kernel.schedule(
      latency(this.#kernel, 0),
      () => {
        this.unread--;
        this.#kernel.record(this.lane, what, detail.trimEnd());
        deliver();
      },
      options,
    );
  }
}
