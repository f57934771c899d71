/** Stands between a program and its provider as a process of its own (`reprise record -- codex app-server`). */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { closeOwn } from './own-stdio.ts';
import type { RawRecorder } from './raw-recorder.ts';
import { FORWARDED, Sentinel } from './sentinel.ts';

export interface PassThroughRequest {
  readonly file: string;
  readonly args: readonly string[];
  /** What is written down in their place, when the recorder has changed them. */
  readonly recordedArgs?: readonly string[];
  /** What is written down as the program, if not `file`. */
  readonly recordedFile?: string;
  readonly lane: string;
  readonly recorder: RawRecorder;
  /** Names of environment variables to write down. */
  readonly keepEnv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Signals of this process are passed on; default: `process`. */
  readonly signals?: Pick<NodeJS.Process, 'on' | 'off'>;
}

export type PassThroughResult =
  | { readonly kind: 'exited'; readonly code: number | null; readonly signal: NodeJS.Signals | null }
  | { readonly kind: 'not-started'; readonly errno: string; readonly message: string };

/** A process that the child left behind may hold its output open; after its exit nobody waits longer than this (ms). */
const LINGER_MS = 1_000;

/**
 * Runs the child until it ends and all that it wrote was taken. Bytes, their order, back-pressure, end of file and broken pipes are
 * the child's own. It is in the process group of this process, so signals to the group reach it as they would without us; signals to
 * this process alone are passed on, once. If this process is killed, so is the child.
 * Never rejects. Says how the child ended, for {@link endLike}.
 */
export function passThrough(request: PassThroughRequest): Promise<PassThroughResult> {
  const { recorder, lane } = request;
  const env = request.env ?? (process.env as Record<string, string>);
  const kept = (request.keepEnv ?? []).flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  const cwd = request.cwd === undefined ? {} : { cwd: request.cwd };
  const { file, args } = request;
  const t = recorder.t;
  const child = spawn(file, [...args], { stdio: 'pipe', env: { ...env }, ...cwd });
  const recorded = { file: request.recordedFile ?? file, args: request.recordedArgs ?? args };
  const spawned = { k: 'spawn' as const, lane, t, ...recorded, ...cwd, env: Object.fromEntries(kept) };
  if (child.pid === undefined) {
    return new Promise((resolve) =>
      child.once('error', (error: NodeJS.ErrnoException) => {
        const errno = error.code ?? 'unknown';
        recorder.record({ ...spawned, notStarted: errno });
        resolve({ kind: 'not-started', errno, message: error.message });
      }),
    );
  }
  recorder.record(spawned);
  recorder.flush();
  const sentinel = new Sentinel(child.pid);
  const giveUp = new AbortController();
  const stop = forwardSignals(child, sentinel, giveUp, request);
  pump(request.stdin, child.stdin, (data) => recorder.chunk(lane, 'send', data), {
    end: () => recorder.record({ k: 'eof', lane, t: recorder.t }),
    broken: (errno) => recorder.record({ k: 'broken', lane, t: recorder.t, stream: 'stdin', errno }),
  });
  pump(child.stdout, request.stdout, (data) => recorder.chunk(lane, 'recv', data), {
    broken: (errno) => recorder.record({ k: 'broken', lane, t: recorder.t, stream: 'stdout', errno }),
  });
  pump(child.stderr, request.stderr, (data) => recorder.chunk(lane, 'err', data), {});
  return new Promise((resolve) => {
    const finish = async (code: number | null, signal: NodeJS.Signals | null): Promise<void> => {
      sentinel.end();
      // What nobody has read yet is ours to deliver: the child believes that it did.
      const taken = [allTaken(request.stdout), allTaken(request.stderr)];
      await Promise.race([Promise.all(taken), once(giveUp.signal, 'abort')]);
      stop();
      for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
      request.stdin.pause();
      recorder.exit(lane, code, signal);
      resolve({ kind: 'exited', code, signal });
    };
    child.on('error', () => {});
    child.on('exit', (code, signal) => {
      let over = false;
      const close = (): void => {
        if (!over) void finish(code, signal);
        over = true;
        clearTimeout(timer);
      };
      const timer = setTimeout(close, LINGER_MS);
      child.once('close', close);
    });
  });
}

