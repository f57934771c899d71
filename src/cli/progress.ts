import { grouped } from '../report/time.ts';
import type { Io } from './io.ts';

const BAR = 28;
/** Between two drawings on a terminal, and between two lines elsewhere. */
const DRAW_MS = 80;
const LINE_MS = 5_000;

/** Tells how far a long piece of work has come: a bar on a terminal, now and then a line elsewhere. */
export class Progress {
  readonly #io: Io;
  readonly #what: string;
  readonly #total: number;
  readonly #now: () => number;
  #last: number;

  constructor(io: Io, what: string, total: number, now: () => number = () => performance.now()) {
    this.#io = io;
    this.#what = what;
    this.#total = total;
    this.#now = now;
    this.#last = io.width === null ? now() : Number.NEGATIVE_INFINITY;
    this.at(0);
  }

  /** `done` of the total; `note` says more, e.g. what is being done. */
  at(done: number, note = ''): void {
    const now = this.#now();
    const onTerminal = this.#io.width !== null;
    if (now - this.#last < (onTerminal ? DRAW_MS : LINE_MS)) return;
    this.#last = now;
    const count = `${grouped(done)} of ${grouped(this.#total)}${note === '' ? '' : `  ${note}`}`;
    if (onTerminal) this.#io.draw(`${this.#what.padEnd(12)} ${barOf(done / this.#total)} ${count}`);
    else this.#io.note(`${this.#what}: ${count}`);
  }

  /** Takes the bar away. */
  end(): void {
    this.#io.draw('');
  }
}

function barOf(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * BAR);
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)}`;
}
