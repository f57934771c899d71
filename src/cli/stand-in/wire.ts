import { closeSync } from 'node:fs';
import { TOLD } from '../../host/signals.ts';
import { LineSplitter } from '../../transcript/lines.ts';

/** What a stand-in hears of its client. */
export interface Listener {
  line(text: string): void;
  eof(): void;
  signal(name: NodeJS.Signals): void;
  /** The client reads no more. */
  stdoutBroken(errno: string): void;
}

/** How a stand-in speaks to its client. */
export interface Wire {
  listen(listener: Listener): void;
  stdout(bytes: Uint8Array): void;
  stderr(bytes: Uint8Array | string): void;
  closeStdin(): void;
  closeStdout(): void;
  /** Ends the process; does not return. */
  end(how: { readonly code: number } | { readonly signal: NodeJS.Signals }): never;
}

/** Longest line that a client may write (bytes). */
const MAX_LINE = 256 * 1024 * 1024;

/** The pipes and signals of this process. */
export function processWire(): Wire {
  const lines = new LineSplitter(MAX_LINE);
  let stdoutOpen = true;
  return {
    listen(listener) {
      const take = (line: ReturnType<LineSplitter['end']>): void => {
        if (line === null) return;
        listener.line(line.kind === 'line' ? line.bytes.toString('utf8') : `(a line of ${line.length} bytes)`);
      };
      process.stdin.on('data', (chunk: Buffer) => {
        for (const line of lines.push(chunk)) take(line);
      });
      process.stdin.on('end', () => {
        take(lines.end());
        listener.eof();
      });
      process.stdin.on('error', () => {});
      process.stdout.on('error', (error: NodeJS.ErrnoException) => {
        if (stdoutOpen) listener.stdoutBroken(error.code ?? error.message);
        stdoutOpen = false;
      });
      process.stderr.on('error', () => {});
      for (const signal of TOLD) process.on(signal, () => listener.signal(signal));
    },
    stdout(bytes) {
      if (stdoutOpen) process.stdout.write(bytes);
    },
    stderr(bytes) {
      process.stderr.write(bytes);
    },
    closeStdin() {
      process.stdin.removeAllListeners('end');
      // Node itself leaves the first three descriptors open.
      process.stdin.on('close', () => closeSync(0));
      process.stdin.destroy();
    },
    closeStdout() {
      stdoutOpen = false;
      closeSync(1);
    },
    end(how) {
      if ('code' in how) process.exit(how.code);
      process.removeAllListeners(how.signal);
      process.kill(process.pid, how.signal);
      // The signal is on its way; nothing may happen until it is here.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);
      process.exit(128);
    },
  };
}
