import { LOCK_MARK, type ProcessIdentity } from '../core/index.ts';
import type { Machine } from '../world/machine.ts';
import type { Proc } from '../world/proc.ts';
import { type Directory, overlapping, PATHS, REAL_PATHS, worksUnder } from './directories.ts';
import { type ChatSetup, chatName, type Scenario } from './scenario.ts';

/** A lock as its file has it, read without the core. */
export interface SeenLock {
  readonly path: string;
  readonly id: string;
  readonly directory: string;
  readonly kind: 'auto' | 'manual';
  readonly by: string;
  readonly holders: readonly ProcessIdentity[];
  /** Processes that have had it so far. */
  readonly procs: ReadonlySet<Proc>;
}

/** An exclusive chat: its directory, as it is called and as it is. */
export interface ExclusiveChat {
  readonly chatId: string;
  readonly by: string;
  readonly directory: string;
}

/** The lock files as they really are, and who really has them. */
export class LocksTruth {
  readonly folder: string;
  readonly exclusive: readonly ExclusiveChat[];
  /** Whether anything in this scenario is about locks. */
  readonly concerned: boolean;
  /** Texts of files that a fault has torn, by path: what is there now, and what was. */
  readonly torn = new Map<string, { readonly now: string; readonly before: string }>();
  /** Locks that ended since the last call of `takeEnded`, with the time of their end. */
  readonly #ended: SeenLock[] = [];
  /** Locks that there were, with the virtual time of their end. */
  readonly #past: { readonly lock: SeenLock; readonly until: number }[] = [];
  /** When something last kept the daemon from using locks. */
  #troubleAt = Number.NEGATIVE_INFINITY;
  readonly #machine: Machine;
  #changes = -1;
  #locks = new Map<string, SeenLock>();

  constructor(machine: Machine, scenario: Scenario, folder: string, owner: string) {
    this.#machine = machine;
    this.folder = folder;
    this.exclusive = scenario.chats.flatMap((chat, index) => {
      if (!isExclusive(chat)) return [];
      const chatId = chatName(scenario, index);
      return [{ chatId, by: `${owner} chat ${chatId}`, directory: REAL_PATHS[chat.exclusive] }];
    });
    this.concerned = this.exclusive.length > 0 || scenario.steps.some((step) => step.do === 'lock');
    if (this.concerned) {
      machine.files.set(PATHS.link, { kind: 'link', mode: 0o777, uid: 1000, target: REAL_PATHS.link });
    }
  }

  /** By path. */
  get locks(): ReadonlyMap<string, SeenLock> {
    this.#refresh();
    return this.#locks;
  }

  /** Goes up with every change of a file. */
  get changes(): number {
    return this.#machine.files.changes;
  }

  lockOf(by: string): SeenLock | undefined {
    return [...this.locks.values()].find((lock) => lock.by === by && lock.kind === 'auto');
  }

  /** Locks that ended since the last call. */
  takeEnded(): readonly SeenLock[] {
    this.#refresh();
    return this.#ended.length === 0 ? [] : this.#ended.splice(0);
  }

  /** What kept the daemon from using locks is over. */
  troubleOver(): void {
    this.#troubleAt = this.#machine.kernel.now;
  }

  /** A directory that was deleted is there again, and empty. */
  makeAgain(path: string): void {
    this.#machine.missingDirectories.delete(path);
    this.troubleOver();
  }

  /** Something keeps the daemon from locking this directory. */
  #isTroubled(directory: string): boolean {
    const { files, missingDirectories } = this.#machine;
    if (this.torn.size > 0 || files.full || files.get(this.folder)?.mode === 0) return true;
    return [...missingDirectories].some((missing) => worksUnder(directory, missing));
  }

  /** A live process that works under the lock: one that had it, or a descendant; null when there is none. */
  workerUnder({ directory, procs }: SeenLock, isDaemon: (proc: Proc) => boolean): Proc | null {
    for (const proc of this.#machine.processes.values()) {
      if (!proc.alive || !worksUnder(proc.cwd, directory)) continue;
      // Without the mark, which a terminal of the user's own has not got, one that has left its family cannot be told.
      let inFamily = true;
      for (let at: Proc | null = proc; at && !isDaemon(at); at = at.starter) {
        if (procs.has(at) && (inFamily || LOCK_MARK in at.env)) return proc;
        inFamily &&= at.parent === at.starter || at.sid === at.starter?.sid;
      }
    }
    return null;
  }

  /** Could the daemon have refused this chat its directory for a good reason at any time since `since`? */
  refusalIsTrue(chatId: string, since: number): boolean {
    const chat = this.exclusive.find((each) => each.chatId === chatId);
    if (!chat) return false;
    if (this.#troubleAt >= since || this.#isTroubled(chat.directory)) return true;
    const others = [
      ...this.locks.values(),
      ...this.#past.filter(({ until }) => until >= since).map(({ lock }) => lock),
    ];
    return others.some((lock) => lock.by !== chat.by && overlapping(lock.directory, chat.directory));
  }

  #refresh(): void {
    const { files, kernel } = this.#machine;
    if (!this.concerned || files.changes === this.#changes) return;
    this.#changes = files.changes;
    const names = files.list(this.folder, 0);
    const before = this.#locks;
    this.#locks = new Map();
    for (const name of typeof names === 'string' ? [] : names) {
      const path = `${this.folder}/${name}`;
      const file = name.endsWith('.json') ? files.read(path, 0) : 'ENOENT';
      if (typeof file === 'string') continue;
      const known = before.get(path);
      const lock = this.#parse(path, file.text, known);
      // A torn file still is the lock that it was.
      if (lock ?? known) this.#locks.set(path, (lock ?? known)!);
    }
    for (const lock of before.values()) {
      if (this.#locks.get(lock.path)?.id === lock.id) continue;
      this.#ended.push(lock);
      this.#past.push({ lock, until: kernel.now });
    }
  }

  #parse(path: string, text: string, known: SeenLock | undefined): SeenLock | null {
    let read: SeenLock;
    try {
      read = JSON.parse(text) as SeenLock;
    } catch {
      return null;
    }
    const procs = new Set(known?.id === read.id ? known.procs : []);
    for (const { pid, startTicks, bootId } of read.holders) {
      const proc = this.#machine.processes.get(pid);
      if (proc?.startTicks === startTicks && proc.bootId === bootId) procs.add(proc);
    }
    return { ...read, path, procs };
  }
}

export function isExclusive(chat: ChatSetup): chat is ChatSetup & { readonly exclusive: Directory } {
  return chat.exclusive !== undefined && chat.exclusive !== 'no';
}

/** The path of a chat's working directory, as it is called. */
export function cwdOf(chat: ChatSetup): string {
  return PATHS[isExclusive(chat) ? chat.exclusive : 'workspace'];
}
