import { EventHeap } from './event-heap.ts';
import type { PendingEvent } from './pending-event.ts';

/** Virtual ms that the wheel covers; a power of two. Most latencies are below it, time-outs above. */
const SPAN = 1024;
const MASK = SPAN - 1;
const WORDS = SPAN / 32;

/**
 * @internal Events by due time, then by order of scheduling; a lane's events stay in order whatever is picked.
 *
 * A timing wheel with one slot (a linked list in order of scheduling) for each of the next {@link SPAN} ms, and a heap
 * for what is due later. What lies in the heap for an instant was scheduled before anything that lies in the wheel for
 * it, since time only moves forward: so heap first, then slot, is the order of scheduling.
 */
export class EventQueue {
  readonly #first = new Array<PendingEvent | null>(SPAN).fill(null);
  readonly #last = new Array<PendingEvent | null>(SPAN).fill(null);
  /** One bit for each slot that is not empty. */
  readonly #occupied = new Int32Array(WORDS);
  readonly #later = new EventHeap();
  /** When the event taken last was due. Nothing in the queue is due earlier; the wheel starts here. */
  #instant = 0;

  /** `event.due` must not be before that of the event taken last. */
  push(event: PendingEvent): void {
    if (event.due - this.#instant >= SPAN) this.#later.push(event);
    else this.#append(event);
  }

  /** Is anything due by `untilMs`? */
  isDue(untilMs: number): boolean {
    return this.#soonest() <= untilMs;
  }

  /**
   * Removes and returns the next event, or undefined when there is none due by `untilMs`. `pick` is asked only when
   * there are several to choose from; its answer is reduced modulo their number.
   */
  take(untilMs: number, pick: () => number): PendingEvent | undefined {
    const due = this.#soonest();
    if (due > untilMs || due === Number.POSITIVE_INFINITY) return undefined;
    if (this.#later.first?.due === due) this.#moveToWheel(due);
    this.#instant = due;
    const first = this.#first[due & MASK]!;
    const wanted = hasRival(first) ? pick() : 0;
    if (wanted !== 0) return this.#takeEligible(first, wanted);
    this.#unlink(first, null);
    return first;
  }

  /** When the first live event is due; Infinity when there is none. Removes the dead ones before it. */
  #soonest(): number {
    while (this.#later.first?.dead) this.#later.pop();
    const far = this.#later.first?.due ?? Number.POSITIVE_INFINITY;
    for (;;) {
      const near = this.#nearestDue();
      const event = near > far ? null : this.#first[near & MASK];
      if (!event?.dead) return Math.min(near, far);
      this.#unlink(event, null);
    }
  }

  /** When the first event of the wheel is due, alive or not. */
  #nearestDue(): number {
    const start = this.#instant & MASK;
    if (this.#first[start] !== null) return this.#instant;
    let word = start >> 5;
    // The bits before `start` in its word are the far end of the wheel: they are looked at last, a full turn later.
    let bits = this.#occupied[word]! & (-1 << (start & 31));
    for (let turned = 0; turned <= WORDS; turned++) {
      if (bits !== 0) {
        const slot = (word << 5) + 31 - Math.clz32(bits & -bits);
        return this.#instant + ((slot - start) & MASK);
      }
      word = (word + 1) % WORDS;
      bits = this.#occupied[word]!;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Puts the heap's events of this instant, which is the earliest there is, before those of its slot. */
  #moveToWheel(due: number): void {
    const slot = due & MASK;
    const scheduledLater = this.#first[slot] ?? null;
    const end = this.#last[slot] ?? null;
    this.#first[slot] = null;
    while (this.#later.first?.due === due) this.#append(this.#later.pop()!);
    if (scheduledLater === null) return;
    this.#last[slot]!.next = scheduledLater;
    this.#last[slot] = end;
  }

  /** Takes the `wanted`th (modulo their number) of the live events of this instant whose lane has none before it. */
  #takeEligible(first: PendingEvent, wanted: number): PendingEvent {
    const eligible: { event: PendingEvent; previous: PendingEvent | null }[] = [];
    const lanes = new Set<object>();
    let previous: PendingEvent | null = null;
    for (let event: PendingEvent | null = first; event !== null; previous = event, event = event.next) {
      if (event.dead || (event.lane && lanes.has(event.lane))) continue;
      if (event.lane) lanes.add(event.lane);
      eligible.push({ event, previous });
    }
    const chosen = eligible[wanted % eligible.length]!;
    this.#unlink(chosen.event, chosen.previous);
    return chosen.event;
  }

  #append(event: PendingEvent): void {
    const slot = event.due & MASK;
    if (this.#first[slot] === null) {
      this.#first[slot] = event;
      this.#occupied[slot >> 5]! |= 1 << (slot & 31);
    } else {
      this.#last[slot]!.next = event;
    }
    this.#last[slot] = event;
  }

  #unlink(event: PendingEvent, previous: PendingEvent | null): void {
    const slot = event.due & MASK;
    if (previous) previous.next = event.next;
    else this.#first[slot] = event.next;
    if (event.next === null) this.#last[slot] = previous;
    if (this.#first[slot] === null) this.#occupied[slot >> 5]! &= ~(1 << (slot & 31));
    event.next = null;
  }
}

/** Is there another live event at this instant that may run before it? */
function hasRival(first: PendingEvent): boolean {
  for (let event = first.next; event !== null; event = event.next) {
    if (!event.dead && (event.lane === undefined || event.lane !== first.lane)) return true;
  }
  return false;
}
