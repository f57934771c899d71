import type { FailureClass } from './types.ts';

/**
 * What becomes of a shared client when one of its users fails. `release`: that user gives up its lease, nothing else
 * changes. `retire`: nobody new gets this client; it is closed when its last user is done.
 */
export type Cleanup = 'release' | 'retire';

/**
 * A shared client is given up only when the process or its pipes are suspect; what a provider *answers*, a 401 above
 * all, concerns the one who asked (facts/pairs-and-shared-client.md B1, incident O01: a helper's 401 closed its
 * parent's client). A client that has ended needs no retiring: the registry dropped it when it ended.
 */
const CLEANUP: Readonly<Record<FailureClass, Cleanup>> = {
  unauthorized: 'release',
  'rate-limited': 'release',
  overloaded: 'release',
  rejected: 'release',
  other: 'release',
  // A request that was given up may still complete on the other side: the client's state is not known any more.
  'timed-out': 'retire',
  aborted: 'retire',
  transport: 'retire',
};

export function cleanupAfter(failure: FailureClass): Cleanup {
  return CLEANUP[failure];
}
