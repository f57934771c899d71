/** Runs tasks one after another. A task that fails does not stop the next. */
export class SerialQueue {
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  readonly #onError: (error: unknown) => void;

  /** `onError` hears of tasks that threw: each is a defect. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** No task runs or waits. */
  get idle(): boolean {
    return this.#waiting === 0;
  }

  /** Resolves when this task has run, whether it succeeded or not. */
  add(task: () => Promise<void>): Promise<void> {
    this.#waiting++;
    this.#tail = this.#tail
      .then(task)
      .catch(this.#onError)
      .then(() => {
        this.#waiting--;
      });
    return this.#tail;
  }
}
