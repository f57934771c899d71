import { FAULTS } from '../kinds/catalogue.ts';
import type { Kind } from '../kinds/field.ts';
import type { Sight } from '../observer.ts';
import { runScenario, SET_UP_MS } from '../run.ts';
import { type Fault, pairName, type Scenario } from '../scenario.ts';
import type { Rule, RunResult, Violation } from '../verdict.ts';
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
    if (!tenant || plain.chats.every(({ pair }) => pairName(plain, pair) === tenant)) return null;
    const calm = { ...plain, faults: plain.faults.filter((fault) => tenantOf(plain, fault) !== tenant) };
    const troubled = runScenario(plain, { ...options, observe: true });
    const undisturbed = runScenario(calm, { ...options, observe: true, asLongAs: plain });
    // Either alone breaks a rule: that rule says more about it.
    if (troubled.violation || undisturbed.violation) return null;
    if (!metTheSame(plain, troubled, undisturbed, tenant)) return null;
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
 * Without what counts things of all pairs, or waits for what is done for any of them: leaving out one thing would move
 * it. And without what happens to everybody for the sake of one pair: whether it does may depend on the other faults there.
 */
function withoutWorldwideCounts(scenario: Scenario): Scenario {
  const isArmed = ({ kind }: Fault) => (FAULTS[kind] as Kind).armed === true;
  const isOfOne = (fault: Fault) =>
    (FAULTS[fault.kind] as Kind).everybody === true && ('chat' in fault || 'pair' in fault);
  const waits = (fault: Fault) => 'when' in fault && fault.when === 'asking';
  const faults = scenario.faults.filter((fault) => !isArmed(fault) && !isOfOne(fault) && !waits(fault));
  return { ...scenario, choices: [], faults };
}

/** Without what takes chats from one pair to another, locks, common accounts and little room: there pairs do concern each other. */
function withoutMoves(scenario: Scenario): Scenario {
  const chats = scenario.chats.map((chat) => ({ ...chat, home: 'chosen' as const, exclusive: 'no' as const }));
  const steps = scenario.steps.filter(({ do: what }) => what !== 'claim' && what !== 'pair-destroy');
  const apart = scenario.accounts === 'shared' ? { accounts: 'each' as const } : {};
  return { ...scenario, ...apart, room: 'plenty', chats, steps };
}

/**
 * A daemon that starts again waits for orphans, whoever they worked for, and one that stops waits for its own processes.
 * So a daemon may be later in one run than in the other: what happens meanwhile, or another stop, meets different daemons.
 */
function metTheSame(scenario: Scenario, one: RunResult, other: RunResult, tenant: string): boolean {
  if (one.daemons.length !== other.daemons.length) return false;
  const times = timesOf(scenario);
  const isQuiet = (from: number, to: number) => !times.some(([begin, end]) => end >= from && begin <= to);
  return one.daemons.every((reached, index) => {
    const otherReached = other.daemons[index]!;
    const wasStopped = index < one.daemons.length - 1;
    return [...reached.keys(), ...otherReached.keys()].every((what) => {
      const [here, there] = [reached.get(what), otherReached.get(what)];
      if (what === tenant) return true;
      if (here === undefined || there === undefined) return !wasStopped;
      return here === there || isQuiet(Math.min(here, there), Math.max(here, there));
    });
  });
}

/** From when to when users do something and faults last; virtual ms. */
function timesOf({ steps, faults }: Scenario): readonly (readonly [number, number])[] {
  const lasting = faults.map(({ at, ...fault }) => [at, at + ('forMs' in fault ? fault.forMs : 0)] as const);
  return [...steps.map(({ at }) => [at, at] as const), ...lasting].map(([from, to]) => [
    SET_UP_MS + from,
    SET_UP_MS + to,
  ]);
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
