import type { Ports } from '../ports.ts';
import { ChatLock, type LockedChat } from './chat-lock.ts';
import type { LocksConfig } from './config.ts';
import type { Lock } from './lock.ts';
import type { LockListing } from './lock-folder.ts';
import { LockRegistry } from './registry.ts';

/** A lock as its users see it; `unreadable` ones are left to people. */
export type LockView =
  | ({ readonly state: 'held' } & Lock)
  | {
      readonly state: 'unreadable';
      readonly path: string;
      readonly directory: string | null;
      readonly reason: string;
    };

export type LockResult =
  | { readonly ok: true; readonly lock: Lock }
  | { readonly ok: false; readonly code: 'directory-locked' | 'lock-failed'; readonly reason: string };

/** The locks of a daemon: those of its exclusive chats, and those that people take through it. */
export class DirectoryLocks {
  readonly #registry: LockRegistry;
  readonly #ports: Pick<Ports, 'processes'>;
  readonly #owner: string;
  readonly #chatLocks: ChatLock[] = [];

  constructor(ports: Pick<Ports, 'clock' | 'ids' | 'files' | 'processes' | 'log'>, config: LocksConfig, owner: string) {
    this.#ports = ports;
    this.#owner = owner;
    this.#registry = new LockRegistry({ ports, config, chatLocks: () => this.#chatLocks });
  }

  /** The lock of an exclusive chat, not taken yet. */
  ofChat(chat: LockedChat): ChatLock {
    const lock = new ChatLock(chat, this.#owner, this.#registry, this.#ports.processes);
    this.#chatLocks.push(lock);
    return lock;
  }

  /** After the chats are loaded: takes over the locks that earlier daemons held for them. */
  async load(): Promise<void> {
    await this.#registry.list();
    for (const lock of this.#chatLocks) await lock.takeOver();
  }

  /** Ends every lock that is proven over, and goes on to do so regularly while there are any. */
  heal(): Promise<void> {
    return this.#registry.heal();
  }

  /** Takes a manual lock: from now on no exclusive chat begins to work there. `by` is shown to others. */
  async lock(directory: string, by: string): Promise<LockResult> {
    const acquired = await this.#registry.acquire({ directory, kind: 'manual', by, holders: [] });
    if (acquired.ok) return acquired;
    return {
      ok: false,
      code: acquired.code === 'locked' ? 'directory-locked' : 'lock-failed',
      reason: acquired.reason,
    };
  }

  /** Ends a manual lock; with `by`, only if it is that one's. False when there is none. */
  unlock(directory: string, by: string | null): Promise<boolean> {
    return this.#registry.unlock(directory, by);
  }

  async list(): Promise<readonly LockView[]> {
    return views(await this.#registry.list());
  }

  /** As far as this daemon has seen. */
  get last(): readonly LockView[] {
    return views(this.#registry.last);
  }

  /** Looks for the last time; resolves when nothing is being read or written. */
  async stop(): Promise<void> {
    this.#registry.stop();
    if (this.#chatLocks.length > 0) await this.#registry.heal();
    await this.#registry.settled();
  }
}

function views({ locks, unreadable }: LockListing): LockView[] {
  return [
    ...locks.map(({ lock }) => ({ state: 'held' as const, ...lock })),
    ...unreadable.map((file) => ({ state: 'unreadable' as const, ...file })),
  ];
}
