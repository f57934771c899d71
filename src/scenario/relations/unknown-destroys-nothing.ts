import { runScenario } from '../run.ts';
import type { Scenario } from '../scenario.ts';
import type { Rule } from '../verdict.ts';
import type { Relation } from './relation.ts';

const RULE: Rule = {
  id: 'unknown-destroys-nothing',
  kind: 'relational',
  sentence: 'A daemon that gets no answer to its questions about the machine destroys nothing that it would have kept.',
  source: 'facts/sessions-and-locks.md C S1 (replace probe answers by unknown: destroyed objects are a subset)',
};

/** Rules that say what of a live session may not be destroyed. */
const KEEPING: ReadonlySet<string> = new Set([
  'live-sessions-are-kept',
  'only-closed-chats-lose-terminals',
  'closed-means-gone',
]);

/** The blindness lasts for two regular looks at all terminals, every 30 s, at least. */
const LONG_MS = 65_000;

/** Runs a scenario as it is and with every question timing out until the faults cease, and compares what was ended. */
export const unknownDestroysNothing: Relation = {
  rule: RULE,
  check(scenario, options) {
    const asLongAs: Scenario = { ...scenario, steps: [...scenario.steps, { at: LONG_MS, do: 'restart' }] };
    const seeing = runScenario(scenario, { ...options, observe: true, asLongAs });
    if (seeing.violation) return null;
    const blind = runScenario(scenario, { ...options, observe: true, asLongAs, blind: true });
    const { violation } = blind;
    const ended = blind.destroyed.find(({ what }) => !seeing.destroyed.some((other) => other.what === what));
    const kept = violation && KEEPING.has(violation.rule.id) ? violation : null;
    if (!ended && !kept) return null;
    return {
      rule: RULE,
      time: kept?.time ?? ended!.time,
      step: kept?.step ?? ended!.seq,
      subject: kept?.subject ?? ended!.what,
      expected: 'left alone, as when every question is answered',
      seen: `destroyed, while no question about it was answered${kept ? `: ${kept.seen}` : ''}`,
    };
  },
};
