import type { Simulation } from '../simulation.ts';
import type { Rule } from '../verdict.ts';
import { type Broken, type Checker, firstBroken, type Source } from './checker.ts';

/** What verdicts may depend on. Each is a number that goes up whenever its source may be in another state than before. */
export const CHANGES = {
  /** Whatever the daemon did or was told, and what its users did and know. */
  daemon: (simulation: Simulation) => simulation.daemonChanges,
  /** What the daemon says of itself. */
  status: (simulation: Simulation) => simulation.statusVersions,
  /** What people have asked it about pairs, and what it has answered. */
  requests: ({ book }: Simulation) => book.requests,
  /** Chats, sessions and messages in its database. */
  chats: (simulation: Simulation) => simulation.chatChanges,
  /** Which provider processes live. */
  lives: ({ providers }: Simulation) => providers.lives,
  /** What provider processes were asked, were given and have loaded. */
  providers: ({ providers }: Simulation) => providers.changes,
  /** Programs in terminals. */
  workers: ({ workers }: Simulation) => workers.changes,
  /** Who listens on which port. */
  ports: ({ machine }: Simulation) => machine.network.changes,
  tuis: ({ tuis }: Simulation) => tuis.changes,
  /** Lock files, and processes that may work in locked directories. */
  locks: ({ locks, machine }: Simulation) => (locks.concerned ? locks.changes + machine.starts : 0),
} as const;
const SOURCES = Object.keys(CHANGES) as readonly Source[];

/** Asks safety rules after each step: those whose verdict may be another one than after the step before. */
export class Watch {
  readonly #checkers: readonly Checker[];
  readonly #seen: number[] = SOURCES.map(() => -1);
  /** Whom to ask, in order, for each set of sources that have changed; a bit for each. */
  readonly #concerned: (readonly Checker[])[] = [];

  readonly #always: boolean;

  /** `always`: ask all of them after every step, whatever they watch. */
  constructor(checkers: readonly Checker[], always = false) {
    this.#checkers = checkers;
    this.#always = always;
  }

  /** To be called after every step. */
  firstBroken(simulation: Simulation): [Rule, Broken] | null {
    if (this.#always) return firstBroken(this.#checkers, simulation);
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
