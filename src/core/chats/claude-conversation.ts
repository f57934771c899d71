import type { AgentRegistry } from '../agents.ts';
import type { DaemonConfig } from '../config.ts';
import type { Ports } from '../ports.ts';
import type { AbortNotice } from '../providers/abort.ts';
import { ClaudeClient, isUnknownSession } from '../providers/claude/index.ts';
import { localFailure } from '../providers/failure.ts';
import type { Failure, Outcome, Turn, TurnSink } from '../providers/types.ts';
import type { Store } from '../store/store.ts';
import type { Chat } from './chat.ts';
import type { Conversation } from './conversation.ts';

/** A chat with a claude process of its own, started on demand and resumed by session id. */
export class ClaudeConversation implements Conversation {
  readonly #chat: Chat;
  readonly #ports: Ports;
  readonly #config: DaemonConfig;
  readonly #store: Store;
  readonly #agents: AgentRegistry;
  #client: ClaudeClient | null = null;
  #starts = 0;
  #closing = false;

  constructor(chat: Chat, ports: Ports, config: DaemonConfig, store: Store, agents: AgentRegistry) {
    this.#chat = chat;
    this.#ports = ports;
    this.#config = config;
    this.#store = store;
    this.#agents = agents;
  }

  async startTurn(text: string, sink: TurnSink, abort: AbortNotice): Promise<Outcome<Turn>> {
    const client = await this.#liveClient();
    if (!client.ok) return client;
    if (abort.aborted) return { ok: false, failure: aborted() };
    const turn = await client.value.startTurn(text, sink);
    await this.#rememberSession(client.value);
    return turn;
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#client?.close();
  }

  async #liveClient(): Promise<Outcome<ClaudeClient>> {
    if (this.#client?.usable) return { ok: true, value: this.#client };
    // Two processes on one session lose turns: the one that is on its way out has to be gone (facts/claude-wire.md 0.15).
    await this.#client?.close();
    if (this.#closing) return { ok: false, failure: aborted() };
    let started = await this.#start(this.#chat.resumeKey);
    // A session that was never written has nothing to go on with: begin a new one.
    if (!started.ok && isUnknownSession(started.failure)) started = await this.#start(null);
    if (!started.ok) return started;
    const client = started.value;
    this.#client = client;
    if (!this.#closing) return started;
    // The chat was closed while its client started.
    await client.close();
    return { ok: false, failure: aborted() };
  }

  #start(resume: string | null): Promise<Outcome<ClaudeClient>> {
    const { initializeTimeoutMs, requestTimeoutMs, turnSilentMs } = this.#config.timers;
    const lane = `claude ${this.#chat.chatId}#${++this.#starts}`;
    return this.#agents.start(lane, (onSpawned) =>
      ClaudeClient.start(this.#ports, {
        command: { ...this.#config.claude, cwd: this.#chat.cwd, env: this.#environment() },
        lane,
        onSpawned: async (identity) => {
          await onSpawned(identity);
          await this.#chat.lock?.bind(identity);
        },
        ...(resume === null ? {} : { resume }),
        timeouts: { initializeMs: initializeTimeoutMs, acceptMs: requestTimeoutMs, queuedMs: turnSilentMs },
      }),
    );
  }

  #environment(): Readonly<Record<string, string>> {
    return { ...this.#config.claude.env, ...this.#chat.lock?.environment };
  }

  async #rememberSession(client: ClaudeClient): Promise<void> {
    const { sessionId } = client;
    if (sessionId === null || sessionId === this.#chat.resumeKey) return;
    this.#chat.resumeKey = sessionId;
    await this.#store.setResumeKey(this.#chat.chatId, sessionId);
  }
}

function aborted(): Failure {
  return localFailure('aborted', 'the chat was closed', false);
}
