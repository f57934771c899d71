import type { Chat, TerminalKnowledge } from './chats/chat.ts';
import type { LinkPhase } from './pairs/app-server-link.ts';
import type { Pair } from './pairs/pair.ts';
import { type Readiness, readiness } from './pairs/readiness.ts';
import type { SlotReadiness } from './pairs/tui-slot.ts';
import type { ChatStatus, Provider } from './store/rows.ts';

/** `starting`: loading and restoring; messages are taken already. */
export type DaemonPhase = 'starting' | 'running' | 'stopping';

export interface PairStatus {
  readonly pairId: string;
  readonly appServer: LinkPhase;
  readonly appServerPid: number | null;
  /** Why there is none, for people; empty when it is live. */
  readonly reason: string;
  readonly slot: {
    readonly token: string;
    readonly readiness: SlotReadiness;
    readonly claimedBy: string | null;
  } | null;
}

export interface ChatView {
  readonly chatId: string;
  readonly provider: Provider;
  readonly homePairId: string;
  readonly status: ChatStatus;
  readonly readiness: Readiness;
  readonly attached: boolean;
  readonly terminal: TerminalKnowledge;
  readonly terminalName: string;
  /** A turn runs. */
  readonly busy: boolean;
  readonly approvals: readonly string[];
}

/** Everything a user may ask about, computed when asked. */
export interface DaemonStatus {
  readonly phase: DaemonPhase;
  readonly pairs: readonly PairStatus[];
  readonly chats: readonly ChatView[];
}

export function pairStatus(pair: Pair): PairStatus {
  const { link, slot, slotReadiness } = pair;
  return {
    pairId: pair.pairId,
    appServer: link.phase,
    appServerPid: link.client?.identity.pid ?? null,
    reason: link.reason,
    slot: slot && slotReadiness ? { token: slot.token, readiness: slotReadiness, claimedBy: slot.claimedBy } : null,
  };
}

export function chatReadiness(chat: Chat, pair: Pair, phase: DaemonPhase): Readiness {
  return readiness({
    provider: chat.provider,
    open: chat.open,
    stopping: phase === 'stopping',
    homePairId: chat.homePairId,
    appServer: pair.link.phase,
    appServerReason: pair.link.reason,
    claimedSlot: pair.claimedSlot(chat.chatId) ? pair.slotReadiness : null,
  });
}

export function chatView(chat: Chat, pair: Pair, phase: DaemonPhase): ChatView {
  return {
    chatId: chat.chatId,
    provider: chat.provider,
    homePairId: chat.homePairId,
    status: chat.status,
    readiness: chatReadiness(chat, pair, phase),
    attached: chat.attached,
    terminal: chat.terminal,
    terminalName: chat.session.terminalName,
    busy: chat.turn !== null,
    approvals: [...chat.approvals],
  };
}
