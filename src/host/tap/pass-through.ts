/** Stands between a program and its provider as a process of its own (`reprise record -- codex app-server`). */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { RawRecorder } from './raw-recorder.ts';

export interface PassThroughRequest {
  readonly file: string;
  readonly args: readonly string[];
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

/** What a program may be sent, apart from what cannot be caught. */
const FORWARDED = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGCONT', 'SIGWINCH'] as const;
/** A process that the child left behind may hold its output open; after its exit nobody waits longer than this (ms). */
const LINGER_MS = 1_000;

/**
 * Runs the child until it ends. Bytes, their order, back-pressure, end of file and broken pipes are the child's own; signals reach it once
 * each, for it is in a process group of its own. If this process is killed, the child sees the end of its stdin.
 * Never rejects. Says how the child ended, for {@link endLike}.
 */
export function passThrough(request: PassThroughRequest): Promise<PassThroughResult> {
  const { recorder, lane } = request;
  const env = request.env ?? (process.env as Record<string, string>);
  const kept = (request.keepEnv ?? []).flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  const cwd = request.cwd === undefined ? {} : { cwd: request.cwd };
  const { file, args } = request;
  const t = recorder.t;
  const child = spawn(file, [...args], { stdio: 'pipe', detached: true, env: { ...env }, ...cwd });
  const spawned = { k: 'spawn' as const, lane, t, file, args, ...cwd, env: Object.fromEntries(kept) };
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
  const stop = forwardSignals(child, request);
  pump(request.stdin, child.stdin, (data) => recorder.chunk(lane, 'send', data), {
    end: () => recorder.record({ k: 'eof', lane, t: recorder.t }),
    broken: (errno) => recorder.record({ k: 'broken', lane, t: recorder.t, stream: 'stdin', errno }),
  });
  pump(child.stdout, request.stdout, (data) => recorder.chunk(lane, 'recv', data), {
    broken: (errno) => recorder.record({ k: 'broken', lane, t: recorder.t, stream: 'stdout', errno }),
  });
  pump(child.stderr, request.stderr, (data) => recorder.chunk(lane, 'err', data), {});
  return new Promise((resolve) => {
    const finish = (code: number | null, signal: NodeJS.Signals | null): void => {
      stop();
      for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
      request.stdin.pause();
      recorder.exit(lane, code, signal);
      resolve({ kind: 'exited', code, signal });
    };
    child.on('error', () => {});
    child.on('exit', (code, signal) => {
      let over = false;
      const once = (): void => {
        if (!over) finish(code, signal);
        over = true;
        clearTimeout(timer);
      };
      const timer = setTimeout(once, LINGER_MS);
      child.once('close', once);
    });
  });
}

/** Ends this process the way the child ended: the same code, or the same signal. */
export function endLike(result: PassThroughResult): void {
  if (result.kind === 'not-started') process.exit(result.errno === 'ENOENT' ? 127 : 126);
  if (result.signal === null) process.exit(result.code ?? 1);
  process.removeAllListeners(result.signal);
  process.kill(process.pid, result.signal);
}

function forwardSignals(child: ChildProcessWithoutNullStreams, request: PassThroughRequest): () => void {
  const { recorder, lane } = request;
  const signals = request.signals ?? process;
  const handlers = FORWARDED.map((signal) => {
    const handler = (): void => {
      recorder.record({ k: 'signal', lane, t: recorder.t, signal, scope: 'process' });
      child.kill(signal);
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

/** Copies bytes with back-pressure; `note` sees them after they were passed on. */
function pump(
  from: Readable,
  to: Writable,
  note: (data: Uint8Array) => void,
  on: { readonly end?: () => void; readonly broken?: (errno: string) => void },
): void {
  let open = true;
  from.on('data', (data: Uint8Array) => {
    if (!open) return;
    if (!to.write(data)) {
      from.pause();
      to.once('drain', () => from.resume());
    }
    note(data);
  });
  from.on('end', () => {
    if (!open) return;
    on.end?.();
    // Our own stdout and stderr are closed with this process, after the exit is known.
    if (to !== process.stdout && to !== process.stderr) to.end();
  });
  from.on('error', () => {});
  to.on('error', (error: NodeJS.ErrnoException) => {
    if (!open) return;
    open = false;
    on.broken?.(error.code ?? error.message);
    // The other side must see what we saw: its next write fails.
    from.destroy();
  });
}
