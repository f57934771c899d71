import type { Machine } from '../machine.ts';
import type { Proc, Program } from '../proc.ts';
import { UnmodelledError } from '../unmodelled.ts';

/** Whether the Bash tool asks before it runs a command in permission mode `default` (facts 3.4). */
export interface CommandNature {
  readonly asks: boolean;
  /** What the question names as the path that is in the way. */
  readonly writes: string | null;
  /** An empty output is what the CLI expects of it. */
  readonly silent: boolean;
}

type Simple =
  | { readonly do: 'echo'; readonly text: string }
  | { readonly do: 'sleep'; readonly ms: number }
  | { readonly do: 'ls' }
  | { readonly do: 'cat' | 'touch'; readonly file: string };

/** Splits a command line into the simple commands that the fake shell can run. Throws {@link UnmodelledError} for others. */
function parse(command: string): Simple[] {
  const list = command.split(';').map((part): Simple => {
    const [name = '', ...args] = part.trim().split(/\s+/);
    const [first] = args;
    if (/["'$`|&<>*?\\]/.test(part)) throw new UnmodelledError('claude', `shell command ${JSON.stringify(command)}`);
    if (name === 'echo') return { do: 'echo', text: args.join(' ') };
    if (name === 'sleep' && args.length === 1 && Number.isFinite(Number(first))) {
      return { do: 'sleep', ms: Math.round(Number(first) * 1000) };
    }
    if (name === 'ls' && args.length === 0) return { do: 'ls' };
    if ((name === 'cat' || name === 'touch') && first !== undefined && args.length === 1)
      return { do: name, file: first };
    throw new UnmodelledError('claude', `shell command ${JSON.stringify(command)}`);
  });
  // The CLI refuses a command that only sleeps.
  if (list[0]?.do === 'sleep') throw new UnmodelledError('claude', `shell command ${JSON.stringify(command)}`);
  return list;
}

export function natureOf(command: string, cwd: string): CommandNature {
  const list = parse(command);
  const touched = list.find((item): item is Extract<Simple, { file: string }> => item.do === 'touch');
  if (!touched) return { asks: false, writes: null, silent: false };
  if (list.length > 1) throw new UnmodelledError('claude', `permission for ${JSON.stringify(command)}`);
  return { asks: true, writes: resolve(cwd, touched.file), silent: true };
}

/**
 * `bash -c command` as the Bash tool starts it: leader of a session of its own, `sleep` as a child of it (measured), so
 * that a signal to claude's group does not reach either. `files` are the paths that exist.
 */
export function bashProgram(machine: Machine, command: string, files: Set<string>): Program {
  const list = parse(command);
  return (proc) => run(machine, proc, list, files, 0);
}

const STEP_MS = 2;

function run(machine: Machine, proc: Proc, list: readonly Simple[], files: Set<string>, status: number): void {
  const [step, ...rest] = list;
  const next = (code: number) => proc.after(STEP_MS, () => run(machine, proc, rest, files, code));
  if (!step) {
    proc.exit(status);
  } else if (step.do === 'sleep') {
    const sleeper = machine.start({
      argv: ['sleep', String(step.ms / 1000)],
      program: (child) => child.after(step.ms, () => child.exit(0)),
      parent: proc,
      newGroup: false,
      uid: proc.uid,
      cwd: proc.cwd,
      env: proc.env,
      sink: {
        stdout: () => {},
        stderr: () => {},
        exited: (code) => {
          machine.reap(sleeper);
          next(code ?? 137);
        },
      },
    });
  } else {
    next(builtin(proc, step, files));
  }
}

/** Runs a command that takes no time; gives its exit status. */
function builtin(proc: Proc, step: Exclude<Simple, { do: 'sleep' }>, files: Set<string>): number {
  if (step.do === 'echo') {
    proc.stdout(`${step.text}\n`);
  } else if (step.do === 'ls') {
    const inside = [...files].filter((file) => file.slice(0, file.lastIndexOf('/')) === proc.cwd);
    const names = inside.map((file) => file.slice(proc.cwd.length + 1)).sort();
    proc.stdout(names.map((name) => `${name}\n`).join(''));
  } else if (step.do === 'touch') {
    files.add(resolve(proc.cwd, step.file));
  } else if (files.has(resolve(proc.cwd, step.file))) {
    throw new UnmodelledError('claude', `the content of ${step.file}`);
  } else {
    proc.stderr(`cat: ${step.file}: No such file or directory\n`);
    return 1;
  }
  return 0;
}

function resolve(cwd: string, file: string): string {
  return file.startsWith('/') ? file : `${cwd}/${file}`;
}
