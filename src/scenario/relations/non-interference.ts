import { FAULTS } from '../kinds/catalogue.ts';
import type { Kind } from '../kinds/field.ts';
import type { Sight } from '../observer.ts';
import { runScenario } from '../run.ts';
import { type Fault, pairName, type Scenario } from '../scenario.ts';
import type { Rule, Violation } from '../verdict.ts';
import type { Relation } from './relation.ts';

const RULE: Rule = {
  id: 'trouble-stays-at-home',
  kind: 'relational',
  sentence: 'What goes wrong on one pair does not change what the users of other pairs see.',
  source: 'facts/pairs-and-shared-client.md C1 S1 (tenant confinement, checked by non-interference); design.md 8',
};

/**
 * A daemon that starts again waits for all provider processes that outlived it, whoever they worked for: so late, in ms,
 * others may be. (Two grace periods of 2 s each, and what comes of them.)
 */
const LATE_MS = 10_000;

/** Runs a scenario with and without the faults of one pair, and compares what the users of the others saw. */
export const nonInterference: Relation = {
  rule: RULE,
  check(scenario, options) {
    const plain = withoutMoves(withoutWorldwideCounts(scenario));
    const tenant = plain.faults.map((fault) => tenantOf(plain, fault)).find((pairId) => pairId !== null);
    if (!tenant || restartsTwice(plain) || plain.chats.every(({ pair }) => pairName(plain, pair) === tenant))
      return null;
    const calm = { ...plain, faults: plain.faults.filter((fault) => tenantOf(plain, fault) !== tenant) };
    const troubled = runScenario(plain, { ...options, observe: true });
    const undisturbed = runScenario(calm, { ...options, observe: true, asLongAs: plain });
    // Either alone breaks a rule: that rule says more about it.
    if (troubled.violation || undisturbed.violation) return null;
    for (const [pairId, expected] of undisturbed.sights) {
      if (pairId === tenant) continue;
      const difference = firstDifference(expected, troubled.sights.get(pairId) ?? []);
      if (difference) return violation(tenant, pairId, difference);
    }
    return null;
  },
};

/** The pair that a fault happens to; null when it happens to all. */
function tenantOf(scenario: Scenario, fault: Fault): string | null {
  if ((FAULTS[fault.kind] as Kind).everybody) return null;
  if ('pair' in fault) return pairName(scenario, fault.pair);
  return 'chat' in fault ? pairName(scenario, scenario.chats[fault.chat % scenario.chats.length]!.pair) : null;
}

/**
 * Without what counts things of all pairs: leaving out one thing would move it. And without what happens to everybody
 * for the sake of one pair: whether it does may depend on the other faults there.
 */
function withoutWorldwideCounts(scenario: Scenario): Scenario {
  const isArmed = ({ kind }: Fault) => (FAULTS[kind] as Kind).armed === true;
  const isOfOne = (fault: Fault) =>
    (FAULTS[fault.kind] as Kind).everybody === true && ('chat' in fault || 'pair' in fault);
  return { ...scenario, choices: [], faults: scenario.faults.filter((fault) => !isArmed(fault) && !isOfOne(fault)) };
}

/** Without what takes chats from one pair to another, locks, common accounts and little room: there pairs do concern each other. */
function withoutMoves(scenario: Scenario): Scenario {
  const chats = scenario.chats.map((chat) => ({ ...chat, home: 'chosen' as const, exclusive: 'no' as const }));
  const steps = scenario.steps.filter(({ do: what }) => what !== 'claim' && what !== 'pair-destroy');
  const apart = scenario.accounts === 'shared' ? { accounts: 'each' as const } : {};
  return { ...scenario, ...apart, room: 'plenty', chats, steps };
}

/** A daemon that is stopped again while it waits for orphans, whoever they worked for, gets less far. */
function restartsTwice({ steps, faults }: Scenario): boolean {
  const stops = steps.filter(({ do: what }) => what === 'restart' || what === 'reconfigure').length;
  const ends = faults.filter(({ kind }) => kind === 'daemon-crash' || kind === 'host-reboot').length;
  return stops + ends > 1;
}

interface Difference {
  readonly expected: string;
  readonly seen: string;
  readonly time: number;
  readonly seq: number;
}

function firstDifference(expected: readonly Sight[], seen: readonly Sight[]): Difference | null {
  for (let index = 0; index < Math.max(expected.length, seen.length); index++) {
    const [one, other] = [expected[index], seen[index]];
    if (one?.text === other?.text && Math.abs(one!.time - other!.time) <= LATE_MS) continue;
    const { time, seq } = other ?? seen.at(-1) ?? { time: 0, seq: 0 };
    return { expected: shown(one), seen: shown(other), time, seq };
  }
  return null;
}

function shown(sight: Sight | undefined): string {
  return sight ? `${sight.text} (${sight.time} ms after the start)` : 'nothing more';
}

function violation(tenant: string, pairId: string, { expected, seen, time, seq }: Difference): Violation {
  return {
    rule: RULE,
    time,
    step: seq,
    subject: `pair ${pairId}, beside the trouble of ${tenant}`,
    expected: `as without it: ${expected}`,
    seen,
  };
}
