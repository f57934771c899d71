import { Chat } from '../../../src/core/chats/chat.ts';
import { SerialQueue } from '../../../src/core/chats/serial-queue.ts';
import { exists, missing, type Probe, unknown } from '../../../src/core/probe/probe.ts';
import { NEVER_SEEN, type Terminal, type WorkerEnd } from '../../../src/core/sessions/backend.ts';
import type { SessionState } from '../../../src/core/sessions/session-store.ts';

/** An open chat with a terminal of its own. */
export function chatOf(chatId: string, more: { readonly adopted?: boolean; readonly usedAt?: number } = {}): Chat {
  const { adopted = false, usedAt = 0 } = more;
  const row = { chatId, provider: 'codex', homePairId: 'p1', pinned: false, cwd: '/', exclusive: false } as const;
  const session = { sessionId: `s-${chatId}`, chatId, backend: 'tmux', terminalName: `rp-${chatId}` } as const;
  const chat = new Chat(
    { ...row, resumeKey: null, status: 'open' },
    { ...session, adopted, state: 'active' as SessionState, seen: { ...NEVER_SEEN, launch: 'launch_1' } },
    new SerialQueue((error) => {
      throw error;
    }),
  );
  chat.terminal = 'present';
  chat.usedAt = usedAt;
  return chat;
}

export function terminalOf(chat: Chat, end: WorkerEnd | null = null, owner: string | null = 'me'): Terminal {
  const { terminalName: name } = chat.session;
  return { name, panePid: 7, paneId: '%1', serverPid: 6, owner, launch: 'launch_1', end };
}

export const there = (terminal: Terminal): Probe<Terminal> => exists(terminal, 'listed');
export const gone = (): Probe<Terminal> => missing('not listed');
export const unseen = (): Probe<Terminal> => unknown('no answer');
