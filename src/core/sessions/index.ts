import type { Chat } from '../chats/chat.ts';
import type { Delivery } from '../chats/delivery.ts';
import type { DaemonConfig } from '../config.ts';
import type { Ports } from '../ports.ts';
import type { Store } from '../store/store.ts';
import { TerminalAccess } from './access.ts';
import type { BackendKind, TerminalBackend } from './backend.ts';
import { HerdrBackend } from './backends/herdr.ts';
import { TmuxBackend } from './backends/tmux.ts';
import { ZellijBackend } from './backends/zellij.ts';
import { DEFAULT_SESSIONS, type SessionsConfig } from './config.ts';
import { newSession, type TerminalWish } from './opening.ts';
import { Restorer } from './restore.ts';
import { type SessionRow, SessionStore } from './session-store.ts';
import { Terminals } from './terminals.ts';
import { ToolGate } from './tool-gate.ts';
import { Workers } from './workers.ts';

/** The terminals of all chats: their backends, what is durable of them, and who looks after them. */
export class Sessions {
  readonly store: SessionStore;
  readonly terminals: Terminals;
  readonly access: TerminalAccess;
  readonly #ports: Ports;
  readonly #config: DaemonConfig;
  readonly #sessions: SessionsConfig;
  readonly #gates: ToolGate[] = [];
  readonly #backends: ReadonlyMap<BackendKind, TerminalBackend>;
  #restorer: Restorer | null = null;

  constructor(ports: Ports, config: DaemonConfig) {
    this.#ports = ports;
    this.#config = config;
    this.#sessions = { ...DEFAULT_SESSIONS, ...config.sessions };
    this.#backends = this.#makeBackends();
    const { clock, ids, processes, log } = ports;
    const { timers, owner, worker } = config;
    this.store = new SessionStore(ports.database);
    this.terminals = new Terminals({
      ...{ clock, ids, processes, log, timers, owner, worker },
      backends: this.#backends,
      store: this.store,
      sessions: this.#sessions,
      onMade: (chat) => this.#restorer?.lookSoon(chat),
      onLost: (chat) => this.#tellOfLoss(chat),
    });
    const { terminals, store } = this;
    this.access = new TerminalAccess({ terminals, store, clock, log, sessions: this.#sessions, owner });
  }

  /** Made once messages can be delivered: it answers those that an earlier daemon did not. */
  restorer(store: Store, delivery: Delivery, onEnded: (chat: Chat) => void): Restorer {
    const { clock, log, frontend } = this.#ports;
    const { timers, owner } = this.#config;
    const { terminals } = this;
    const sessions = this.#sessions;
    const workers = new Workers({ terminals, clock, log, frontend, sessions });
    this.#restorer = new Restorer({
      ...{ store, terminals, delivery, frontend, clock, log, timers, sessions, workers, owner, onEnded },
    });
    return this.#restorer;
  }

  /** The session of a new chat, or why it cannot have the terminal it wishes for. */
  readonly newSession = (wish: TerminalWish): Promise<SessionRow | string> => {
    const { ids, processes } = this.#ports;
    const { owner, defaultBackend = 'tmux' } = this.#config;
    return newSession(wish, { backends: this.#backends, ids, processes, owner, defaultBackend });
  };

  /** Gives up all waiting; nothing is ended. */
  stop(): void {
    for (const gate of this.#gates) gate.stop();
    this.terminals.stop();
    this.access.stop();
    this.#restorer?.stop();
  }

  #makeBackends(): ReadonlyMap<BackendKind, TerminalBackend> {
    const { processes, clock } = this.#ports;
    const { tmux, zellij, herdr, owner, timers } = this.#config;
    const { probeTimeoutMs, changeTimeoutMs } = timers;
    const common = { owner, probeTimeoutMs, changeTimeoutMs };
    const backends: TerminalBackend[] = [new TmuxBackend({ exec: this.#gate(), processes }, { ...tmux, ...common })];
    if (zellij) backends.push(new ZellijBackend({ exec: this.#gate(), processes }, { ...zellij, ...common }));
    if (herdr) backends.push(new HerdrBackend({ exec: this.#gate(), processes, clock }, { ...herdr, ...common }));
    return new Map(backends.map((backend) => [backend.kind, backend]));
  }

  #gate(): ToolGate {
    const gate = new ToolGate(this.#ports.exec, this.#ports.clock);
    this.#gates.push(gate);
    return gate;
  }

  #tellOfLoss({ chatId }: Chat): void {
    const text = 'The terminal that this chat worked beside is gone; it gets one of its own when it needs one.';
    this.#ports.frontend.publish({ type: 'notice', chatId, code: 'adopted-terminal-gone', text });
  }
}
