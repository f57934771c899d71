import type { Chat, TerminalKnowledge } from './chats/chat.ts';
import type { LockView } from './locks/directory-locks.ts';
import type { LinkPhase } from './pairs/app-server-link.ts';
import type { Pair } from './pairs/pair.ts';
import { CLOSED, type Readiness, readiness } from './pairs/readiness.ts';
import type { PortConflict } from './pairs/tui-door.ts';
import type { SlotReadiness } from './pairs/tui-slot.ts';
import type { BackendKind } from './sessions/backend.ts';
import type { SessionState } from './sessions/session-store.ts';
import type { ChatStatus, Provider } from './store/rows.ts';

/** `starting`: loading and restoring; messages are taken already. */
export type DaemonPhase = 'starting' | 'running' | 'stopping';

/**
 * `down`: chats cannot be served. `starting`: not yet. `degraded`: they are, but its TUI cannot connect. Derived from
 * what is below, for this pair alone.
 */
export type PairHealth = 'healthy' | 'starting' | 'degraded' | 'down';

export interface PairStatus {
  readonly pairId: string;
  readonly health: PairHealth;
  /** Where its TUI connects, on 127.0.0.1. */
  readonly port: number;
  readonly listening: boolean;
  /** Why it does not listen, if it was tried. */
  readonly conflict: PortConflict | null;
  readonly appServer: LinkPhase;
  readonly appServerPid: number | null;
  /** Why there is none, for people; empty when it is live. */
  readonly reason: string;
  readonly slot: {
    readonly token: string;
    /** False during its grace period. */
    readonly connected: boolean;
    readonly readiness: SlotReadiness;
    readonly claimedBy: string | null;
    /** The thread that it shows; null until there is one. */
    readonly threadId: string | null;
  } | null;
}

export interface ChatView {
  readonly chatId: string;
  readonly provider: Provider;
  /** Where it works now: at the TUI of another pair, or at home. */
  readonly pairId: string;
  /** It works in the TUI's thread of that pair. */
  readonly paired: boolean;
  /** Where its own thread lives. */
  readonly homePairId: string;
  readonly status: ChatStatus;
  readonly readiness: Readiness;
  readonly attached: boolean;
  readonly terminal: TerminalKnowledge;
  readonly terminalName: string;
  readonly backend: BackendKind;
  /** The terminal is its user's. */
  readonly adopted: boolean;
  readonly session: SessionState;
  /** A turn runs. */
  readonly busy: boolean;
  readonly approvals: readonly string[];
}

/** Everything a user may ask about, computed when asked. */
export interface DaemonStatus {
  readonly phase: DaemonPhase;
  readonly pairs: readonly PairStatus[];
  readonly chats: readonly ChatView[];
  /** Locks on directories, as far as this daemon has seen. */
  readonly locks: readonly LockView[];
}

/** The same object as before for as long as nothing in it has changed. */
export function pairStatus(pair: Pair): PairStatus {
  const { link, slot, slotReadiness, door } = pair;
  const { port, listening, conflict, occupied } = door;
  const { phase, client, reason } = link;
  const { token, claimedBy, threadId } = slot ?? NO_SLOT;
  const parts = [port, listening, conflict, occupied, phase, client, reason, token, slotReadiness, claimedBy, threadId];
  return pair.status.of(parts, () => ({
    pairId: pair.pairId,
    health: health(pair),
    ...{ port, listening, conflict },
    appServer: phase,
    appServerPid: client?.identity.pid ?? null,
    reason,
    slot: slotReadiness ? { token, connected: occupied, readiness: slotReadiness, claimedBy, threadId } : null,
  }));
}

const NO_SLOT = { token: '', claimedBy: null, threadId: null };

function health({ link, door }: Pair): PairHealth {
  if (link.phase === 'starting') return 'starting';
  if (link.phase !== 'live') return 'down';
  return door.listening ? 'healthy' : 'degraded';
}

/** `pair`: where the chat works; only a chat that is over may have none. */
export function chatReadiness(chat: Chat, pair: Pair | null, phase: DaemonPhase): Readiness {
  if (!pair) return CLOSED;
  return readiness({
    provider: chat.provider,
    open: chat.open,
    stopping: phase === 'stopping',
    pairId: pair.pairId,
    appServer: pair.link.phase,
    appServerReason: pair.link.reason,
    claimedSlot: pair.claimedSlot(chat.chatId) ? pair.slotReadiness : null,
  });
}

/** The same object as before for as long as nothing in it has changed. */
export function chatView(chat: Chat, pair: Pair | null, phase: DaemonPhase): ChatView {
  const { status, attached, terminal, session, homePairId } = chat;
  const slot = pair?.claimedSlot(chat.chatId) ?? null;
  const busy = chat.turn !== null;
  const approvals = chat.approvals.size > 0 ? [...chat.approvals].join('\n') : '';
  const ofPair = [pair, pair?.link.phase, pair?.link.reason, slot, slot && pair?.slotReadiness];
  const parts = [status, attached, terminal, session, homePairId, busy, approvals, phase, ...ofPair];
  return chat.view.of(parts, () => ({
    chatId: chat.chatId,
    provider: chat.provider,
    pairId: pair?.pairId ?? homePairId,
    paired: slot !== null,
    ...{ homePairId, status },
    readiness: chatReadiness(chat, pair, phase),
    ...{ attached, terminal },
    terminalName: session.terminalName,
    backend: session.backend,
    adopted: session.adopted,
    session: session.state,
    busy,
    approvals: [...chat.approvals],
  }));
}
