import { runCli } from '../../src/cli/cli.ts';
import type { Io } from '../../src/cli/io.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process, with streams that only collect. */
export async function cli(...args: readonly string[]): Promise<Said> {
  const out: string[] = [];
  const err: string[] = [];
  const io: Io = {
    width: null,
    out: (text) => void out.push(text),
    note: (text) => void err.push(text),
    draw: () => {},
  };
  const code = await runCli(args, io);
  return { code, out: out.join('\n'), err: err.join('\n') };
}
