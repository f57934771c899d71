import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { InputError, ioReason } from './errors.ts';

/** Where a command speaks. Results go to stdout, progress and complaints to stderr. */
export interface Io {
  /** A line (or several) of the result. */
  out(text: string): void;
  /** A line for whoever watches. */
  note(text: string): void;
  /** Redraws the last line of a terminal; does nothing when stderr is not a terminal. */
  draw(text: string): void;
  /** stderr is a terminal of this width, or null. */
  readonly width: number | null;
}

/** The two streams of this process. A reader that goes away (`reprise … | head`) is no error. */
export function processIo(): Io {
  const { stdout, stderr } = process;
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  const width = stderr.isTTY ? stderr.columns || 80 : null;
  let drawn = false;
  const clear = () => {
    if (drawn) stderr.write('\r\u001b[K');
    drawn = false;
  };
  return {
    width,
    out(text) {
      clear();
      stdout.write(`${text}\n`);
    },
    note(text) {
      clear();
      stderr.write(`${text}\n`);
    },
    draw(text) {
      if (width === null) return;
      clear();
      stderr.write(text.slice(0, width - 1));
      drawn = true;
    },
  };
}

/** The text of a file. Throws {@link InputError}. */
export function readText(path: string, whatItIs: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError(`${path}: cannot be read: ${ioReason(error)}; give the path of ${whatItIs}`);
  }
}

/** Writes a file, making its directory. Throws {@link InputError}. */
export function writeText(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    throw new InputError(`${path}: cannot be written: ${ioReason(error)}; choose another place`);
  }
}

/** A path as short as it can be said from here. */
export function shown(path: string): string {
  const short = relative(process.cwd(), resolve(path));
  return short === '' ? '.' : short.startsWith('..') || isAbsolute(short) ? resolve(path) : short;
}
