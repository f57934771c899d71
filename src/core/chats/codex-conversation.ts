import type { Pair } from '../pairs/pair.ts';
import type { PairRegistry } from '../pairs/registry.ts';
import type { AbortNotice } from '../providers/abort.ts';
import { type CodexClient, isUnknownThread } from '../providers/codex/index.ts';
import type { ProviderTimers } from '../providers/config.ts';
import { localFailure } from '../providers/failure.ts';
import type { Lease } from '../providers/shared-clients.ts';
import { causeOf } from '../providers/silence.ts';
import type { Failure, Outcome, Turn, TurnSink } from '../providers/types.ts';
import type { Store } from '../store/store.ts';
import type { Chat } from './chat.ts';
import type { Conversation } from './conversation.ts';

/** A codex chat: it works in the thread of the TUI whose seat it has claimed, else at home in a thread of its own. */
export class CodexConversation implements Conversation {
  readonly #chat: Chat;
  readonly #pairs: PairRegistry;
  readonly #store: Store;
  readonly #timers: ProviderTimers;

  constructor(chat: Chat, pairs: PairRegistry, store: Store, timers: ProviderTimers) {
    this.#chat = chat;
    this.#pairs = pairs;
    this.#store = store;
    this.#timers = timers;
  }

  async startTurn(text: string, sink: TurnSink, abort: AbortNotice): Promise<Outcome<Turn>> {
    const acquired = await this.#atWork(abort);
    if (!acquired.ok) return acquired;
    const { pair, lease } = acquired.value;
    const { lock } = this.#chat;
    // Its commands run in that process: for the time of the turn it works in the chat's directory.
    await lock?.bind(lease.client.identity);
    const thread = await this.#thread(pair, lease);
    const turn = thread.ok
      ? await lease.client.startTurn(thread.value, text, (event) => {
          if (event.type === 'ended') {
            this.#endLease(lease, event.failure);
            void lock?.unbind(lease.client.identity);
          }
          sink(event);
        })
      : thread;
    if (!turn.ok && !turn.failure.mayHaveRun) await lock?.unbind(lease.client.identity);
    if (!turn.ok) lease.releaseAfter(causeOf(turn.failure, lease.client, this.#timers), 'start');
    return turn;
  }

  async close(): Promise<void> {
    // Its thread stays in the shared app-server, idle; there is nothing of its own to end.
  }

  /** A lease on the app-server of the pair where the chat works, which may become another one while it waits. */
  async #atWork(abort: AbortNotice): Promise<Outcome<{ readonly pair: Pair; readonly lease: Lease<CodexClient> }>> {
    for (;;) {
      const pair = this.#pairs.workplace(this.#chat);
      if (!pair) return { ok: false, failure: localFailure('aborted', 'the chat was closed', false) };
      if (!pair.claimedSlot(this.#chat.chatId)) await this.#chat.moved;
      const acquired = await this.#pairs.clients.acquire(pair.pairId, this.#chat.chatId, {
        initializedWithinMs: this.#timers.acquireInitializedMs,
        readyWithinMs: this.#timers.acquireReadyMs,
        abort,
      });
      if (!acquired.ok) return acquired;
      if (this.#pairs.workplace(this.#chat) === pair) return { ok: true, value: { pair, lease: acquired.value } };
      acquired.value.release();
    }
  }

  async #thread(pair: Pair, lease: Lease<CodexClient>): Promise<Outcome<string>> {
    const { client } = lease;
    const shared = pair.claimedSlot(this.#chat.chatId);
    if (shared) {
      if (shared.threadId !== null && shared.loadedIn === client) return { ok: true, value: shared.threadId };
      return { ok: false, failure: notReady('the shared Codex TUI thread is not loaded yet') };
    }
    const { resumeKey } = this.#chat;
    if (resumeKey !== null) {
      const resumed = await client.resumeThread(resumeKey);
      // A thread that had no turn yet is gone with its process, and nothing is lost: go on in a new one.
      if (resumed.ok || !isUnknownThread(resumed.failure)) return resumed;
    }
    const started = await client.startThread({ cwd: this.#chat.cwd });
    if (!started.ok) return started;
    this.#chat.resumeKey = started.value;
    await this.#store.setResumeKey(this.#chat.chatId, started.value);
    return started;
  }

  #endLease(lease: Lease<CodexClient>, failure: Failure | null): void {
    if (failure === null) lease.release();
    else lease.releaseAfter(causeOf(failure, lease.client, this.#timers), 'turn');
  }
}

function notReady(message: string): Failure {
  return localFailure('rejected', message, false);
}