/** From the end of the child to our own: a signal can change nothing any more, least of all how the child ended. */
export function holdSignals(): void {
  for (const signal of FORWARDED) process.on(signal, () => {});
}

/** Ends this process the way the child ended: the same code, or the same signal. */
export function endLike(result: PassThroughResult): never {
  if (result.kind === 'not-started') process.exit(result.errno === 'ENOENT' ? 127 : 126);
  if (result.signal === null) process.exit(result.code ?? 1);
  // A listener that comes and goes leaves the default action behind, also where Node itself ignores the signal (SIGPIPE).
  if (result.signal !== 'SIGKILL' && result.signal !== 'SIGSTOP') {
    process.on(result.signal, () => {});
    process.removeAllListeners(result.signal);
  }
  process.kill(process.pid, result.signal);
  return process.exit(128 + constants.signals[result.signal]);
}

function forwardSignals(
  child: ChildProcessWithoutNullStreams,
  sentinel: Sentinel,
  giveUp: AbortController,
  request: PassThroughRequest,
): () => void {
  const { recorder, lane } = request;
  const signals = request.signals ?? process;
  const pass = async (signal: (typeof FORWARDED)[number], t: number): Promise<void> => {
    const group = await sentinel.wentToGroup(signal);
    if (child.exitCode !== null || child.signalCode !== null) return;
    recorder.record({ k: 'signal', lane, t, signal, scope: group ? 'group' : 'process' });
    if (!group) child.kill(signal);
    if (signal === 'SIGTSTP') suspend();
  };
  // As the child does, unless it has its own idea of it: by the default action, which the kernel leaves out in a process
  // group that nobody could wake again (an orphaned one).
  const suspend = (): void => {
    const handlers = process.listeners('SIGTSTP');
    process.removeAllListeners('SIGTSTP');
    process.kill(process.pid, 'SIGTSTP');
    for (const handler of handlers) process.on('SIGTSTP', handler);
  };
  const handlers = FORWARDED.map((signal) => {
    const handler = (): void => {
      const ended = child.exitCode !== null || child.signalCode !== null;
      if (!ended) void pass(signal, recorder.t);
      // Nobody takes the rest of the output, and somebody wants an end.
      else if (signal !== 'SIGCONT' && signal !== 'SIGWINCH') giveUp.abort();
    };
    signals.on(signal, handler);
    return () => {
      signals.off(signal, handler);
    };
  });
  return () => {
    for (const off of handlers) off();
  };
}

/** Resolves when everything was handed over, or cannot be. */
function allTaken(to: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => resolve();
    if (to.destroyed || to.writableFinished) done();
    else if (to.writableEnded) to.once('finish', done).once('close', done);
    // Called when all that was written before it is gone.
    else to.write('', done);
  });
}

/** Copies bytes with back-pressure; `note` sees them after they were passed on. */
function pump(
  from: Readable,
  to: Writable,
  note: (data: Uint8Array) => void,
  on: { readonly end?: () => void; readonly broken?: (errno: string) => void },
): void {
  let open = true;
  let ended = false;
  const end = (): void => {
    if (to === process.stdout) void allTaken(to).then(() => closeOwn(1));
    // Our own stderr is closed with this process: it may have something to say yet.
    else if (to !== process.stderr) to.end();
  };
  from.on('data', (data: Uint8Array) => {
    if (!open) return;
    if (!to.write(data)) {
      from.pause();
      to.once('drain', () => from.resume());
    }
    note(data);
  });
  from.on('end', () => {
    ended = true;
    if (!open) return;
    on.end?.();
    end();
  });
  from.on('error', () => {});
  from.on('close', () => {
    if (open && !ended) end();
  });
  to.on('error', (error: NodeJS.ErrnoException) => {
    if (!open) return;
    open = false;
    on.broken?.(error.code ?? error.message);
    // The other side must see what we saw: its next write fails.
    from.destroy();
    if (from === process.stdin) closeOwn(0);
  });
}
