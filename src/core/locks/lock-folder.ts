import type { FileResult, Files, Processes } from '../ports.ts';
import { isGone, sameProcess } from '../process-identity.ts';
import { directoryOf, isIdentity, type Lock, lockFileName, parseRecord, readLock, writeLock } from './lock.ts';

/** A lock file that was read and understood. */
export interface LockFile {
  readonly lock: Lock;
  readonly path: string;
}

/** A lock file of which nothing is known but its name. It is left as it is: only people may remove it. */
export interface UnreadableLock {
  readonly path: string;
  /** What its name says; null when it does not. */
  readonly directory: string | null;
  readonly reason: string;
}

export interface LockListing {
  readonly locks: readonly LockFile[];
  readonly unreadable: readonly UnreadableLock[];
}

/** More daemons than this do not die one after another in the middle of one change. */
const MAX_CLAIMS = 8;

/**
 * Locks as files, one for each directory and kind, so that daemons which share the folder exclude each other. A new lock
 * is an exclusive create. To change or remove one, a daemon first claims that very revision of it, by an exclusive create
 * too: so nobody removes a lock that another has taken in the same instant. The claim of a daemon that died is void.
 */
export class LockFolder {
  readonly #files: Files;
  readonly #processes: Pick<Processes, 'self' | 'inspect'>;
  readonly #folder: string;

  constructor(files: Files, processes: Pick<Processes, 'self' | 'inspect'>, folder: string) {
    this.#files = files;
    this.#processes = processes;
    this.#folder = folder;
  }

  async all(): Promise<FileResult<LockListing>> {
    const names = await this.#files.list(this.#folder);
    if (!names.ok && names.errno === 'ENOENT') return { ok: true, value: { locks: [], unreadable: [] } };
    if (!names.ok) return names;
    const locks: LockFile[] = [];
    const unreadable: UnreadableLock[] = [];
    for (const name of names.value) {
      if (!name.endsWith('.json')) continue;
      const path = `${this.#folder}/${name}`;
      const text = await this.#files.read(path);
      const lock = text.ok ? readLock(text.value) : null;
      if (lock) locks.push({ lock, path });
      else if (text.ok || text.errno !== 'ENOENT') {
        const reason = text.ok ? 'it is torn or of another format' : text.message;
        unreadable.push({ path, directory: directoryOf(name), reason });
      }
    }
    return { ok: true, value: { locks, unreadable } };
  }

  /** EEXIST when there is a lock of this kind on this very directory. */
  async add(lock: Lock): Promise<FileResult<LockFile>> {
    const made = await this.#files.makeFolder(this.#folder);
    if (!made.ok) return made;
    const path = `${this.#folder}/${lockFileName(lock.directory, lock.kind)}`;
    const created = await this.#files.create(path, writeLock(lock));
    return created.ok ? { ok: true, value: { lock, path } } : created;
  }

  /** Writes other holders into the lock; null when somebody else has changed or removed it, or is about to. */
  async change({ lock, path }: LockFile, holders: Lock['holders']): Promise<FileResult<LockFile | null>> {
    const changed: Lock = { ...lock, revision: lock.revision + 1, holders };
    const done = await this.#claimed({ lock, path }, () => this.#files.replace(path, writeLock(changed)));
    if (!done.ok) return done;
    return { ok: true, value: done.value ? { lock: changed, path } : null };
  }

  /** False when it is not there any more as it was, or when somebody else is about to change it. */
  remove(file: LockFile): Promise<FileResult<boolean>> {
    return this.#claimed(file, () => this.#files.remove(file.path));
  }

  /** Makes a change to this revision of a lock while nobody else can. */
  async #claimed(file: LockFile, change: () => Promise<FileResult<null>>): Promise<FileResult<boolean>> {
    const claims = await this.#claim(file);
    if (!claims.ok || claims.value === null) return claims.ok ? { ok: true, value: false } : claims;
    const now = await this.#files.read(file.path);
    const asItWas = now.ok && now.value === writeLock(file.lock);
    const changed: FileResult<boolean> = asItWas ? mapped(await change()) : { ok: true, value: false };
    for (const claim of claims.value) await this.#files.remove(claim);
    return changed;
  }

  /** Names of our claim and of the void ones before it, the latest first; null when somebody else's may be valid. */
  async #claim({ path, lock }: LockFile): Promise<FileResult<readonly string[] | null>> {
    const { self, inspect } = this.#processes;
    const claims: string[] = [];
    for (let number = 1; number <= MAX_CLAIMS; number++) {
      const claim = `${path}.${lock.id}-${lock.revision}.claim-${number}`;
      claims.unshift(claim);
      const created = await this.#files.create(claim, `${JSON.stringify(self)}\n`);
      if (created.ok) return { ok: true, value: claims };
      if (created.errno !== 'EEXIST') return created;
      const text = await this.#files.read(claim);
      const claimant = text.ok ? parseRecord(text.value) : null;
      if (!isIdentity(claimant)) break;
      // One of our own is left over, too: we change one lock at a time. It could not be removed.
      if (!sameProcess(claimant, self) && !isGone(claimant, await inspect(claimant.pid))) break;
    }
    return { ok: true, value: null };
  }
}

function mapped(result: FileResult<null>): FileResult<boolean> {
  return result.ok ? { ok: true, value: true } : result;
}
