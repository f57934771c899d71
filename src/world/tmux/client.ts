import { Lane } from '../../kernel/kernel.ts';
import { STRERROR } from '../files.ts';
import type { Proc, Program } from '../proc.ts';
import { sanitizeUtf8 } from './cell-width.ts';
import { type GlobalArgs, parseGlobalArgs } from './global-args.ts';
import { type ParsedCommand, type ParsedSequence, parseSequence } from './parse.ts';
import { socketPath } from './socket-path.ts';
import type { TmuxWorld } from './world.ts';

/** Latencies of one client command: to start and connect, and for the answer to come back. Virtual ms. */
const START_MS = 1;
const ANSWER_MS = 1;

/** A message to the server holds 16,384 bytes, of which the argument vector may use this many. */
const MAX_COMMAND_BYTES = 16_380;

/** Commands that start a server where there is none. */
const STARTERS = new Set(['new-session', 'attach-session', 'start-server']);

type RunArgs = Extract<GlobalArgs, { kind: 'run' }>;

/** How a server sees a client. */
export class TmuxClient {
  readonly proc: Proc;
  /** Command words as typed. */
  readonly words: readonly string[];
  readonly sequence: ParsedSequence;
  /** It may be sent text that is not ASCII. */
  readonly utf8: boolean;
  /** Groups of commands still to run, the next one last. An error ends its group, not the ones below. */
  readonly pending: ParsedCommand[][];
  /** Exit status so far. */
  status = 0;
  /** The answer was sent, or the connection is gone: the server does not work for it any more. */
  finished = false;
  /** Called when the connection succeeds after having waited for a place in the server's backlog. */
  onAccepted: (() => void) | null = null;
  readonly #lane = new Lane();
  #out = '';
  #err = '';

  constructor(proc: Proc, words: readonly string[], sequence: ParsedSequence, utf8: boolean) {
    this.proc = proc;
    this.words = words;
    this.sequence = sequence;
    this.utf8 = utf8;
    this.pending = sequence.kind === 'ok' ? [[...sequence.commands]] : [];
  }

  /** The server prints a line. */
  print(line: string): void {
    this.#out += `${this.utf8 ? line : sanitizeUtf8(line)}\n`;
  }

  /** The server prints bytes as they are. */
  printRaw(text: string): void {
    this.#out += text;
  }

  /** The server complains; the client will exit 1. */
  complain(line: string): void {
    this.#err += `${this.utf8 ? line : sanitizeUtf8(line)}\n`;
    this.status = 1;
  }

  /** Sends what was printed so far. */
  flush(): void {
    const out = this.#out;
    const err = this.#err;
    if (out === '' && err === '') return;
    this.#out = '';
    this.#err = '';
    this.proc.after(ANSWER_MS, () => this.#emit(out, err), this.#lane);
  }

  /** Sends what was printed, and the client exits. */
  finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.proc.after(ANSWER_MS, () => this.#exit(), this.#lane);
  }

  /** The server closed the connection without an answer. */
  lost(): void {
    if (this.finished) return;
    this.status = 1;
    this.#err += 'server exited unexpectedly\n';
    this.finish();
  }

  #exit(): void {
    this.#emit(this.#out, this.#err);
    this.proc.exit(this.status);
  }

  #emit(out: string, err: string): void {
    if (out !== '') this.proc.stdout(out);
    if (err !== '') this.proc.stderr(err);
  }
}

/** The `tmux` executable: parses its argv, finds or starts its server, asks it, prints the answer and exits. */
export function tmuxProgram(world: TmuxWorld): Program {
  return (proc) => {
    const args = parseGlobalArgs(proc.argv);
    if (args.kind === 'print') proc.after(START_MS, () => die(proc, args.code, args.stdout, args.stderr));
    else {
      const words = args.words.length > 0 ? args.words : ['new-session'];
      const sequence = parseSequence(words);
      proc.after(START_MS, () => connect(world, proc, args, words, sequence));
    }
  };
}

function connect(
  world: TmuxWorld,
  proc: Proc,
  args: RunArgs,
  words: readonly string[],
  sequence: ParsedSequence,
): void {
  // From here on it traps SIGTERM and SIGHUP and exits 0, and ignores SIGINT and SIGUSR1 (measured).
  proc.onSignal = (signal) => {
    if (signal === 'SIGTERM' || signal === 'SIGHUP') proc.exit(0);
    return true;
  };
  const located = socketPath(proc, world.files, args);
  if ('error' in located) return die(proc, 1, '', `${located.error}\n`);
  const { path } = located;
  let listener = world.files.connect(path, proc.uid);
  if ((listener === 'ENOENT' || listener === 'ECONNREFUSED') && mayStart(args, sequence)) {
    listener = startServer(world, proc, path, args.config);
  }
  if (listener === 'ECONNREFUSED') return die(proc, 1, '', `no server running on ${path}\n`);
  if (typeof listener === 'string') {
    return die(proc, 1, '', `error connecting to ${path} (${STRERROR[listener]})\n`);
  }
  if (byteLength(words) > MAX_COMMAND_BYTES) return die(proc, 1, '', 'command too long\n');
  const client = new TmuxClient(proc, words, sequence, args.utf8 || speaksUtf8(proc.env));
  if (!listener.connect(client)) blockUntilAccepted(client);
}

/**
 * The client blocks in connect(2), where a signal only interrupts it to connect again. Once it is accepted it sends its
 * request, and then exits if it was told to (measured on the 130th client of a stopped server).
 */
function blockUntilAccepted(client: TmuxClient): void {
  const { proc } = client;
  const trap = proc.onSignal;
  let told = false;
  proc.onSignal = (signal) => {
    told ||= signal === 'SIGTERM' || signal === 'SIGHUP';
    return true;
  };
  client.onAccepted = () => {
    proc.onSignal = trap;
    if (told) proc.exit(0);
  };
}

function die(proc: Proc, code: number, out: string, err: string): void {
  if (out !== '') proc.stdout(out);
  if (err !== '') proc.stderr(err);
  proc.exit(code);
}

function mayStart({ noStart }: RunArgs, sequence: ParsedSequence): boolean {
  return !noStart && sequence.kind === 'ok' && sequence.commands.some(({ syntax }) => STARTERS.has(syntax.name));
}

/** Starts a server in place of whatever lies at `path`; a directory or a forbidden one cannot be replaced. */
function startServer(world: TmuxWorld, proc: Proc, path: string, config: string | null) {
  const lockable = world.files.mayCreateIn(path.slice(0, path.lastIndexOf('/')) || '/', proc.uid);
  if (lockable) {
    const failed = world.files.unlink(path, proc.uid);
    if (failed && failed !== 'ENOENT') return failed;
  }
  return world.startServer(proc, path, config);
}

function byteLength(words: readonly string[]): number {
  let total = 0;
  for (const word of words) total += word.length + 1;
  return total * 4 <= MAX_COMMAND_BYTES ? total : words.reduce((sum, word) => sum + Buffer.byteLength(word) + 1, 0);
}

function speaksUtf8(env: Readonly<Record<string, string>>): boolean {
  if (env.TMUX !== undefined) return true;
  return /UTF-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '');
}
