import { type RunOptions, runScenario } from '../run.ts';
import type { Scenario } from '../scenario.ts';
import type { RunResult } from '../verdict.ts';
import { entryPointsAgree } from './entry-points-agree.ts';
import { nonInterference } from './non-interference.ts';
import type { Relation } from './relation.ts';
import { unknownDestroysNothing } from './unknown-destroys-nothing.ts';

export const RELATIONS: readonly Relation[] = [nonInterference, unknownDestroysNothing, entryPointsAgree];

export interface JudgeOptions extends RunOptions {
  /** Which relational rules to ask, by their ids; they take a run or two more each. Default: all. */
  readonly relations?: readonly string[];
}

/**
 * Runs a scenario, and when that breaks no rule the relational rules, which compare it with runs that differ in one
 * thing. Call it from a macrotask. The result is that of the scenario itself.
 */
export function judgeScenario(scenario: Scenario, options: JudgeOptions = {}): RunResult {
  const { relations, ...run } = options;
  const result = runScenario(scenario, run);
  if (result.violation) return result;
  for (const relation of RELATIONS) {
    if (relations && !relations.includes(relation.rule.id)) continue;
    const violation = relation.check(scenario, run);
    if (violation) return { ...result, violation };
  }
  return result;
}

/** The relational rules to ask when one looks for this rule alone. */
export function relationsFor(ruleId: string): readonly string[] {
  return RELATIONS.flatMap(({ rule }) => (rule.id === ruleId ? [rule.id] : []));
}
