import { posix } from 'node:path';
import type { Signal } from '../../core/ports.ts';
import type { Machine } from '../machine.ts';
import type { Proc, Program } from '../proc.ts';
import { UnmodelledError } from '../unmodelled.ts';
import { execInto } from './exec.ts';
import { complain, openStreams, type ShellFiles, type Streams } from './shell-streams.ts';
import { parseShell, type SimpleCommand, type Word } from './shell-syntax.ts';
import { echo, printf } from './shell-text.ts';

export interface ShellWorld {
  readonly machine: Machine;
  readonly files: ShellFiles;
  /** Command names that are known not to exist; any other name that is not on PATH is an error of the run. */
  readonly absent: ReadonlySet<string>;
}

const KILLED: Readonly<Partial<Record<Signal, string>>> = {
  SIGKILL: 'Killed',
  SIGTERM: 'Terminated',
  SIGHUP: 'Hangup',
};
const SIGNAL_NUMBERS: Readonly<Record<string, Signal>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  9: 'SIGKILL',
  10: 'SIGUSR1',
  15: 'SIGTERM',
};
const NUMBERS: Readonly<Partial<Record<Signal, number>>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGTERM: 15,
};

/**
 * `sh -c STRING`, and a login shell that reads commands from its terminal; enough of dash for what panes run. Whatever
 * it does not know throws an {@link UnmodelledError} that names it.
 */
export function shellProgram(world: ShellWorld): Program {
  return (proc) => {
    const shell = new Shell(world, proc);
    if (proc.argv[1] === '-c' && proc.argv.length >= 3)
      shell.run(parseShell(proc.argv[2]!), (status) => proc.exit(status));
    else if (proc.argv.length === 1) shell.interact();
    else throw new UnmodelledError('sh', `started as ${proc.argv.join(' ')}`);
  };
}

class Shell {
  readonly #world: ShellWorld;
  readonly #proc: Proc;
  readonly #variables: Map<string, string>;
  readonly #exported: Set<string>;
  readonly #ignored = new Set<Signal>();
  /** `$0`, `$1` and so on. */
  #arguments: readonly string[];
  #status = 0;
  /** The command that runs in the foreground: it gets the shell's input. */
  #child: Proc | null = null;
  #onLine: ((line: string) => void) | null = null;
  #inputEnded = false;

