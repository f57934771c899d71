import type { FileResult, Files } from '../ports.ts';
import { directoryOf, type Lock, lockFileName, readLock, writeLock } from './lock.ts';

/** A lock file that was read and understood. */
export interface LockFile {
  readonly lock: Lock;
  readonly path: string;
  readonly text: string;
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

/** Locks as files, one for each directory and kind, so that daemons which share the folder exclude each other. */
export class LockFolder {
  readonly #files: Files;
  readonly #folder: string;

  constructor(files: Files, folder: string) {
    this.#files = files;
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
      if (text.ok && lock) locks.push({ lock, path, text: text.value });
      else if (text.ok)
        unreadable.push({ path, directory: directoryOf(name), reason: 'it is torn or of another format' });
      else if (text.errno !== 'ENOENT') unreadable.push({ path, directory: directoryOf(name), reason: text.message });
    }
    return { ok: true, value: { locks, unreadable } };
  }

  /** EEXIST when there is a lock of this kind on this very directory. */
  async add(lock: Lock): Promise<FileResult<LockFile>> {
    const made = await this.#files.makeFolder(this.#folder);
    if (!made.ok) return made;
    const path = `${this.#folder}/${lockFileName(lock.directory, lock.kind)}`;
    const text = writeLock(lock);
    const created = await this.#files.create(path, text);
    return created.ok ? { ok: true, value: { lock, path, text } } : created;
  }

  /** Writes the lock anew; null when somebody else has changed or removed it. */
  async change(file: LockFile, lock: Lock): Promise<FileResult<LockFile | null>> {
    const text = writeLock(lock);
    const replaced = await this.#files.replace(file.path, file.text, text);
    if (!replaced.ok) return replaced;
    return { ok: true, value: replaced.value ? { lock, path: file.path, text } : null };
  }

  /** False when it is not there any more as it was. */
  remove(file: LockFile): Promise<FileResult<boolean>> {
    return this.#files.remove(file.path, file.text);
  }
}
