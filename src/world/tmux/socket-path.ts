import { posix } from 'node:path';
import { type FileTree, STRERROR } from '../files.ts';
import type { Proc } from '../proc.ts';

/** Bits of the socket directory's mode that other users must not have. */
const UNSAFE = 0o007;

export type SocketPath = { readonly path: string } | { readonly error: string };

/**
 * Where a client looks for its server: `-S`, else `$TMUX` unless `-L` is given, else
 * `$TMUX_TMPDIR/tmux-UID/LABEL`, whose directory is created if need be (facts tmux.md 7).
 */
export function socketPath<L>(
  proc: Proc,
  files: FileTree<L>,
  flags: { readonly path: string | null; readonly label: string | null },
): SocketPath {
  if (flags.path !== null) return { path: flags.path };
  const { TMUX: inherited, TMUX_TMPDIR: tmpdir } = proc.env;
  if (flags.label === null && inherited && !inherited.startsWith(',')) {
    const comma = inherited.indexOf(',');
    return { path: comma < 0 ? inherited : inherited.slice(0, comma) };
  }
  const base = `${temporaryDirectory(tmpdir, proc.cwd, files)}/tmux-${proc.uid}`;
  const node = files.get(base);
  if (!node) {
    const failed = files.mkdir(base, proc.uid, 0o700);
    if (failed) return { error: `couldn't create directory ${base} (${STRERROR[failed]})` };
  } else if (node.kind !== 'directory') {
    return { error: `${base} is not a directory` };
  } else if (node.uid !== proc.uid || (node.mode & UNSAFE) !== 0) {
    return { error: `directory ${base} has unsafe permissions` };
  }
  return { path: `${base}/${flags.label ?? 'default'}` };
}

/** A missing or empty TMUX_TMPDIR silently means /tmp. */
function temporaryDirectory<L>(tmpdir: string | undefined, cwd: string, files: FileTree<L>): string {
  if (!tmpdir) return '/tmp';
  const path = posix.resolve(cwd, tmpdir);
  return files.isDirectory(path) ? path : '/tmp';
}
