import type { TraceEntry } from '../kernel/trace.ts';
import type { Violation } from '../scenario/verdict.ts';

/** What a violation has to do with each entry of its run. */
export type Part =
  /** It led to the step at which the rule was found broken. */
  | 'cause'
  /** It concerns the same chat, pair, process or terminal. */
  | 'subject'
  /** A user or a fault did it. */
  | 'outside'
  | 'rest';

/** User entries that answer, instead of act. */
const ANSWERS = new Set(['accepted', 'refused']);
/** Faults that happen because of something; the others come by the clock, like the users' acts. */
const MET_FAULTS = new Set(['model.error', 'daemon.killed']);

/** Events that front ends show to users, text aside. */
const TOLD = /^(?:message|turn|approval)\.|^notice$/;

/** Did a user or a fault do this of its own accord? The causes of such an entry say only who put it on the clock. */
export function comesFromOutside({ actor, type }: TraceEntry): boolean {
  return (actor === 'user' && !ANSWERS.has(type)) || (actor === 'fault' && !MET_FAULTS.has(type));
}

/**
 * The causal cone of a violation: its step, followed backwards through causes up to where users and faults came in,
 * and what else concerns its subject. A liveness rule is found broken when time is up, so the step before it proves
 * nothing and has no cone. Without a violation, what users were told stands in the place of the subject. `trace` must be whole: `trace[i].seq === i`.
 */
export function conePartsOf(trace: readonly TraceEntry[], violation: Violation | null): Part[] {
  const mentions = violation ? subjectPattern(violation) : null;
  const parts = trace.map((entry): Part => {
    if (entry.actor === 'user' || entry.actor === 'fault') return 'outside';
    const concerns = violation ? mentions?.test(`${entry.actor} ${entry.detail}`) : TOLD.test(entry.type);
    return concerns ? 'subject' : 'rest';
  });
  if (!violation || violation.rule.kind === 'liveness') return parts;
  for (let entry = trace[violation.step]; entry !== undefined; entry = trace[entry.cause]) {
    if (comesFromOutside(entry)) break;
    parts[entry.seq] = 'cause';
  }
  return parts;
}

/** Names of chats, pairs, messages, processes and terminals. */
const NAMES = /\bpid \d+\b|\b(?:codex|claude) [cp]\d+#\d+|\brp-[\w-]+|\b[cpm]\d+\b/g;

/** Matches what mentions the most specific things that the violation is about: not the pair if it names a chat. */
function subjectPattern({ subject, expected, seen }: Violation): RegExp | null {
  const names = subject.match(NAMES) ?? [];
  const chosen = new Set(names.filter((name) => !/^p\d+$/.test(name)));
  if (chosen.size === 0) for (const name of names) chosen.add(name);
  for (const name of `${expected} ${seen}`.match(/\brp-[\w-]+/g) ?? []) chosen.add(name);
  if (chosen.size === 0) return null;
  const alternatives = [...chosen].map((name) => name.replaceAll('#', '\\#'));
  return new RegExp(`(?<![\\w-])(?:${alternatives.join('|')})(?![\\w-])`);
}
