import type { Clock, Timer } from '../ports.ts';

/** A task's place at the head of its queue. */
export interface QueuePlace {
  /** False once the queue has gone on without the task: then it must not do anything more that others can see. */
  readonly current: boolean;
  /** From now on the task may take as long as it does: somebody else watches over it. */
  suspendCap(): void;
  /** From now on it has the usual time again. */
  resumeCap(): void;
}

export interface QueueCap {
  readonly clock: Clock;
  /** How long a task may keep the others waiting, in ms. */
  readonly ms: number;
  /** Names the timer. */
  readonly purpose: string;
}

/**
 * Runs tasks one after another. A task that fails does not stop the next; nor, with a cap, does one that never ends: the
 * queue goes on without it.
 */
export class SerialQueue {
  readonly #onError: (error: unknown) => void;
  readonly #cap: QueueCap | null;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** `onError` hears of tasks that threw: each is a defect. */
  constructor(onError: (error: unknown) => void, cap: QueueCap | null = null) {
    this.#onError = onError;
    this.#cap = cap;
  }

  /** No task runs or waits. */
  get idle(): boolean {
    return this.#waiting === 0;
  }

  /** Resolves when this task has run, whether it succeeded or not, or when it was left behind; `onStuck` is called then. */
  add(task: (place: QueuePlace) => Promise<void>, onStuck: () => void = () => {}): Promise<void> {
    this.#waiting++;
    this.#tail = this.#tail
      .then(() => (this.#cap ? runCapped(task, this.#cap, onStuck) : task(UNWATCHED)))
      .catch(this.#onError)
      .then(() => {
        this.#waiting--;
      });
    return this.#tail;
  }
}

const UNWATCHED: QueuePlace = { current: true, suspendCap() {}, resumeCap() {} };

function runCapped(task: (place: QueuePlace) => Promise<void>, cap: QueueCap, onStuck: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const place = new Place(cap, () => {
      onStuck();
      resolve();
    });
    place.resumeCap();
    task(place)
      .then(resolve, reject)
      .finally(() => place.suspendCap());
  });
}

class Place implements QueuePlace {
  current = true;
  readonly #cap: QueueCap;
  readonly #leaveBehind: () => void;
  #timer: Timer | null = null;

  constructor(cap: QueueCap, leaveBehind: () => void) {
    this.#cap = cap;
    this.#leaveBehind = leaveBehind;
  }

  suspendCap(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  resumeCap(): void {
    this.suspendCap();
    const { clock, ms, purpose } = this.#cap;
    this.#timer = clock.timer(ms, purpose, () => {
      this.current = false;
      this.#leaveBehind();
    });
  }
}
