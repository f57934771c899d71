import { drain, requireMacrotask } from '../kernel/drain.ts';
import { RunawayError } from '../kernel/kernel.ts';
import { EscapeError, EscapeTrap } from '../kernel/trap.ts';
import { type CoreModule, ownCore } from './core-module.ts';
import { Faults } from './faults/faults.ts';
import { FAULTS } from './kinds/catalogue.ts';
import type { Kind } from './kinds/field.ts';
import type { ModelAccess } from './model-faults.ts';
import { allCheckers, REFUSALS_ARE_TRUE } from './rules/catalogue.ts';
import { type Broken, type Checker, firstBroken } from './rules/checker.ts';
import { Watch } from './rules/watch.ts';
import type { Fault, Scenario } from './scenario.ts';
import { setUp } from './set-up.ts';
import { Simulation } from './simulation.ts';
import { tryOut } from './steps/chats.ts';
import { Users } from './steps/users.ts';
import { adoptedTerminals } from './terminal-wish.ts';
import type { Rule, RunResult, Violation } from './verdict.ts';

export interface RunOptions {
  /** The core to run; this package's own unless given. */
  readonly core?: CoreModule;
  /** Keep the trace. Default false. */
  readonly keepTrace?: boolean;
  /** How providers reach their model. Default `look-up`, which gives the same run as `handlers` in less time. */
  readonly model?: ModelAccess;
  /** Keep what users saw and what was destroyed. Default false. */
  readonly observe?: boolean;
  /**
   * Ask every safety rule after every step, not only after those that may have changed what it looks at. Takes longer and
   * comes to the same. Default false.
   */
  readonly always?: boolean;
  /** From the end of the set-up until the faults cease, no question about terminals is answered. Default false. */
  readonly blind?: boolean;
  /** Faults cease no sooner than those of this scenario would. Default: this one's own. */
  readonly asLongAs?: Scenario;
}

/** Virtual ms until all pairs are live and all chats open. */
export const SET_UP_MS = 4_000;
/** A user's terminal is open by then. */
const ADOPTED_MS = 100;
/** After healing, so much virtual time passes in any case: every timer of the daemon has fired by then. */
const SETTLE_MS = 35_000;
/** And so much at most until every liveness rule holds. The longest chain of pauses in the core is about 90 s. */
const LIVENESS_MS = 300_000;
const LIVENESS_STEP_MS = 5_000;

const SIMULATION_GOES_ON: Rule = {
  id: 'simulation-goes-on',
  kind: 'harness',
  sentence: 'The simulation can answer whatever the core asks of it, and comes to rest.',
  source: 'design.md 4 (a case the fake cannot answer is an error in the run)',
};

const NOTHING_ESCAPES: Rule = {
  id: 'nothing-escapes',
  kind: 'harness',
  sentence: 'The core reaches the outside world through its ports only.',
  source: 'design.md 3 (escape trap)',
};

/**
 * Runs one scenario to its verdict, in this turn of the event loop: call it from a macrotask (`inMacrotask`). The result
 * is a function of the scenario and the core alone. Never throws for what happens inside the run.
 */
export function runScenario(scenario: Scenario, options: RunOptions = {}): RunResult {
  requireMacrotask();
  return new Run(scenario, options).result();
}

class Run {
  readonly #simulation: Simulation;
  readonly #users: Users;
  readonly #faults: Faults;
  readonly #safety: Watch;
  readonly #liveness: Checker[];
  readonly #scenario: Scenario;
  readonly #blind: boolean;
  readonly #asLongAs: Scenario;
  #violation: Violation | null = null;

