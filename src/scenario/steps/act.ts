import type { Step, StepKind } from '../scenario.ts';
import type { Users } from './users.ts';

/** What users do for one kind of step. Whoever finds the daemon gone simply fails to reach it. */
export type Act<Kind extends StepKind> = (step: Extract<Step, { do: Kind }>, users: Users) => void;

/** One for each kind of step of a topic. */
export type Acts<Kinds> = { readonly [Kind in keyof Kinds & StepKind]: Act<Kind> };
