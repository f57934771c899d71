import { posix } from 'node:path';
import type { FileTree } from '../files.ts';
import type { Proc } from '../proc.ts';
import { UnmodelledError } from '../unmodelled.ts';
import type { Redirection, Word } from './shell-syntax.ts';

/** Files a shell can write to. */
export type ShellFiles = Pick<FileTree<never>, 'append' | 'truncate'>;

type Output = (text: string) => void;

/** Where a command's output goes, and whether it has input. */
export interface Streams {
  readonly out: Output;
  readonly err: Output;
  /** Input is at its end from the start (`< /dev/null`). */
  readonly noInput: boolean;
  readonly redirected: boolean;
}

/** Carries out redirections from left to right. Null when one failed and the shell has said so. */
export function openStreams(
  proc: Proc,
  files: ShellFiles,
  redirections: readonly Redirection[],
  expand: (word: Word) => string,
): Streams | null {
  let out: Output = (text) => proc.stdout(text);
  let err: Output = (text) => proc.stderr(text);
  let noInput = false;
  for (const { fd, mode, target } of redirections) {
    const name = expand(target);
    if (mode === 'copy') {
      if (name !== '1' && name !== '2') throw new UnmodelledError('sh', `redirection >&${name}`);
      const other = name === '1' ? out : err;
      if (fd === 1) out = other;
      else err = other;
      continue;
    }
    if (mode === 'read') {
      if (name !== '/dev/null') throw new UnmodelledError('sh', `reading ${name}`);
      noInput = true;
      continue;
    }
    const path = posix.resolve(proc.cwd, name);
    const failed = mode === 'write' ? files.truncate(path, proc.uid) : files.append(path, proc.uid, '');
    if (failed) {
      complain({ err }, `cannot create ${name}: ${REFUSED[failed] ?? failed}`, 2);
      return null;
    }
    const write: Output = (text) => void files.append(path, proc.uid, text);
    if (fd === 1) out = write;
    else err = write;
  }
  return { out, err, noInput, redirected: redirections.length > 0 };
}

const REFUSED: Readonly<Record<string, string>> = {
  ENOENT: 'Directory nonexistent',
  EACCES: 'Permission denied',
  EISDIR: 'Is a directory',
};

/** Writes a complaint as dash does and returns the status that goes with it. */
export function complain({ err }: Pick<Streams, 'err'>, words: string, status: number): number {
  err(`sh: 1: ${words}\n`);
  return status;
}
