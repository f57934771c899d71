import type { CleanupCause } from './cleanup-policy.ts';
import type { ProviderTimers } from './config.ts';
import type { Failure } from './types.ts';

/**
 * Why a use of a shared client failed, for the cleanup policy. A time-out on a connection that has said nothing at all,
 * to nobody, for as long as a turn may be silent is not that of one request: the process does not answer any more.
 */
export function causeOf(
  failure: Failure,
  client: { readonly silentMs: number },
  { turnSilentMs }: Pick<ProviderTimers, 'turnSilentMs'>,
): CleanupCause {
  return failure.class === 'timed-out' && client.silentMs >= turnSilentMs ? 'silent' : failure.class;
}
