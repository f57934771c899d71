import type { Simulation } from '../simulation.ts';
import type { Rule } from '../verdict.ts';
import { type Broken, type Checker, firstBroken, type Source } from './checker.ts';

/** Numbers that go up whenever their source may be in another state than before. */
const CHANGES: Readonly<Record<Source, (simulation: Simulation) => number>> = {
  daemon: ({ daemonChanges }) => daemonChanges,
  processes: ({ machine }) => machine.starts + machine.deaths,
  ports: ({ machine }) => machine.network.changes,
  providers: ({ providers }) => providers.changes,
  tuis: ({ tuis }) => tuis.changes,
};
const SOURCES = Object.keys(CHANGES) as readonly Source[];

/** Asks safety rules after each step: those whose verdict may be another one than after the step before. */
export class Watch {
  readonly #checkers: readonly Checker[];
  readonly #seen: number[] = SOURCES.map(() => -1);
  /** Whom to ask, in order, for each set of sources that have changed; a bit for each. */
  readonly #concerned: (readonly Checker[])[] = [];

  constructor(checkers: readonly Checker[]) {
    this.#checkers = checkers;
  }

  /** To be called after every step. */
  firstBroken(simulation: Simulation): [Rule, Broken] | null {
    let changed = 0;
    for (let index = 0; index < SOURCES.length; index++) {
      const now = CHANGES[SOURCES[index]!](simulation);
      if (now === this.#seen[index]) continue;
      this.#seen[index] = now;
      changed |= 1 << index;
    }
    const concerned = this.#concerned[changed] ?? this.#watching(changed);
    this.#concerned[changed] = concerned;
    return firstBroken(concerned, simulation);
  }

  #watching(changed: number): readonly Checker[] {
    return this.#checkers.filter(
      ({ watches }) => !watches || watches.some((source) => changed & (1 << SOURCES.indexOf(source))),
    );
  }
}
