import { RELATIONS } from './relations/judge.ts';
import { allCheckers, REFUSALS_ARE_TRUE } from './rules/catalogue.ts';
import type { Rule } from './verdict.ts';

/** Everything that must hold in every run, and between runs. */
export function allRules(): Rule[] {
  return [...allCheckers().map(({ rule }) => rule), REFUSALS_ARE_TRUE, ...RELATIONS.map(({ rule }) => rule)];
}
