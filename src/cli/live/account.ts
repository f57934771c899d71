import { Unexpected } from './watch.ts';

/** One step of a live run: what was done and what was seen. */
export interface StepRecord {
  readonly title: string;
  readonly seen: readonly string[];
  readonly ms: number;
}

export interface LiveFailure {
  /** Title of the step in which it happened. */
  readonly step: string;
  readonly expected: string;
  readonly seen: string;
  /** The last things that the daemon logged before. */
  readonly log: readonly string[];
}

/** Told while the run goes on, for people who watch it. */
export interface AccountListener {
  began(number: number, title: string): void;
  saw(text: string): void;
}

/** Keeps the account of a run, step by step. */
export class Account {
  readonly steps: StepRecord[] = [];
  readonly #listener: AccountListener;
  readonly #log: readonly string[];
  failure: LiveFailure | null = null;

  /** `log` is the daemon's log, which goes on growing. */
  constructor(listener: AccountListener, log: readonly string[]) {
    this.#listener = listener;
    this.#log = log;
  }

  /** Runs a step. A failure is noted and thrown on. */
  async step(title: string, body: (saw: (text: string) => void) => Promise<void>): Promise<void> {
    const seen: string[] = [];
    const startedAt = performance.now();
    this.#listener.began(this.steps.length + 1, title);
    try {
      await body((text) => {
        seen.push(text);
        this.#listener.saw(text);
      });
    } catch (error) {
      this.failure ??= this.#failed(title, error);
      throw error;
    } finally {
      this.steps.push({ title, seen, ms: Math.round(performance.now() - startedAt) });
    }
  }

  #failed(step: string, error: unknown): LiveFailure {
    const log = this.#log.slice(-30);
    if (error instanceof Unexpected) return { step, expected: error.expected, seen: error.seen, log };
    const seen = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { step, expected: 'no error', seen, log };
  }
}
