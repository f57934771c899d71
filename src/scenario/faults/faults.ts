import type { Fault, FaultKind } from '../scenario.ts';
import type { Simulation } from '../simulation.ts';
import type { Behaviour, FaultStage } from './behaviour.ts';
import { BEHAVIOURS } from './catalogue.ts';

/** Makes things go wrong, and right again. */
export class Faults implements FaultStage {
  readonly simulation: Simulation;
  /** Why a fault has not acted. */
  readonly #unfired = new Map<Fault, string>();
  readonly #fired = new Set<Fault>();

  constructor(simulation: Simulation) {
    this.simulation = simulation;
  }

  /** Arms the faults that wait for something else than a time. */
  arm(): void {
    for (const fault of this.simulation.scenario.faults) {
      const waitsFor = behaviour(fault).arm?.(fault, this);
      if (waitsFor !== undefined) this.#unfired.set(fault, waitsFor);
    }
  }

  /** A timed fault's time has come. */
  start(fault: Fault): void {
    this.simulation.kernel.record('fault', fault.kind, 'how' in fault ? fault.how : '');
    const unfired = behaviour(fault).start?.(fault, this) ?? null;
    this.simulation.forgetStatus();
    if (unfired === null) this.#fired.add(fault);
    else this.#unfired.set(fault, unfired);
  }

  fired(fault: Fault): void {
    this.#fired.add(fault);
  }

  /** Ends what lasts. From now on nothing goes wrong any more. */
  heal(): void {
    const { scenario, kernel, onCommit } = this.simulation;
    kernel.record('fault', 'heal');
    onCommit.length = 0;
    this.simulation.onFileChange.length = 0;
    this.simulation.healed = true;
    for (const fault of scenario.faults) behaviour(fault).heal?.(fault, this);
    this.simulation.boot();
  }

  /** Kinds of faults that acted. */
  firedKinds(): Set<FaultKind> {
    return new Set([...this.#fired].map(({ kind }) => kind));
  }

  /** One line for each fault that did not act. */
  unfired(): string[] {
    return this.simulation.scenario.faults
      .filter((fault) => !this.#fired.has(fault))
      .map((fault) => `${fault.kind} at ${fault.at}: ${this.#unfired.get(fault) ?? 'the run ended before'}`);
  }
}

function behaviour({ kind }: Fault): Behaviour<FaultKind> {
  return BEHAVIOURS[kind] as Behaviour<FaultKind>;
}
