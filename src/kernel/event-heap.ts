import type { PendingEvent } from './pending-event.ts';

/** @internal Events by due time, then by order of scheduling: a binary heap. */
export class EventHeap {
  readonly #events: PendingEvent[] = [];

  get first(): PendingEvent | undefined {
    return this.#events[0];
  }

  push(event: PendingEvent): void {
    const events = this.#events;
    let index = events.length;
    events.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (before(events[parent]!, event)) break;
      events[index] = events[parent]!;
      index = parent;
    }
    events[index] = event;
  }

  /** Removes and returns the first event. */
  pop(): PendingEvent | undefined {
    const events = this.#events;
    const first = events[0];
    const last = events.pop();
    if (last === undefined || events.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && before(events[child + 1]!, events[child]!)) child++;
      if (before(last, events[child]!)) break;
      events[index] = events[child]!;
      index = child;
    }
    events[index] = last;
    return first;
  }
}

function before(left: PendingEvent, right: PendingEvent): boolean {
  return left.due < right.due || (left.due === right.due && left.seq < right.seq);
}
