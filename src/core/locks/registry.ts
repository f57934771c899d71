import { SerialQueue } from '../chats/serial-queue.ts';
import type { Ports, ProcessIdentity } from '../ports.ts';
import { sameProcess } from '../process-identity.ts';
import { TimerGroup } from '../timer-group.ts';
import type { ChatLock } from './chat-lock.ts';
import type { LocksConfig } from './config.ts';
import { whoHas } from './evidence.ts';
import { describeLock, type Lock, type LockKind, overlap } from './lock.ts';
import { type LockFile, LockFolder, type LockListing, type UnreadableLock } from './lock-folder.ts';

export interface LockRequest {
  /** As its user gave it; symbolic links are resolved. */
  readonly directory: string;
  readonly kind: LockKind;
  readonly by: string;
  /** Processes that have the lock from the beginning. */
  readonly holders: readonly ProcessIdentity[];
}

export type Acquired =
  | { readonly ok: true; readonly lock: Lock }
  /** `locked`: somebody else has it. `failed`: it could not be found out, or not be written down. */
  | { readonly ok: false; readonly code: 'locked' | 'failed'; readonly reason: string };

export interface LockRegistryOptions {
  readonly ports: Pick<Ports, 'clock' | 'ids' | 'files' | 'processes' | 'log'>;
  readonly config: LocksConfig;
  /** The locks of this daemon's chats: they know of processes that are being started or cannot be seen. */
  readonly chatLocks: () => readonly ChatLock[];
}

/** How often a lock is asked for again when others come and go meanwhile. */
const ATTEMPTS = 4;

/**
 * Locks on directories. A lock is a file, so that it outlives the daemon and excludes other daemons; it ends when its
 * processes are proven gone, never because something could not be read, and whatever is thought of chats meanwhile. Of
 * two daemons that lock a directory and one below it in the same instant both may be refused, never both succeed.
 */
export class LockRegistry {
  readonly #options: LockRegistryOptions;
  readonly #folder: LockFolder;
  readonly #timers: TimerGroup;
  /** One change at a time: what is read stays true until what is written, as far as this daemon is concerned. */
  readonly #queue: SerialQueue;
  #last: LockListing = { locks: [], unreadable: [] };
  /** The folder could be read when it was last tried: there are no other locks than the last known ones. */
  #readable = false;
  #sweeping = false;

  constructor(options: LockRegistryOptions) {
    const { ports, config } = options;
    this.#options = options;
    this.#folder = new LockFolder(ports.files, ports.processes, config.folder);
    this.#timers = new TimerGroup(ports.clock);
    this.#queue = new SerialQueue((error) => ports.log.event('lock.task-failed', { error: String(error) }));
  }

  stop(): void {
    this.#timers.stop();
  }

  /** Resolves when nothing is being read or written any more. */
  settled(): Promise<void> {
    return this.#queue.add(async () => {});
  }

  /** As they were last read or written. */
  get last(): LockListing {
    return this.#last;
  }

  /** All locks in the folder; the last known ones when it cannot be read. */
  list(): Promise<LockListing> {
    return this.#alone(async () => (await this.#read()) ?? this.#last);
  }

