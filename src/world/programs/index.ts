import type { Machine } from '../machine.ts';
import type { Program } from '../proc.ts';
import { cat, sleep } from './basic.ts';
import { shellProgram } from './shell.ts';
import type { ShellFiles } from './shell-streams.ts';

const exitWith =
  (code: number): Program =>
  (proc) =>
    proc.exit(code);

/** The small programs of the simulated machine. */
export interface Programs {
  /**
   * Names of which a shell says `not found` (127). Any other bare name that is not on PATH is an error of the run: the
   * real machine might well have it.
   */
  readonly absent: Set<string>;
}

/** Puts `sh`, `cat`, `sleep`, `true` and `false` on the machine, where nothing of that name lies yet. */
export function installPrograms(machine: Machine, files: ShellFiles): Programs {
  const absent = new Set<string>();
  const sh = shellProgram({ machine, files, absent });
  const programs: Readonly<Record<string, Program>> = { sh, cat, sleep, true: exitWith(0), false: exitWith(1) };
  for (const [name, program] of Object.entries(programs)) {
    for (const path of [name, `/bin/${name}`, `/usr/bin/${name}`]) {
      if (!machine.executables.has(path)) machine.executables.set(path, { kind: 'program', program });
    }
  }
  return { absent };
}
