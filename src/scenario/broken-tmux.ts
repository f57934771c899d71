import type { Executable } from '../world/machine.ts';
import type { Proc, Program } from '../world/proc.ts';

/** Ways in which the tmux command does not work, simplest first; rows of facts/sessions-and-locks.md D. */
export const BROKEN_TMUX = {
  /** D7 */
  ENOENT: 'is missing from PATH (ENOENT)',
  /** D8 */
  EACCES: 'is not executable (EACCES)',
  /** D7, through a shell */
  '127': 'is a shell wrapper that cannot find it (exit code 127)',
  /** D9, H4: an interrupted upgrade */
  empty: 'is an empty file: it exits 0 and says nothing',
  /** D9 */
  corrupt: 'is corrupt: a shell tries to read it (exit code 127)',
  /** D38 */
  EMFILE: 'cannot connect (Too many open files)',
  /** D48 */
  protocol: 'has another version than its server (protocol version mismatch)',
  /** D48 */
  lost: 'loses its server in the middle of every command',
  /** D2 */
  hangs: 'hangs, and dies of SIGTERM',
  /** D3 */
  'hangs, exits 1': 'hangs, and exits 1 on SIGTERM',
} as const;

export type BrokenTmux = keyof typeof BROKEN_TMUX;

/** What runs instead of `tool`; null when nothing lies there any more. */
export function brokenTmux(how: BrokenTmux, tool = 'tmux'): Executable | null {
  switch (how) {
    case 'ENOENT':
      return null;
    case 'EACCES':
      return { kind: 'not-executable' };
    case '127':
      return says(127, '/usr/bin/tmux: 2: exec: tmux-real: not found\n');
    case 'empty':
      return says(0, '');
    case 'corrupt':
      return says(127, `/usr/bin/${tool}: 1: \u007fELF: not found\n`);
    case 'EMFILE':
      return says(1, 'error connecting to /tmp/tmux-1000/reprise (Too many open files)\n');
    case 'protocol':
      return says(1, 'protocol version mismatch (client 8, server 9)\n');
    case 'lost':
      return says(1, 'lost server\n');
    case 'hangs':
      return { kind: 'program', program: () => {} };
    case 'hangs, exits 1':
      return { kind: 'program', program: hangsThenExits1 };
  }
}

function says(code: number, stderr: string): Executable {
  const program: Program = (proc) => {
    proc.after(2, () => {
      proc.stderr(stderr);
      proc.exit(code);
    });
  };
  return { kind: 'program', program };
}

function hangsThenExits1(proc: Proc): void {
  proc.onSignal = (signal) => {
    if (signal === 'SIGTERM') proc.exit(1);
    return signal === 'SIGTERM';
  };
}