  /** Takes a lock, or adds to the holders of one that `by` has already. Locks that are proven over make way. */
  acquire(request: LockRequest): Promise<Acquired> {
    return this.#alone(async () => {
      const { files } = this.#options.ports;
      const real = await files.realPath(request.directory);
      if (!real.ok) return failed(`${request.directory}: ${real.message}`);
      let refusal: Acquired = failed(`${real.value}: its locks keep changing; try again`);
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const tried = await this.#try(request, real.value);
        if (tried !== 'again') {
          refusal = tried;
          break;
        }
      }
      if (!refusal.ok) this.#log('lock.refused', request.by, refusal.reason);
      return refusal;
    });
  }

  /** Exchanges the holders of the automatic lock that `by` has; null when there is none any more or it cannot be written. */
  hold(by: string, holders: (now: readonly ProcessIdentity[]) => readonly ProcessIdentity[]): Promise<Lock | null> {
    return this.#alone(async () => {
      const file = this.#last.locks.find(({ lock }) => lock.by === by && lock.kind === 'auto');
      if (!file) return null;
      return (await this.#hold(file, holders(file.lock.holders)))?.lock ?? null;
    });
  }

  /** Ends the manual lock on a directory. False when there is none, or it is another's and `by` is given. */
  async unlock(directory: string, by: string | null): Promise<boolean> {
    return this.#alone(async () => {
      // A directory that was removed can be unlocked by the name it had.
      const real = await this.#options.ports.files.realPath(directory);
      const path = real.ok ? real.value : directory;
      const listing = await this.#read();
      const file = listing?.locks.find(({ lock }) => lock.kind === 'manual' && lock.directory === path);
      if (!file || (by !== null && file.lock.by !== by)) return false;
      return this.#remove(file, 'unlocked');
    });
  }

  /** Looks at every automatic lock and ends those that are proven over. Goes on regularly while there are any. */
  async heal(): Promise<void> {
    // What could not be read before may say by now which processes a lock has to name.
    if (!this.#readable) await this.list();
    for (const lock of this.#options.chatLocks()) await lock.tend();
    return this.#alone(async () => {
      for (const file of (await this.#read())?.locks ?? []) await this.#healOne(file);
      this.#sweepLater();
    });
  }

  async #try(request: LockRequest, directory: string): Promise<Acquired | 'again'> {
    const { by, kind, holders } = request;
    const listing = await this.#read();
    if (!listing) return failed(`the locks in ${this.#options.config.folder} cannot be read`);
    for (const file of listing.locks.filter(({ lock }) => excludes(lock, directory, request))) {
      if (!(await this.#healOne(file))) return { ok: false, code: 'locked', reason: describeLock(file.lock) };
    }
    const torn = listing.unreadable.find((each) => each.directory === null || overlap(each.directory, directory));
    if (torn) return { ok: false, code: 'locked', reason: describeTorn(torn) };
    const own = this.#last.locks.find(
      ({ lock }) => lock.by === by && lock.kind === kind && lock.directory === directory,
    );
    if (own) {
      const held = await this.#hold(own, union(own.lock.holders, holders));
      return held ? { ok: true, lock: held.lock } : 'again';
    }
    const { ids, clock } = this.#options.ports;
    const lock: Lock = { id: ids.next('lock'), revision: 1, directory, kind, by, lockedAt: clock.now(), holders };
    const added = await this.#folder.add(lock);
    if (!added.ok)
      return added.errno === 'EEXIST' ? 'again' : failed(`${directory} cannot be locked: ${added.message}`);
    // Another daemon may have locked a directory above or below meanwhile.
    const after = await this.#read();
    const rival = after?.locks.find((file) => file.lock.id !== lock.id && excludes(file.lock, directory, request));
    if (after && !rival) {
      this.#log('lock.taken', by, directory);
      this.#sweepLater();
      return { ok: true, lock };
    }
    await this.#remove(added.value, 'withdrawn');
    if (!rival) return failed(`the locks in ${this.#options.config.folder} cannot be read`);
    return { ok: false, code: 'locked', reason: describeLock(rival.lock) };
  }

  /** Ends an automatic lock if that is due. False: it is still somebody's, or may be. */
  async #healOne(file: LockFile): Promise<boolean> {
    if (file.lock.kind === 'manual' || this.#mayReturn(file.lock)) return false;
    const found = await whoHas(file.lock, this.#options.ports.processes);
    if (found.verdict !== 'missing' || this.#mayReturn(file.lock)) return false;
    return this.#remove(file, found.evidence);
  }

  #mayReturn({ by }: Lock): boolean {
    return this.#options.chatLocks().some((lock) => lock.by === by && lock.mayReturn);
  }

  async #hold(file: LockFile, holders: readonly ProcessIdentity[]): Promise<LockFile | null> {
    if (sameHolders(file.lock.holders, holders)) return file;
    const changed = await this.#folder.change(file, holders);
    if (!changed.ok) {
      this.#log('lock.not-written', file.lock.by, changed.message);
      return null;
    }
    if (changed.value === null) {
      // Somebody removed or changed it behind our back.
      await this.#read();
      return null;
    }
    const { value } = changed;
    this.#last = { ...this.#last, locks: this.#last.locks.map((each) => (each === file ? value : each)) };
    return value;
  }

  async #remove(file: LockFile, why: string): Promise<boolean> {
    const removed = await this.#folder.remove(file);
    const done = removed.ok && removed.value;
    this.#log(done ? 'lock.ended' : 'lock.not-ended', file.lock.by, removed.ok ? why : removed.message);
    if (done) this.#last = { ...this.#last, locks: this.#last.locks.filter(({ path }) => path !== file.path) };
    return done;
  }

  async #read(): Promise<LockListing | null> {
    const listing = await this.#folder.all();
    this.#readable = listing.ok;
    if (listing.ok) {
      this.#last = listing.value;
      return listing.value;
    }
    this.#log('lock.unreadable', '', listing.message);
    this.#sweepLater();
    return null;
  }

  #sweepLater(): void {
    const { locks, unreadable } = this.#last;
    // What cannot be read now may be an automatic one, and readable later.
    const worthALook = !this.#readable || unreadable.length > 0 || locks.some(({ lock }) => lock.kind === 'auto');
    if (this.#sweeping || this.#timers.stopped || !worthALook) return;
    this.#sweeping = true;
    this.#timers.after(this.#options.config.sweepMs, 'sweep locks', () => {
      this.#sweeping = false;
      void this.heal();
    });
  }

  #log(type: string, by: string, detail: string): void {
    this.#options.ports.log.event(type, { by, detail });
  }

  async #alone<Value>(task: () => Promise<Value>): Promise<Value> {
    let result: Value | undefined;
    let done = false;
    await this.#queue.add(async () => {
      result = await task();
      done = true;
    });
    if (!done) throw new Error('a change of locks failed; the log says why');
    return result as Value;
  }
}

/** Whether this lock keeps `by` from a lock of `kind` on `directory`. */
function excludes(lock: Lock, directory: string, { kind, by }: LockRequest): boolean {
  if (!overlap(lock.directory, directory)) return false;
  // A person may lock what is in use: it goes on, and nobody else begins.
  if (kind === 'manual') return lock.kind === 'manual' && lock.by !== by;
  return lock.kind === 'manual' || lock.by !== by;
}

function union(some: readonly ProcessIdentity[], more: readonly ProcessIdentity[]): readonly ProcessIdentity[] {
  return [...some, ...more.filter((each) => !some.some((one) => sameProcess(one, each)))];
}

function sameHolders(some: readonly ProcessIdentity[], others: readonly ProcessIdentity[]): boolean {
  return some.length === others.length && some.every((each, index) => sameProcess(each, others[index]!));
}

function describeTorn({ path, directory, reason }: UnreadableLock): string {
  return `${directory ?? 'a directory'} may be locked: ${path} cannot be used (${reason}); remove it if nobody works there`;
}

function failed(reason: string): Acquired {
  return { ok: false, code: 'failed', reason };
}
