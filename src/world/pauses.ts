import type { Kernel } from '../kernel/kernel.ts';
import { type First, inOrderOfWaking } from './event-loop.ts';
import type { Proc } from './proc.ts';

/** When a daemon's process does not get to run: it is stopped, its machine sleeps, or it is busy with something else. */
export class Pauses {
  readonly #kernel: Kernel;
  readonly #proc: Proc;
  /** Virtual ms; null while it runs. */
  #since: number | null = null;
  #totalMs = 0;
  #wokeAt = Number.NEGATIVE_INFINITY;

  constructor(kernel: Kernel, daemon: Proc) {
    this.#kernel = kernel;
    this.#proc = daemon;
  }

  /** What happens to the daemon waits: it does not get to run, or has not handled yet what came meanwhile. */
  get frozen(): boolean {
    return this.#proc.alive && this.#proc.fence.held;
  }

  /** When it last went on, in virtual ms; -Infinity for never. */
  get wokeAt(): number {
    return this.#wokeAt;
  }

  /** For how many ms it has not got to run so far. */
  get totalMs(): number {
    return this.#totalMs + (this.#since === null ? 0 : this.#kernel.now - this.#since);
  }

  /** Nothing of it runs until {@link wake} (SIGSTOP), and everybody else goes on. Does nothing when it is so already. */
  freeze(): void {
    if (!this.#proc.alive || this.frozen) return;
    this.#proc.receive('SIGSTOP');
    this.#proc.fence.hold();
    this.#since = this.#kernel.now;
  }

  /** It goes on: what has waited happens to it now, each thing as an event of its own. Does nothing unless it is frozen. */
  wake(first: First): void {
    if (this.#since === null) return;
    this.over();
    this.#wokeAt = this.#kernel.now;
    this.#proc.receive('SIGCONT');
    this.#kernel.release(this.#proc.fence, (waiting) => inOrderOfWaking(first, waiting));
  }

  /** It has ended, or goes on. */
  over(): void {
    this.#totalMs = this.totalMs;
    this.#since = null;
  }
}
