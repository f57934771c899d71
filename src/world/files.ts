import { dirname, resolve } from 'node:path/posix';

export type FileErrno =
  | 'ENOENT'
  | 'EEXIST'
  | 'EACCES'
  | 'EADDRINUSE'
  | 'ECONNREFUSED'
  | 'EISDIR'
  | 'ENOTDIR'
  | 'ENOTEMPTY'
  | 'ENAMETOOLONG'
  | 'ELOOP'
  | 'ENOSPC';

/** `strerror(3)` of the errnos that programs print. */
export const STRERROR: Readonly<Record<FileErrno, string>> = {
  ENOENT: 'No such file or directory',
  EEXIST: 'File exists',
  EACCES: 'Permission denied',
  EADDRINUSE: 'Address already in use',
  ECONNREFUSED: 'Connection refused',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  ENOTEMPTY: 'Directory not empty',
  ENAMETOOLONG: 'File name too long',
  ELOOP: 'Too many levels of symbolic links',
  ENOSPC: 'No space left on device',
};

/** `mode` holds the permission bits only. A socket whose `listener` is null is stale: connecting to it is refused. */
export type FileNode<L> =
  | { readonly kind: 'directory'; mode: number; readonly uid: number }
  | { readonly kind: 'file'; mode: number; readonly uid: number; content: string }
  | { readonly kind: 'link'; mode: number; readonly uid: number; readonly target: string }
  | { readonly kind: 'socket'; mode: number; readonly uid: number; listener: L | null };

/** A path with more symbolic links than this is ELOOP. */
const MAX_LINKS = 40;

/** `sun_path` of a Unix socket address holds this many bytes and a NUL. */
const MAX_SOCKET_PATH = 107;

/**
 * The part of the simulated file system that programs write to: directories with permissions, regular files, symbolic
 * links and Unix sockets. Paths are absolute and normalised; only `realPath` follows links. A directory that nobody
 * declared exists, and everyone may write there, unless `isMissing` says otherwise; inside a declared directory only what
 * was put there exists. Files, links and sockets exist only where they were put.
 */
export class FileTree<L> {
  readonly #nodes = new Map<string, FileNode<L>>();
  /** Counts what was put, written and removed. */
  changes = 0;
  readonly #isMissing: (path: string) => boolean;
  #links = 0;
  /** The disk is full: nothing can be written, names can still be changed and removed. */
  full = false;

  /** @param isMissing tells of undeclared directories that do not exist. */
  constructor(isMissing: (path: string) => boolean) {
    this.#isMissing = isMissing;
  }

  /** What was put at `path`, whoever may see it. For inspection. */
  get(path: string): FileNode<L> | undefined {
    return this.#nodes.get(path);
  }

  /** Puts `node` at `path` as it is, asking nobody (set-up and faults). */
  set(path: string, node: FileNode<L>): void {
    if (node.kind === 'link') this.#links++;
    this.#put(path, node);
  }

  /** The path without symbolic links. */
  realPath(path: string, uid: number): { readonly path: string } | FileErrno {
    let real = path;
    for (let followed = 0; this.#links > 0; followed++) {
      const next = this.#followFirst(real);
      if (next === null) break;
      if (followed === MAX_LINKS) return 'ELOOP';
      real = next;
    }
    const denied = this.#search(real, uid);
    if (denied) return denied;
    return this.#nodes.has(real) || this.isDirectory(real) ? { path: real } : 'ENOENT';
  }

