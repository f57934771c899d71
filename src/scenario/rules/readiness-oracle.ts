import type { ChatView, DaemonStatus, PairStatus } from '../../core/index.ts';

/**
 * What a chat's readiness must be, worked out a second time from the state of the pair where it works alone (truth table of
 * facts/pairs-and-shared-client.md A2, leak 1). Null means ready.
 */
export function expectedCode(chat: ChatView, status: DaemonStatus): string | null {
  if (chat.status !== 'open') return 'closed';
  if (status.phase === 'stopping') return 'stopping';
  if (chat.provider === 'claude') return null;
  const home = workplaceOf(chat, status);
  // There is always one.
  if (!home) return null;
  if (home.appServer === 'starting') return 'app-server-starting';
  if (home.appServer !== 'live') return 'app-server-down';
  if (home.slot?.claimedBy !== chat.chatId || home.slot.readiness === 'ready') return null;
  return home.slot.readiness;
}

/** The pair where an open chat works: where it has a seat, else its home, whatever the daemon calls it. */
export function workplaceOf(chat: ChatView, status: DaemonStatus): PairStatus | undefined {
  const pairs = pairsOf(status);
  const called = pairs.get(chat.pairId);
  if (called && (called.slot?.claimedBy === chat.chatId || called.pairId === chat.homePairId)) return called;
  return pairs.get(chat.homePairId);
}

const known = new WeakMap<DaemonStatus, ReadonlyMap<string, PairStatus>>();

/** By id. All chats are asked about one status. */
function pairsOf(status: DaemonStatus): ReadonlyMap<string, PairStatus> {
  let pairs = known.get(status);
  if (!pairs) {
    pairs = new Map(status.pairs.map((pair) => [pair.pairId, pair]));
    known.set(status, pairs);
  }
  return pairs;
}
