import { type ChoiceKind, ChoiceList, type ChoiceSource } from './choices.ts';
import { EventQueue } from './event-queue.ts';
import { PendingEvent } from './pending-event.ts';
import { Trace } from './trace.ts';

/**
 * The life of one incarnation of a program. Once closed, nothing that was scheduled under it runs any more: this is how
 * a crash is simulated. It never opens again; a restart is a new fence. While it is held (see {@link Kernel.release}),
 * what is due under it waits: the program does not get to run.
 */
export class Fence {
  /** Goes up with each event that runs under it, and when it closes: what belongs to it may be in another state then. */
  changes = 0;
  #closed = false;
  /** Only `hold` and {@link Kernel.release} change it. A field: it is read for every event. */
  held = false;
  /** @internal What has become due meanwhile, in that order. */
  waiting: PendingEvent[] = [];

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
    this.changes++;
    this.waiting = [];
  }

  hold(): void {
    this.held = true;
  }
}

/** An event that waits for its fence. */
export interface Waiting {
  /** Virtual ms at which it should have run. */
  readonly due: number;
  /** What `schedule` was asked for, in ms. */
  readonly delayMs: number;
  readonly nature: Nature;
}

/**
 * What an event is for the program that it happens to; `input` unless said otherwise. `exit` is the end of a child,
 * `exit-after-output` of one that has written something which has not been read yet.
 */
export type Nature = 'timer' | 'input' | 'exit' | 'exit-after-output';

/** Something due at a virtual time. */
export interface Scheduled {
  /** Idempotent. */
  cancel(): void;
}

export interface ScheduleOptions {
  /** Events of one lane never overtake each other (bytes of a pipe): each is due no earlier than the one before it. */
  readonly lane?: Lane;
  /** The event is dropped when the fence is closed by then. */
  readonly fence?: Fence;
  /** Whoever releases the fence may order by it what has waited. */
  readonly nature?: Nature;
}

/** An ordered channel; see {@link ScheduleOptions.lane}. */
export class Lane {
  /** Virtual ms at which the last event of the lane is due. */
  lastDue = 0;
}

export interface KernelOptions {
  readonly choices?: ChoiceSource;
  /** Keep trace entries, not only their hash. */
  readonly keepTrace?: boolean;
  /** A run with more events than this is a runaway loop: `step` throws {@link RunawayError}. Default 200,000. */
  readonly maxEvents?: number;
}

/** Thrown by {@link Kernel.step}: the run does not come to rest. */
export class RunawayError extends Error {
  constructor(events: number, now: number) {
    super(`runaway run: ${events} events and still going at ${now} ms virtual time`);
    this.name = 'RunawayError';
  }
}

/**
 * Virtual time. Nothing waits: the next due event runs at once and time jumps to it. Between two events the driver
 * drains promises to a fixed point (see `drain.ts`), so code under simulation may be ordinary async code.
 */
export class Kernel {
  readonly trace: Trace;
  readonly #choices: ChoiceSource;
  readonly #maxEvents: number;
  readonly #queue = new EventQueue();
  #now = 0;
  #seq = 0;
  #events = 0;
  #cause = -1;

  constructor(options: KernelOptions = {}) {
    this.trace = new Trace(options.keepTrace ?? false);
    this.#choices = options.choices ?? new ChoiceList([]);
    this.#maxEvents = options.maxEvents ?? 200_000;
  }

  /** Virtual ms since the start of the run; an integer. */
  get now(): number {
    return this.#now;
  }

  /** Events run so far. */
  get events(): number {
    return this.#events;
  }

  /**
   * Runs `run` in `delayMs` virtual ms: a finite number, taken as its integer part, and as 0 when negative. Events due
   * at one instant run in the order of `pick` choices. Throws RangeError when the delay is not finite.
   */
  schedule(delayMs: number, run: () => void, options: ScheduleOptions = {}): Scheduled {
    if (!Number.isFinite(delayMs)) throw new RangeError(`a delay must be a finite number of ms, not ${delayMs}`);
    let due = this.#now + Math.max(0, Math.trunc(delayMs));
    const { lane, fence, nature = 'input' } = options;
    if (lane) {
      if (lane.lastDue > due) due = lane.lastDue;
      lane.lastDue = due;
    }
    const event = new PendingEvent(due, this.#seq++, this.#cause, run, lane, fence, delayMs, nature);
    this.#queue.push(event);
    return event;
  }

  /** A number in [0, count); 0 unless the choice list says otherwise. */
  choose(kind: ChoiceKind, count: number): number {
    const value = this.#choices.next(kind);
    return value === 0 ? 0 : value % count;
  }

  /**
   * Adds to the trace what just happened to `actor`. Its cause is the entry before it in the same event, or else the
   * one that was last when the event was scheduled; none (-1) for what comes from outside after a run has come to rest.
   * Returns its sequence number.
   */
  record(actor: string, type: string, detail = ''): number {
    this.#cause = this.trace.add(this.#now, actor, type, detail, this.#cause);
    return this.#cause;
  }

  /**
   * Runs the next event; false when none is left or the next one is due after `untilMs`, and then time stands still.
   * What an event throws goes to the caller; the event is over then. One whose fence is held is put aside, and nothing
   * happens. Throws {@link RunawayError}.
   */
  step(untilMs = Number.POSITIVE_INFINITY): boolean {
    const event = this.#queue.take(untilMs, this.#pick);
    if (event === undefined) {
      // What is recorded or scheduled from here on comes from outside.
      this.#cause = -1;
      return false;
    }
    if (event.fence?.held) {
      this.#now = event.due;
      event.fence.waiting.push(event);
      return true;
    }
    if (++this.#events > this.#maxEvents) throw new RunawayError(this.#maxEvents, event.due);
    this.#now = event.due;
    this.#cause = event.cause;
    if (event.fence) event.fence.changes++;
    const run = event.run!;
    event.run = null;
    run();
    return true;
  }

  /**
   * Lets run what has waited for a held fence: at this instant, in the order that `arrange` gives, each as an event of
   * its own. What becomes due for it before the last of them has run comes after it. Then the fence is not held any more.
   */
  release(fence: Fence, arrange: (waiting: readonly Waiting[]) => Waiting[]): void {
    if (!fence.held) return;
    fence.waiting = arrange(fence.waiting.filter(({ dead }) => !dead)) as PendingEvent[];
    this.#runWaiting(fence);
  }

  #runWaiting(fence: Fence): void {
    while (fence.waiting[0]?.dead) fence.waiting.shift();
    fence.held = fence.waiting.length > 0;
    if (fence.held) this.schedule(0, () => this.#runNextOf(fence));
  }

  #runNextOf(fence: Fence): void {
    const event = fence.waiting.shift();
    if (event === undefined) return;
    this.#cause = event.cause;
    fence.changes++;
    const { run } = event;
    event.run = null;
    run?.();
    this.#runWaiting(fence);
  }

  /** Lets time pass to `untilMs`, which may also have passed already. Throws when something is due by then. */
  advanceTo(untilMs: number): void {
    if (this.#queue.isDue(untilMs)) throw new Error(`events are due by ${untilMs} ms: run them before time passes`);
    if (untilMs > this.#now) this.#now = untilMs;
  }

  readonly #pick = (): number => this.#choices.next('pick');
}
