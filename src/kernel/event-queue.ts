import type { PendingEvent } from './kernel.ts';

/**
 * Events by due time, then by order of scheduling. Those due at the earliest instant form the ready list, among which
 * the caller may pick; a lane's events stay in order.
 */
export class EventQueue {
  readonly #heap: PendingEvent[] = [];
  /** Due at `#instant`, in order of scheduling, from `#head` on. */
  #ready: PendingEvent[] = [];
  #head = 0;
  #instant = -1;

  push(event: PendingEvent): void {
    if (event.due === this.#instant && this.#head < this.#ready.length) this.#ready.push(event);
    else this.#pushHeap(event);
  }

  /**
   * Removes and returns the next event, or undefined when there is none due by `untilMs`. `pick` is asked only when
   * several live events are ready; its answer is reduced modulo their number.
   */
  take(untilMs: number, pick: () => number): PendingEvent | undefined {
    this.#skipDead();
    while (this.#head >= this.#ready.length) {
      // Never fill beyond the bound: the caller may still schedule something earlier than the next instant.
      if (this.#heap.length === 0 || this.#heap[0]!.due > untilMs) return undefined;
      this.#fill();
      this.#skipDead();
    }
    const first = this.#ready[this.#head]!;
    if (this.#ready.length - this.#head === 1) {
      this.#head++;
      return first;
    }
    const wanted = pick();
    if (wanted === 0) {
      this.#head++;
      return first;
    }
    return this.#takeEligible(wanted);
  }

  #takeEligible(wanted: number): PendingEvent {
    const eligible: number[] = [];
    const lanes = new Set<object>();
    for (let index = this.#head; index < this.#ready.length; index++) {
      const event = this.#ready[index]!;
      if (isDead(event)) continue;
      if (event.lane) {
        if (lanes.has(event.lane)) continue;
        lanes.add(event.lane);
      }
      eligible.push(index);
    }
    const index = eligible[wanted % eligible.length]!;
    const event = this.#ready[index]!;
    this.#ready.splice(index, 1);
    return event;
  }

  #skipDead(): void {
    while (this.#head < this.#ready.length && isDead(this.#ready[this.#head]!)) this.#head++;
  }

  #fill(): void {
    this.#ready = [];
    this.#head = 0;
    const first = this.#popHeap();
    if (!first) return;
    this.#instant = first.due;
    this.#ready.push(first);
    while (this.#heap.length > 0 && this.#heap[0]!.due === this.#instant) this.#ready.push(this.#popHeap()!);
  }

  #pushHeap(event: PendingEvent): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (before(heap[parent]!, event)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
  }

  #popHeap(): PendingEvent | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (before(last, heap[child]!)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}

function isDead(event: PendingEvent): boolean {
  return event.run === null || event.fence?.closed === true;
}

function before(left: PendingEvent, right: PendingEvent): boolean {
  return left.due < right.due || (left.due === right.due && left.seq < right.seq);
}
