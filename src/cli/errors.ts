/** The command line was wrong. Exit code 2; the message says what to type instead. */
export class UsageError extends Error {
  /** The command it was meant for, when that is known. */
  readonly command: string | null;

  constructor(message: string, command: string | null = null) {
    super(message);
    this.name = 'UsageError';
    this.command = command;
  }
}

/** A file or directory cannot be used. Exit code 2; the message names file and line, what was expected, what to do. */
export class InputError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InputError';
  }
}

/** Why a file could not be read or written, for people. */
export function ioReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file or directory';
    case 'EACCES':
    case 'EPERM':
      return 'no permission';
    case 'EISDIR':
      return 'it is a directory';
    case 'ENOTDIR':
      return 'a part of the path is not a directory';
    case 'ENOSPC':
      return 'no space is left on the disk';
    default:
      return message;
  }
}
