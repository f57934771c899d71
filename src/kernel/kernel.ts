import { ChoiceList, type ChoiceKind, type ChoiceSource } from './choices.ts';
import { EventQueue } from './event-queue.ts';
import { Trace } from './trace.ts';

/**
 * The life of one incarnation of a program. Once closed, nothing that was scheduled under it runs any more: this is how
 * a crash is simulated. It never opens again; a restart is a new fence.
 */
export class Fence {
  #closed = false;

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
  }
}

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
}

/** An ordered channel; see {@link ScheduleOptions.lane}. */
export class Lane {
  /** Virtual ms at which the last event of the lane is due. */
  lastDue = 0;
}

/** @internal Queue entry. */
export interface PendingEvent extends Scheduled {
  readonly due: number;
  readonly seq: number;
  readonly cause: number;
  readonly lane: Lane | undefined;
  readonly fence: Fence | undefined;
  run: (() => void) | null;
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

  /** Runs `run` in `delayMs` (integer ≥ 0) virtual ms. Events due at one instant run in the order of `pick` choices. */
  schedule(delayMs: number, run: () => void, options: ScheduleOptions = {}): Scheduled {
    let due = this.#now + Math.max(0, Math.trunc(delayMs));
    const { lane, fence } = options;
    if (lane) {
      if (lane.lastDue > due) due = lane.lastDue;
      lane.lastDue = due;
    }
    const event: PendingEvent = {
      due,
      seq: this.#seq++,
      cause: this.trace.length - 1,
      lane,
      fence,
      run,
      cancel() {
        event.run = null;
      },
    };
    this.#queue.push(event);
    return event;
  }

  /** A number in [0, count); 0 unless the choice list says otherwise. */
  choose(kind: ChoiceKind, count: number): number {
    const value = this.#choices.next(kind);
    return value === 0 ? 0 : value % count;
  }

  /** Adds to the trace what just happened to `actor`. Returns its sequence number. */
  record(actor: string, type: string, detail = ''): number {
    return this.trace.add(this.#now, actor, type, detail, this.#cause);
  }

  /** Runs the next event; false when none is left or the next one is due after `untilMs`. Throws {@link RunawayError}. */
  step(untilMs = Number.POSITIVE_INFINITY): boolean {
    for (;;) {
      const event = this.#queue.take(untilMs, this.#pick);
      if (!event) return false;
      const { run } = event;
      if (run === null || event.fence?.closed) continue;
      if (++this.#events > this.#maxEvents) throw new RunawayError(this.#events, this.#now);
      this.#now = event.due;
      this.#cause = event.cause;
      event.run = null;
      run();
      return true;
    }
  }

  readonly #pick = (): number => this.#choices.next('pick');
}
