import { FAULTS } from '../kinds/catalogue.ts';
import type { Kinds } from '../kinds/field.ts';
import { lengthOf, runScenario } from '../run.ts';
import type { Scenario } from '../scenario.ts';
import type { Rule, RunResult } from '../verdict.ts';
import type { Relation } from './relation.ts';

const RULE: Rule = {
  id: 'entry-points-agree',
  kind: 'relational',
  sentence: 'A daemon that is started again gives up the same chats as one that looks at its terminals regularly.',
  source: 'facts/sessions-and-locks.md C S14; A3 5 (2fe71089: the same verdict in four places)',
};

/** By then what is under way has come to something: the two daemons begin with the same terminals. */
const REST_MS = 15_000;
/** Two regular looks at all terminals, every 30 s, at least. */
const LONG_MS = 65_000;

/** Runs a scenario as it is, and with a restart when all is at rest, and compares which chats came to an end. */
export const entryPointsAgree: Relation = {
  rule: RULE,
  check(scenario, options) {
    // A fault that waits for the n-th write would meet another one.
    if (scenario.faults.some(({ kind }) => (FAULTS as Kinds)[kind]?.armed)) return null;
    const at = lengthOf(scenario) + REST_MS;
    const restarted: Scenario = { ...scenario, steps: [...scenario.steps, { at, do: 'restart' }] };
    const asLongAs: Scenario = { ...scenario, steps: [...scenario.steps, { at: at + LONG_MS, do: 'restart' }] };
    const looking = runScenario(scenario, { ...options, observe: true, asLongAs });
    if (looking.violation) return null;
    const restoring = runScenario(restarted, { ...options, observe: true, asLongAs });
    if (restoring.violation) return null;
    const only = (one: RunResult, other: RunResult) =>
      one.givenUp.find(({ what }) => !other.givenUp.some((each) => each.what === what));
    const early = only(restoring, looking);
    const found = early ?? only(looking, restoring);
    if (!found) return null;
    const { what, time, seq } = found;
    return {
      ...{ rule: RULE, time, step: seq, subject: what },
      expected: `${early ? 'kept' : 'ended'}, as by a daemon that looks at its terminal from time to time`,
      seen: `${early ? 'ended' : 'kept'} when the daemon is started again`,
    };
  },
};