  /** Removes what is at `path` and below, asking nobody (set-up and faults). */
  remove(path: string): void {
    for (const other of [...this.#nodes.keys()]) {
      if (other === path || other.startsWith(`${path}/`)) this.#drop(other);
    }
  }

  /** Nobody listens on any socket any more; their files stay. */
  dropListeners(): void {
    for (const node of this.#nodes.values()) if (node.kind === 'socket') node.listener = null;
  }

  /** Whether `path` is a directory, declared or not. */
  isDirectory(path: string): boolean {
    const node = this.#nodes.get(path);
    if (node) return node.kind === 'directory';
    if (this.#isMissing(path)) return false;
    const parent = dirname(path);
    if (parent === path) return true;
    return !this.#nodes.has(parent) && this.isDirectory(parent);
  }

  /** `connect(2)` on a Unix socket. Anything there that is no listening socket refuses. */
  connect(path: string, uid: number): L | FileErrno {
    if (Buffer.byteLength(path) > MAX_SOCKET_PATH) return 'ENAMETOOLONG';
    const denied = this.#search(path, uid);
    if (denied) return denied;
    const node = this.#nodes.get(path);
    if (!node) return 'ENOENT';
    if (uid !== 0 && !may(node, uid, 2)) return 'EACCES';
    return node.kind === 'socket' && node.listener ? node.listener : 'ECONNREFUSED';
  }

  /** `bind(2)` and `listen(2)`; the new socket has mode 0700. */
  bind(path: string, uid: number, listener: L): FileErrno | null {
    if (Buffer.byteLength(path) > MAX_SOCKET_PATH) return 'ENAMETOOLONG';
    const denied = this.#search(path, uid);
    if (denied) return denied;
    if (this.#nodes.has(path)) return 'EADDRINUSE';
    if (!this.mayCreateIn(dirname(path), uid)) return 'EACCES';
    this.#put(path, { kind: 'socket', mode: 0o700, uid, listener });
    return null;
  }

  unlink(path: string, uid: number): FileErrno | null {
    const denied = this.#search(path, uid);
    if (denied) return denied;
    const node = this.#nodes.get(path);
    if (!node) return 'ENOENT';
    if (node.kind === 'directory') return 'EISDIR';
    if (!this.mayCreateIn(dirname(path), uid)) return 'EACCES';
    this.#drop(path);
    return null;
  }

  mkdir(path: string, uid: number, mode: number): FileErrno | null {
    const denied = this.#search(path, uid);
    if (denied) return denied;
    if (this.#nodes.has(path)) return 'EEXIST';
    if (!this.mayCreateIn(dirname(path), uid)) return 'EACCES';
    this.#put(path, { kind: 'directory', mode, uid });
    return null;
  }

  /** Names in a directory, in the order of their code units. */
  list(path: string, uid: number): readonly string[] | FileErrno {
    const denied = this.#search(path, uid);
    if (denied) return denied;
    const node = this.#nodes.get(path);
    if (node && node.kind !== 'directory') return 'ENOTDIR';
    if (!this.isDirectory(path)) return 'ENOENT';
    if (node && !may(node, uid, 4)) return 'EACCES';
    return [...this.#nodes.keys()]
      .filter((each) => dirname(each) === path)
      .map((each) => each.slice(path.length + 1))
      .sort();
  }

  /** The text of a regular file. */
  read(path: string, uid: number): { readonly text: string } | FileErrno {
    const denied = this.#search(path, uid);
    if (denied) return denied;
    const node = this.#nodes.get(path);
    if (!node) return 'ENOENT';
    if (node.kind === 'directory') return 'EISDIR';
    if (!may(node, uid, 4)) return 'EACCES';
    return node.kind === 'file' ? { text: node.content } : 'ENOENT';
  }

  /** `link(2)`: a second name for a file; refused where there is something. */
  link(from: string, to: string, uid: number): FileErrno | null {
    const node = this.#nodes.get(from);
    const denied = this.#search(from, uid) ?? this.#search(to, uid);
    if (denied) return denied;
    if (!node) return 'ENOENT';
    if (this.#nodes.has(to)) return 'EEXIST';
    if (!this.mayCreateIn(dirname(to), uid)) return 'EACCES';
    this.#put(to, node);
    return null;
  }

  /** `rename(2)` of a file: takes the place of what is there. */
  rename(from: string, to: string, uid: number): FileErrno | null {
    const node = this.#nodes.get(from);
    const denied = this.#search(from, uid) ?? this.#search(to, uid);
    if (denied) return denied;
    if (!node) return 'ENOENT';
    if (!this.mayCreateIn(dirname(from), uid) || !this.mayCreateIn(dirname(to), uid)) return 'EACCES';
    this.#drop(from);
    this.#put(to, node);
    return null;
  }

  /** Makes a regular file empty, creating it with mode 0644 (`open(2)` with O_CREAT and O_TRUNC). */
  truncate(path: string, uid: number): FileErrno | null {
    const failed = this.append(path, uid, '');
    const node = this.#nodes.get(path);
    if (!failed && node?.kind === 'file') node.content = '';
    return failed;
  }

  /** Adds to a regular file, creating it with mode 0644. `/dev/null` swallows everything. */
  append(path: string, uid: number, text: string): FileErrno | null {
    if (path === '/dev/null') return null;
    const denied = this.#search(path, uid);
    if (denied) return denied;
    const node = this.#nodes.get(path);
    if (!node) {
      if (!this.mayCreateIn(dirname(path), uid)) return 'EACCES';
      // A full disk still takes the name; the text is lost.
      this.#put(path, { kind: 'file', mode: 0o644, uid, content: this.full ? '' : text });
      return this.full && text !== '' ? 'ENOSPC' : null;
    }
    if (node.kind === 'directory') return 'EISDIR';
    if (!may(node, uid, 2)) return 'EACCES';
    if (this.full && text !== '') return 'ENOSPC';
    if (node.kind === 'file') node.content += text;
    this.changes++;
    return null;
  }

  /** Whether `uid` may create and remove entries of the directory. */
  mayCreateIn(directory: string, uid: number): boolean {
    const node = this.#nodes.get(directory);
    return !node || uid === 0 || may(node, uid, 3);
  }

  #put(path: string, node: FileNode<L>): void {
    this.changes++;
    this.#nodes.set(path, node);
  }

  #drop(path: string): void {
    this.changes++;
    this.#nodes.delete(path);
  }

  /** The path with its first symbolic link replaced; null when there is none in it. */
  #followFirst(path: string): string | null {
    for (let end = path.indexOf('/', 1); ; end = path.indexOf('/', end + 1)) {
      const part = end < 0 ? path : path.slice(0, end);
      const node = this.#nodes.get(part);
      if (node?.kind === 'link') return resolve(dirname(part), node.target) + path.slice(part.length);
      if (end < 0) return null;
    }
  }

  /** Walks to the directory of `path`: null when it can be searched. */
  #search(path: string, uid: number): FileErrno | null {
    for (let end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1)) {
      const directory = path.slice(0, end);
      const node = this.#nodes.get(directory);
      if (node) {
        if (node.kind !== 'directory') return 'ENOTDIR';
        if (!may(node, uid, 1)) return 'EACCES';
      } else if (this.#isMissing(directory) || this.#nodes.has(dirname(directory))) return 'ENOENT';
    }
    return null;
  }
}

/** Permission bits `want` (4 read, 2 write, 1 search) of the owner or of everyone else; root may do everything. */
function may(node: { readonly mode: number; readonly uid: number }, uid: number, want: number): boolean {
  if (uid === 0) return true;
  const bits = node.uid === uid ? node.mode >> 6 : node.mode;
  return (bits & want) === want;
}
