import type { Pair } from '../pairs/pair.ts';
import { type CodexClient, isUnknownThread } from '../providers/codex/index.ts';
import { localFailure } from '../providers/failure.ts';
import type { Lease, SharedClients } from '../providers/shared-clients.ts';
import type { Failure, Outcome, Turn, TurnSink } from '../providers/types.ts';
import type { Store } from '../store/store.ts';
import type { Chat } from './chat.ts';
import type { Conversation } from './conversation.ts';

/** A chat that talks to its home pair's app-server: in the TUI's thread while it has claimed it, else in its own. */
export class CodexConversation implements Conversation {
  readonly #chat: Chat;
  readonly #pair: Pair;
  readonly #clients: SharedClients<CodexClient>;
  readonly #store: Store;
  /** The client in which the chat's own thread is loaded. */
  #loadedIn: CodexClient | null = null;

  constructor(chat: Chat, pair: Pair, clients: SharedClients<CodexClient>, store: Store) {
    this.#chat = chat;
    this.#pair = pair;
    this.#clients = clients;
    this.#store = store;
  }

  async startTurn(text: string, sink: TurnSink): Promise<Outcome<Turn>> {
    const acquired = await this.#clients.acquire(this.#pair.pairId, this.#chat.chatId);
    if (!acquired.ok) return acquired;
    const lease = acquired.value;
    const thread = await this.#thread(lease);
    const turn = thread.ok
      ? await lease.client.startTurn(thread.value, text, (event) => {
          if (event.type === 'ended') endLease(lease, event.failure?.class ?? null);
          sink(event);
        })
      : thread;
    if (!turn.ok) lease.releaseAfter(turn.failure.class);
    return turn;
  }

  async close(): Promise<void> {
    // Its thread stays in the shared app-server, idle; there is nothing of its own to end.
  }

  async #thread(lease: Lease<CodexClient>): Promise<Outcome<string>> {
    const { client } = lease;
    const shared = this.#pair.claimedSlot(this.#chat.chatId);
    if (shared) {
      if (shared.threadId !== null && shared.loadedIn === client) return { ok: true, value: shared.threadId };
      return { ok: false, failure: notReady('the shared Codex TUI thread is not loaded yet') };
    }
    const { resumeKey } = this.#chat;
    if (resumeKey !== null && this.#loadedIn === client) return { ok: true, value: resumeKey };
    if (resumeKey !== null) {
      const resumed = await client.resumeThread(resumeKey);
      if (resumed.ok) this.#loadedIn = client;
      // A thread that had no turn yet is gone with its process, and nothing is lost: go on in a new one.
      if (resumed.ok || !isUnknownThread(resumed.failure)) return resumed;
    }
    const started = await client.startThread({ cwd: this.#chat.cwd });
    if (!started.ok) return started;
    this.#chat.resumeKey = started.value;
    this.#loadedIn = client;
    await this.#store.setResumeKey(this.#chat.chatId, started.value);
    return started;
  }
}

function endLease(lease: Lease<CodexClient>, failure: Parameters<Lease<CodexClient>['releaseAfter']>[0] | null): void {
  if (failure === null) lease.release();
  else lease.releaseAfter(failure);
}

function notReady(message: string): Failure {
  return localFailure('rejected', message, false);
}
