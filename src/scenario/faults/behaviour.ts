import type { Fault, FaultKind } from '../scenario.ts';
import type { Simulation } from '../simulation.ts';

/** What faults act upon. */
export interface FaultStage {
  readonly simulation: Simulation;
  /** A fault that was started or armed before acts now. Idempotent. */
  fired(fault: Fault): void;
}

/** What one kind of fault does. */
export interface Behaviour<Kind extends FaultKind> {
  /** Its time has come. Null when it acted, else why it did not (yet), e.g. `no tmux server is running`. */
  start?(fault: Extract<Fault, { kind: Kind }>, stage: FaultStage): string | null;
  /** Before the first step, for kinds that wait for something else than a time. Gives what it waits for. */
  arm?(fault: Extract<Fault, { kind: Kind }>, stage: FaultStage): string;
  /** Nothing goes wrong any more: undoes what lasts. Called for every fault of the scenario, in its order. */
  heal?(fault: Extract<Fault, { kind: Kind }>, stage: FaultStage): void;
}

/** One for each kind of fault of a topic. */
export type Behaviours<Kinds> = { readonly [Kind in keyof Kinds & FaultKind]: Behaviour<Kind> };
