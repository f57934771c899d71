import type { SpawnErrno } from '../core/ports.ts';

/**
 * Errors of `execve` and `fork` by the port's names. The rare ones are put with their kin: no such program, not allowed
 * to run it, or out of some resource. The message of the error keeps the real name.
 */
const ERRNO: Readonly<Record<string, SpawnErrno>> = {
  ENOENT: 'ENOENT',
  ENOTDIR: 'ENOENT',
  ELOOP: 'ENOENT',
  ENAMETOOLONG: 'ENOENT',
  EACCES: 'EACCES',
  EPERM: 'EACCES',
  EISDIR: 'EACCES',
  ETXTBSY: 'EACCES',
  EAGAIN: 'EAGAIN',
  EMFILE: 'EMFILE',
  ENFILE: 'EMFILE',
  ENOMEM: 'ENOMEM',
  E2BIG: 'E2BIG',
};

/** A failed start as a value. Errors that do not come from the system (a NUL in an argument) count as EACCES. */
export function notStarted(error: unknown): { kind: 'not-started'; errno: SpawnErrno; message: string } {
  const { code, message } = error as NodeJS.ErrnoException;
  return { kind: 'not-started', errno: ERRNO[code ?? ''] ?? 'EACCES', message };
}
