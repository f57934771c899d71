import type { Processes, ProcessIdentity } from '../ports.ts';
import { isGone, sameProcess } from '../process-identity.ts';
import { descendantsIn, LOCK_MARK } from './evidence.ts';
import type { LockRegistry } from './registry.ts';

/** What a chat's lock must know of it. */
export interface LockedChat {
  readonly chatId: string;
  readonly cwd: string;
  readonly status: 'open' | 'closing' | 'closed' | 'ended';
  /** See `TerminalKnowledge`. */
  terminal: 'unmade' | 'present' | 'absent' | 'unknown';
  readonly session: { readonly seen: { readonly pane: ProcessIdentity | null } };
}

/**
 * The lock of one exclusive chat on its working directory. The daemon's own process has it while one of the chat's may
 * come to exist, so that a crash in between leaves a lock that the next daemon can judge; then those processes have it.
 */
export class ChatLock {
  /** Who has it, as written in the lock. */
  readonly by: string;
  readonly #chat: LockedChat;
  readonly #registry: LockRegistry;
  readonly #processes: Processes;
  /** How many tasks may start a process now. */
  #entered = 0;
  #id: string | null = null;
  /** Processes that work for the chat, its terminal's apart. */
  #bound: readonly ProcessIdentity[] = [];

  constructor(chat: LockedChat, owner: string, registry: LockRegistry, processes: Processes) {
    this.by = `${owner} chat ${chat.chatId}`;
    this.#chat = chat;
    this.#registry = registry;
    this.#processes = processes;
  }

  /** Before a process may come to exist. Says why none may, for people, or null; then `leave` must follow. */
  async enter(): Promise<string | null> {
    this.#entered++;
    const { by } = this;
    const holders = [this.#processes.self];
    const acquired = await this.#registry.acquire({ directory: this.#chat.cwd, kind: 'auto', by, holders });
    if (acquired.ok) {
      this.#id = acquired.lock.id;
      return null;
    }
    this.#entered--;
    return acquired.reason;
  }

  /** This process works for the chat: it has the lock from now on. */
  async bind(identity: ProcessIdentity): Promise<void> {
    this.#bound = withProcess(this.#bound, identity);
    await this.#registry.hold(this.by, (now) => withProcess(now, identity));
  }

  /** A process that others use too does nothing for this chat any more; what it has started in the directory may go on. */
  async unbind(identity: ProcessIdentity): Promise<void> {
    this.#bound = without(this.#bound, identity);
    const table = await this.#processes.table(LOCK_MARK);
    // Not known is not gone: it has the lock until it ends.
    if (table.kind === 'unknown') return;
    await this.#registry.hold(this.by, (now) => {
      const left = descendantsIn(this.#chat.cwd, [identity], table.processes);
      return left.reduce(withProcess, without(now, identity));
    });
  }

  /** Nothing is being started any more. What exists keeps the lock; without any it ends. */
  async leave(): Promise<void> {
    this.#entered--;
    if (!this.#isReserved()) await this.#registry.heal();
  }

  /** After a restart: an earlier daemon that had the lock may have been starting something, a terminal for one. */
  async takeOver(): Promise<void> {
    const held = await this.#registry.hold(this.by, (now) => withProcess(now, this.#processes.self));
    this.#id = held?.id ?? null;
    if (held && this.#chat.terminal === 'unmade') this.#chat.terminal = 'unknown';
  }

  /** Writes down what is known of the chat's processes by now. */
  async tend(): Promise<void> {
    const { terminal, session } = this.#chat;
    // Again, because the lock could not be read or written when they were bound.
    for (const identity of this.#bound) {
      if (isGone(identity, await this.#processes.inspect(identity.pid))) this.#bound = without(this.#bound, identity);
    }
    await this.#registry.hold(this.by, (now) => {
      const bound = this.#bound.reduce(withProcess, now);
      const holders = terminal === 'present' && session.seen.pane ? withProcess(bound, session.seen.pane) : bound;
      return this.#isReserved() ? holders : without(holders, this.#processes.self);
    });
  }

  /** The lock is needed although no process is known to have it: the chat has one, or may have one. */
  get mayReturn(): boolean {
    return this.#isReserved() || (this.#isInUse() && this.#chat.terminal === 'present');
  }

  /** For processes that work for this chat: their descendants are known by it, whatever becomes of them. */
  get environment(): Readonly<Record<string, string>> {
    return this.#id === null ? {} : { [LOCK_MARK]: this.#id };
  }

  #isReserved(): boolean {
    return this.#entered > 0 || (this.#isInUse() && this.#chat.terminal === 'unknown');
  }

  #isInUse(): boolean {
    return this.#chat.status === 'open' || this.#chat.status === 'closing';
  }
}

/** Runs what may start processes of a chat, under its lock if it has one. Says why it may not, for people, or null. */
export async function whileLocked(lock: ChatLock | null, task: () => Promise<unknown>): Promise<string | null> {
  const refused = (await lock?.enter()) ?? null;
  if (refused !== null) return refused;
  try {
    await task();
  } finally {
    await lock?.leave();
  }
  return null;
}

function withProcess(some: readonly ProcessIdentity[], one: ProcessIdentity): readonly ProcessIdentity[] {
  return some.some((each) => sameProcess(each, one)) ? some : [...some, one];
}

function without(some: readonly ProcessIdentity[], one: ProcessIdentity): readonly ProcessIdentity[] {
  return some.filter((each) => !sameProcess(each, one));
}
