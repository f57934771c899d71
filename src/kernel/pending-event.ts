import type { Fence, Lane, Nature, Scheduled, Waiting } from './kernel.ts';

/** @internal An entry of the {@link EventQueue}. */
export class PendingEvent implements Scheduled, Waiting {
  /** Virtual ms. */
  readonly due: number;
  /** Order of scheduling: what is due at one instant runs in this order unless the run chooses otherwise. */
  readonly seq: number;
  /** Trace entry from which this event follows, or -1. */
  readonly cause: number;
  readonly lane: Lane | undefined;
  readonly fence: Fence | undefined;
  readonly delayMs: number;
  readonly nature: Nature;
  /** Null once it has run or was cancelled. */
  run: (() => void) | null;
  /** The one after it in the same slot of the queue. */
  next: PendingEvent | null = null;

  constructor(
    due: number,
    seq: number,
    cause: number,
    run: () => void,
    lane: Lane | undefined,
    fence: Fence | undefined,
    delayMs: number,
    nature: Nature,
  ) {
    this.due = due;
    this.seq = seq;
    this.cause = cause;
    this.lane = lane;
    this.fence = fence;
    this.delayMs = delayMs;
    this.nature = nature;
    this.run = run;
  }

  /** It will never run: it has run, was cancelled, or its incarnation crashed. */
  get dead(): boolean {
    return this.run === null || this.fence?.closed === true;
  }

  cancel(): void {
    this.run = null;
  }
}