  constructor(scenario: Scenario, options: RunOptions) {
    this.#scenario = scenario;
    this.#simulation = new Simulation(scenario, {
      core: options.core ?? ownCore,
      keepTrace: options.keepTrace ?? false,
      model: options.model ?? 'look-up',
      observe: options.observe ?? false,
      always: options.always ?? false,
    });
    this.#blind = options.blind ?? false;
    this.#asLongAs = options.asLongAs ?? scenario;
    this.#users = new Users(this.#simulation, (broken) => this.#fail(REFUSALS_ARE_TRUE, broken));
    this.#faults = new Faults(this.#simulation);
    const checkers = allCheckers();
    this.#safety = new Watch(
      checkers.filter(({ rule }) => rule.kind === 'safety'),
      options.always,
    );
    this.#liveness = checkers.filter(({ rule }) => rule.kind === 'liveness');
  }

  result(): RunResult {
    const { kernel } = this.#simulation;
    const trap = new EscapeTrap();
    trap.arm((error) => this.#escaped(error));
    try {
      this.#play();
    } catch (error) {
      const seen = error instanceof Error ? error.message : String(error);
      const expected = error instanceof RunawayError ? 'it comes to rest' : 'an answer from the simulated machine';
      this.#fail(SIMULATION_GOES_ON, { subject: 'the simulation', expected, seen });
    } finally {
      trap.disarm();
    }
    const { observer } = this.#simulation;
    const unfired = this.#faults.unfired();
    this.#simulation.dispose();
    return {
      violation: this.#violation,
      hash: kernel.trace.hash,
      events: kernel.events,
      virtualMs: kernel.now,
      faults: [...this.#faults.firedKinds()].sort(),
      unfired,
      trace: kernel.trace.entries,
      sights: observer?.sights ?? new Map(),
      destroyed: observer?.destroyed ?? [],
      givenUp: observer?.givenUp ?? [],
      daemons: observer?.daemons ?? [],
    };
  }

  #play(): void {
    this.#setUp();
    const healAt = this.#schedule();
    this.#runUntil(healAt);
    if (this.#violation) return;
    this.#simulation.blind = false;
    this.#faults.heal();
    this.#runUntil(healAt + SETTLE_MS);
    for (let at = healAt + SETTLE_MS; !this.#violation; at += LIVENESS_STEP_MS) {
      const broken = firstBroken(this.#liveness, this.#simulation);
      if (!broken) return;
      if (at >= healAt + LIVENESS_MS) this.#fail(...broken);
      this.#answerApprovals();
      tryOut(this.#users);
      this.#runUntil(at + LIVENESS_STEP_MS);
    }
  }

  #setUp(): void {
    const simulation = this.#simulation;
    if (this.#scenario.coTenant) simulation.terminals.startCoTenant();
    simulation.boot();
    this.#runUntil(10);
    for (const words of adoptedTerminals(this.#scenario)) {
      simulation.terminals.command(...words);
      this.#runUntil(simulation.now + ADOPTED_MS);
    }
    void setUp(simulation);
    this.#runUntil(SET_UP_MS);
    const notLive = simulation.status?.pairs.find((pair) => pair.appServer !== 'live');
    if (notLive) throw new Error(`set-up: pair ${notLive.pairId} is not live after ${SET_UP_MS} ms: ${notLive.reason}`);
    if (simulation.status?.chats.length !== this.#scenario.chats.length)
      throw new Error('set-up: not all chats are open');
  }

  /** Puts steps and faults on the clock. Returns when the last of them is over. */
  #schedule(): number {
    const { kernel } = this.#simulation;
    const { steps, faults } = this.#scenario;
    this.#faults.arm();
    for (const fault of faults) {
      const { armed }: Kind = FAULTS[fault.kind];
      if (!armed) kernel.schedule(fault.at, () => this.#faults.start(fault));
    }
    for (const step of steps) kernel.schedule(step.at, () => this.#users.perform(step));
    this.#simulation.openChoices();
    this.#simulation.blind = this.#blind;
    return kernel.now + Math.max(lengthOf(this.#scenario), lengthOf(this.#asLongAs)) + 1;
  }

  #runUntil(untilMs: number): void {
    const simulation = this.#simulation;
    const { kernel, observer, incarnations } = simulation;
    drain();
    while (!this.#violation && kernel.step(untilMs)) {
      drain();
      simulation.atRest = true;
      observer?.daemon(incarnations.length, simulation.status, kernel.now);
      const broken = this.#safety.firstBroken(simulation);
      simulation.hangUps.length = 0;
      if (broken) this.#fail(...broken);
      simulation.atRest = false;
    }
    kernel.advanceTo(untilMs);
  }

  /** Users do not leave an approval open for ever. */
  #answerApprovals(): void {
    for (const { chatId } of this.#simulation.status?.chats ?? []) this.#users.answerOldest(chatId, 'accept');
  }

  #escaped(error: Error): void {
    if (error instanceof EscapeError) {
      const expected = 'time, chance and I/O come through ports';
      this.#fail(NOTHING_ESCAPES, { subject: error.location, expected, seen: error.source });
    } else {
      this.#simulation.failedTasks.push(error.message);
    }
  }

  #fail(rule: Rule, broken: Broken): void {
    const { kernel } = this.#simulation;
    this.#violation ??= { rule, time: kernel.now, step: kernel.trace.length - 1, ...broken };
  }
}

/** When the last step or fault of a scenario is over, in virtual ms after the set-up. */
export function lengthOf({ steps, faults }: Scenario): number {
  return Math.max(0, ...steps.map(({ at }) => at), ...faults.map((fault) => fault.at + duration(fault)));
}

function duration(fault: Fault): number {
  if ('forMs' in fault) return fault.forMs;
  return 'downMs' in fault ? fault.downMs : 0;
}
