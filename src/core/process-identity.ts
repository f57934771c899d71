import type { InspectResult, ProcessIdentity } from './ports.ts';

/** Do both name one process? A pid alone does not: it is used again, and so are start times after a boot. */
export function sameProcess(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return one.pid === other.pid && one.startTicks === other.startTicks && one.bootId === other.bootId;
}

/** Does the answer about its pid say that this very process runs? False also when it cannot be known. */
export function isAlive(identity: ProcessIdentity, answer: InspectResult): boolean {
  return answer.kind === 'alive' && sameProcess(answer.identity, identity);
}

/** Does the answer about its pid prove that this process has ended? False also when it cannot be known. */
export function isGone(identity: ProcessIdentity, answer: InspectResult): boolean {
  return answer.kind === 'gone' || (answer.kind === 'alive' && !sameProcess(answer.identity, identity));
}
