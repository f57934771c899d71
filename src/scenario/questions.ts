import type { Pipes } from '../world/pipes.ts';
import type { Proc } from '../world/proc.ts';

/** A request of a provider to the daemon. */
export interface Question {
  readonly proc: Proc;
  readonly lane: string;
  /** Virtual ms. */
  readonly askedAt: number;
  answered: boolean;
}

/** Requests of providers that the daemon must answer by itself. */
export class Questions {
  readonly #open: Question[] = [];

  /** From now on the daemon owes the process at the other end of these pipes an answer that says `text`. */
  expect(pipes: Pipes, text: string, now: number): void {
    const { proc, lane } = pipes;
    if (!proc) return;
    const question: Question = { proc, lane, askedAt: now, answered: false };
    this.#open.push(question);
    pipes.watchStdin((data) => {
      if (data.includes(text)) question.answered = true;
    });
  }

  /** Those that were asked before this time and have not been looked at yet. */
  takeBefore(time: number): readonly Question[] {
    if (this.#open.length === 0 || this.#open[0]!.askedAt >= time) return NONE;
    const due = this.#open.filter(({ askedAt }) => askedAt < time);
    this.#open.splice(0, due.length);
    return due;
  }
}

const NONE: readonly Question[] = [];