  constructor(world: ShellWorld, proc: Proc) {
    this.#world = world;
    this.#proc = proc;
    this.#arguments = proc.argv[1] === '-c' && proc.argv.length > 3 ? proc.argv.slice(3) : proc.argv.slice(0, 1);
    this.#variables = new Map(Object.entries(proc.env));
    this.#exported = new Set(this.#variables.keys());
    proc.onStdin = (chunk) => (this.#child ? this.#child.feed(chunk) : this.#onLine?.(chunk));
    proc.onStdinEnd = () => {
      this.#inputEnded = true;
      if (this.#child) this.#child.feedEnd();
      else if (this.#onLine) proc.exit(this.#status);
    };
    proc.onSignal = (signal) => this.#ignored.has(signal) || (this.#onLine !== null && signal === 'SIGINT');
  }

  /** Runs commands one after the other; `done` gets the last one's status, unless the shell is gone by then. */
  run(commands: readonly SimpleCommand[], done: (status: number) => void): void {
    const next = (index: number) => {
      if (!this.#proc.alive) return;
      const command = commands[index];
      if (!command) return done(this.#status);
      const skip =
        (command.when === 'success' && this.#status !== 0) || (command.when === 'failure' && this.#status === 0);
      if (skip) return next(index + 1);
      this.#simple(command, (status) => {
        this.#status = command.negated ? (status === 0 ? 1 : 0) : status;
        next(index + 1);
      });
    };
    next(0);
  }

  /** Prompts for commands until the terminal is gone. */
  interact(): void {
    const prompt = () => {
      if (this.#inputEnded) this.#proc.exit(this.#status);
      else this.#proc.stderr(this.#proc.uid === 0 ? '# ' : '$ ');
    };
    this.#onLine = (line) => this.run(parseShell(line.trimEnd()), prompt);
    prompt();
  }

  #simple(command: SimpleCommand, done: (status: number) => void): void {
    const words = command.words.flatMap((word) => this.#expand(word));
    const streams = openStreams(this.#proc, this.#world.files, command.redirections, (word) =>
      this.#expand(word).join(' '),
    );
    if (!streams) return done(2);
    const assignments = command.assignments.map(({ name, value }) => [name, this.#expand(value).join(' ')] as const);
    const [name, ...args] = words;
    if (name === undefined) {
      for (const [variable, value] of assignments) this.#variables.set(variable, value);
      return done(0);
    }
    const status = this.#builtin(name, args, streams);
    if (status === 'gone') return;
    if (status !== null) return done(status);
    this.#external(words, new Map(assignments), streams, done);
  }

  /** Null when `name` is no builtin, `gone` when the shell ended or became another program. */
  #builtin(name: string, args: readonly string[], streams: Streams): number | null | 'gone' {
    switch (name) {
      case 'echo':
        streams.out(echo(args));
        return 0;
      case 'printf':
        if (args.length === 0) return complain(streams, 'printf: usage: printf format [arg ...]', 2);
        streams.out(printf(args[0]!, args.slice(1)));
        return 0;
      case ':':
      case 'true':
        return 0;
      case 'false':
        return 1;
      case 'exit':
        return this.#exit(args, streams);
      case 'exec':
        return this.#exec(args, streams);
      case 'kill':
        return this.#kill(args, streams);
      case 'cd':
        return this.#cd(args, streams);
      case 'pwd':
        streams.out(`${this.#proc.cwd}\n`);
        return 0;
      case 'export':
        return this.#export(args);
      case 'trap':
        return this.#trap(args);
      case 'shift':
        if (this.#arguments.length < 2) throw new UnmodelledError('sh', 'shift without arguments');
        this.#arguments = [this.#arguments[0]!, ...this.#arguments.slice(2)];
        return 0;
      default:
        return null;
    }
  }

  #exit(args: readonly string[], streams: Streams): 'gone' {
    const given = args[0];
    if (given !== undefined && !/^\d+$/.test(given)) {
      complain(streams, `exit: Illegal number: ${given}`, 2);
      this.#proc.exit(2);
    } else this.#proc.exit(given === undefined ? this.#status : Number(given) & 255);
    return 'gone';
  }

  #exec(args: readonly string[], streams: Streams): number | 'gone' {
    if (args.length === 0) throw new UnmodelledError('sh', 'exec without a command');
    if (streams.redirected) throw new UnmodelledError('sh', 'exec with redirections');
    const found = this.#lookUp(args[0]!);
    if (typeof found === 'function') {
      const { onSignal } = this.#proc;
      execInto(this.#world.machine, this.#proc, args, found);
      // Ignored signals stay ignored across execve(2).
      if (this.#ignored.size > 0 && this.#proc.onSignal === null) this.#proc.onSignal = onSignal;
      return 'gone';
    }
    complain(streams, `exec: ${args[0]}: ${found === 126 ? 'Permission denied' : 'not found'}`, found);
    this.#proc.exit(found);
    return 'gone';
  }

  #kill(args: readonly string[], streams: Streams): number | 'gone' {
    const flag = args.length === 2 ? args[0]!.replace(/^-(SIG)?/, '') : 'TERM';
    const pid = args.at(-1) ?? '';
    const signal = flag === '0' ? 0 : (SIGNAL_NUMBERS[flag] ?? (`SIG${flag}` as Signal));
    if (!/^-?\d+$/.test(pid) || args.length > 2 || (signal !== 0 && !(signal in NUMBERS))) {
      throw new UnmodelledError('sh', `kill ${args.join(' ')}`);
    }
    const result = this.#world.machine.kill(this.#proc.uid, Number(pid), signal);
    if (!this.#proc.alive) return 'gone';
    if (result === 'ok') return 0;
    const words = result === 'ESRCH' ? 'No such process' : 'Operation not permitted';
    return complain(streams, `kill: ${words}\n`, 1);
  }

  #cd(args: readonly string[], streams: Streams): number {
    const to = posix.resolve(this.#proc.cwd, args[0] ?? this.#variables.get('HOME') ?? '/');
    if (this.#world.machine.missingDirectories.has(to)) return complain(streams, `cd: can't cd to ${args[0]}`, 2);
    this.#proc.cwd = to;
    this.#variables.set('PWD', to);
    return 0;
  }

  #export(args: readonly string[]): number {
    for (const each of args) {
      const [name, ...value] = each.split('=');
      this.#exported.add(name!);
      if (each.includes('=')) this.#variables.set(name!, value.join('='));
    }
    return 0;
  }

  #trap(args: readonly string[]): number {
    const [action, ...names] = args;
    for (const name of names) {
      const signal = SIGNAL_NUMBERS[name] ?? (`SIG${name.replace(/^SIG/, '')}` as Signal);
      if ((action !== '' && action !== '-') || !(signal in NUMBERS))
        throw new UnmodelledError('sh', `trap ${args.join(' ')}`);
      if (action === '') this.#ignored.add(signal);
      else this.#ignored.delete(signal);
    }
    return 0;
  }

  #external(
    words: readonly string[],
    extra: ReadonlyMap<string, string>,
    streams: Streams,
    done: (status: number) => void,
  ): void {
    const { machine } = this.#world;
    const name = words[0]!;
    const program = this.#lookUp(name);
    if (typeof program === 'number') {
      const why = program === 126 ? 'Permission denied' : 'not found';
      return done(complain(streams, `${name}: ${why}`, program));
    }
    const env: Record<string, string> = {};
    for (const [variable, value] of this.#variables) if (this.#exported.has(variable)) env[variable] = value;
    for (const [variable, value] of extra) env[variable] = value;
    const ended = (code: number | null, signal: Signal | null) => {
      // The parent learns of it when it runs next: by then its child is a zombie.
      this.#proc.after(0, () => {
        machine.reap(child);
        if (this.#child === child) this.#child = null;
        if (signal && KILLED[signal]) streams.err(`${KILLED[signal]}\n`);
        done(signal ? 128 + (NUMBERS[signal] ?? 0) : code!);
      });
    };
    const child = machine.start({
      argv: words,
      program: (proc) => {
        this.#child = proc;
        program(proc);
        if (streams.noInput || this.#inputEnded) proc.feedEnd();
      },
      parent: this.#proc,
      newGroup: false,
      uid: this.#proc.uid,
      cwd: this.#proc.cwd,
      env,
      sink: { stdout: streams.out, stderr: streams.err, exited: ended },
    });
  }

  /** A program, or the exit status of a command that cannot be executed. */
  #lookUp(name: string): Program | 126 | 127 {
    const found = this.#world.machine.lookUp(name, this.#proc.cwd);
    if (found.kind === 'found') return found.program;
    if (found.errno === 'EACCES') return 126;
    if (!name.includes('/') && !this.#world.absent.has(name)) throw new UnmodelledError('sh', `command ${name}`);
    return 127;
  }

  #expand(word: Word): string[] {
    const fields: string[] = [];
    let field: string | null = null;
    for (const { kind, value, quoted } of word) {
      if (kind === 'variable' && value === '@') {
        if (!quoted || word.some((piece) => piece.value !== '@' && piece.value !== '')) {
          throw new UnmodelledError('sh', '$@ other than as "$@"');
        }
        return [...this.#arguments.slice(1)];
      }
      const text = kind === 'text' ? value : this.#value(value);
      if (kind === 'text' || quoted) {
        field = (field ?? '') + text;
        continue;
      }
      const parts = text.split(/[ \t\n]+/);
      for (const [index, part] of parts.entries()) {
        if (index > 0 && field !== null) {
          fields.push(field);
          field = null;
        }
        if (part !== '') field = (field ?? '') + part;
      }
    }
    if (field !== null) fields.push(field);
    return fields;
  }

  #value(name: string): string {
    if (name === '?') return String(this.#status);
    if (name === '#') return String(this.#arguments.length - 1);
    if (/^\d$/.test(name)) return this.#arguments[Number(name)] ?? '';
    return name === '$' ? String(this.#proc.pid) : (this.#variables.get(name) ?? '');
  }
}
