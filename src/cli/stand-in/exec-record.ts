import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { TOLD } from '../../host/signals.ts';
import { endLike } from '../../host/tap/pass-through.ts';
import type { Tool } from '../../transcript/format.ts';
import { versionOf } from '../recording/speakers.ts';
import { addRun, type ToolRecording } from './tool-recording.ts';

/** A process that the tool left behind may hold its output open; after its exit nobody waits longer than this (ms). */
const LINGER_MS = 1_000;

const VERSION_OPTION: Readonly<Record<Tool, string>> = { tmux: '-V', zellij: '--version', herdr: '--version' };

export interface ExecRecording extends ToolRecording {
  /** The real tool. */
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * Runs a tool and appends the run to the recording of the folder. stdin, stdout, stderr and the end are the tool's own. What is said to a
 * terminal is passed through, and not written down. Ends the process like the tool.
 */
export async function recordRun({ file, args, ...recording }: ExecRecording): Promise<never> {
  const { tool } = recording;
  const began = Date.now();
  const start = performance.now();
  const stdin = createHash('sha256');
  let stdinBytes = 0;
  let stdinEnded = false;
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  const terminal = { in: process.stdin.isTTY, out: process.stdout.isTTY, err: process.stderr.isTTY };
  const child = spawn(file, [...args], {
    stdio: [terminal.in ? 'inherit' : 'pipe', terminal.out ? 'inherit' : 'pipe', terminal.err ? 'inherit' : 'pipe'],
  });
  child.stdin?.on('error', () => {});
  if (child.stdin !== null) {
    process.stdin.on('data', (chunk: Buffer) => {
      stdin.update(chunk);
      stdinBytes += chunk.length;
      child.stdin?.write(chunk);
    });
    process.stdin.on('end', () => {
      stdinEnded = true;
      child.stdin?.end();
    });
    process.stdin.on('error', () => {});
  }
  child.stdout?.on('data', (chunk: Buffer) => {
    out.push(chunk);
    process.stdout.write(chunk);
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    err.push(chunk);
    process.stderr.write(chunk);
  });
  for (const signal of TOLD) process.on(signal, () => child.kill(signal));
  const ended = await new Promise<{ code: number | null; signal: NodeJS.Signals | null } | NodeJS.ErrnoException>(
    (resolve) => {
      child.on('error', resolve);
      child.on('exit', (code, signal) => {
        const timer = setTimeout(() => resolve({ code, signal }), LINGER_MS);
        child.once('close', () => {
          clearTimeout(timer);
          resolve({ code, signal });
        });
      });
    },
  );
  if (ended instanceof Error) {
    process.stderr.write(`reprise: ${file} cannot be started: ${ended.message}\n`);
    return endLike({ kind: 'not-started', errno: ended.code ?? 'unknown', message: ended.message }) as never;
  }
  const [stdout, stderr] = [Buffer.concat(out).toString('utf8'), Buffer.concat(err).toString('utf8')];
  const run = {
    type: 'exec' as const,
    lane: `${tool}:1`,
    file: basename(file),
    args,
    stdin: stdinEnded && stdinBytes > 0 ? { sha256: stdin.digest('hex'), bytes: stdinBytes } : null,
    stdout,
    stderr,
    code: ended.code,
    signal: ended.signal,
    ms: Math.round(performance.now() - start),
  };
  await addRun(recording, began, run, () => versionOf(file, VERSION_OPTION[tool]));
  return endLike({ kind: 'exited', ...ended }) as never;
}
