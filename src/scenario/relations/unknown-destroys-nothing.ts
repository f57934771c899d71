import { runScenario } from '../run.ts';
import type { Rule } from '../verdict.ts';
import type { Relation } from './relation.ts';

const RULE: Rule = {
  id: 'unknown-destroys-nothing',
  kind: 'relational',
  sentence: 'A daemon that gets no answer to its questions about the machine destroys nothing that it would have kept.',
  source: 'facts/sessions-and-locks.md C S1 (replace probe answers by unknown: destroyed objects are a subset)',
};

/** Runs a scenario as it is and with every question timing out until the faults cease, and compares what was ended. */
export const unknownDestroysNothing: Relation = {
  rule: RULE,
  check(scenario, options) {
    const seeing = runScenario(scenario, { ...options, observe: true });
    const blind = runScenario(scenario, { ...options, observe: true, blind: true });
    const kept = blind.destroyed.find(({ what }) => !seeing.destroyed.some((other) => other.what === what));
    if (!kept) return null;
    return {
      rule: RULE,
      time: kept.time,
      step: kept.seq,
      subject: kept.what,
      expected: 'left alone, as when every question is answered',
      seen: 'destroyed, while no question about it was answered',
    };
  },
};
