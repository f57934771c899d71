import type { Program } from '../proc.ts';

/** `cat` without files: copies its input until that ends. */
export const cat: Program = (proc) => {
  proc.onStdin = (chunk) => proc.stdout(chunk);
  proc.onStdinEnd = () => proc.exit(0);
};

/** `sleep SECONDS`. */
export const sleep: Program = (proc) => {
  const seconds = Number(proc.argv[1]);
  if (proc.argv.length !== 2 || !Number.isFinite(seconds) || seconds < 0) {
    proc.stderr(`sleep: invalid time interval '${proc.argv[1] ?? ''}'\n`);
    proc.exit(1);
    return;
  }
  proc.after(Math.round(seconds * 1_000), () => proc.exit(0));
};
