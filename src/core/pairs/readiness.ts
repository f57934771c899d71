import type { Provider } from '../store/rows.ts';
import type { LinkPhase } from './app-server-link.ts';
import type { SlotReadiness } from './tui-slot.ts';

/** Whether a message to a chat is accepted now, and if not, why. */
export type Readiness =
  | { readonly ready: true }
  | { readonly ready: false; readonly code: NotReadyCode; readonly reason: string };

export type NotReadyCode =
  | 'closed'
  | 'stopping'
  | 'app-server-starting'
  | 'app-server-down'
  | 'provisioning'
  | 'restoring';

/** What readiness depends on: the pair where the chat works, its own claim, nothing else. */
export interface ReadinessFacts {
  readonly provider: Provider;
  readonly open: boolean;
  readonly stopping: boolean;
  /** Where the chat works. */
  readonly pairId: string;
  readonly appServer: LinkPhase;
  readonly appServerReason: string;
  /** Readiness of the slot that this chat has claimed; null without a claim. */
  readonly claimedSlot: SlotReadiness | null;
}

export const CLOSED: Readiness = { ready: false, code: 'closed', reason: 'This chat is closed.' };

/** Computed when asked, never kept. */
export function readiness(facts: ReadinessFacts): Readiness {
  const { pairId: pair } = facts;
  if (!facts.open) return CLOSED;
  if (facts.stopping) return notReady('stopping', 'The daemon is shutting down. Try again when it is back.');
  if (facts.provider === 'claude') return { ready: true };
  if (facts.appServer === 'starting') {
    return notReady('app-server-starting', `The Codex app-server of pair ${pair} is starting. Retry shortly.`);
  }
  if (facts.appServer !== 'live') {
    const why = facts.appServerReason;
    return notReady('app-server-down', `The Codex app-server of pair ${pair} is not running (${why}). Retry shortly.`);
  }
  if (facts.claimedSlot === 'provisioning') {
    return notReady(
      'provisioning',
      `The shared Codex TUI thread of pair ${pair} is still provisioning. Retry shortly.`,
    );
  }
  if (facts.claimedSlot === 'restoring') {
    return notReady('restoring', `The shared Codex TUI thread of pair ${pair} is being restored. Retry shortly.`);
  }
  return { ready: true };
}

function notReady(code: NotReadyCode, reason: string): Readiness {
  return { ready: false, code, reason };
}
