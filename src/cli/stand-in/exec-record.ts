import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { endLike } from '../../host/tap/pass-through.ts';
import { execTemplate } from '../../transcript/exec-match.ts';
import { type ExecRecord, FORMAT, type HeaderRecord, type Json, type Tool } from '../../transcript/format.ts';
import { serialiseRecord, UnredactedSecretError } from '../../transcript/write.ts';
import { packageVersion } from '../package.ts';
import { redactorOfThisMachine } from '../recording/machine.ts';

/** A process that the tool left behind may hold its output open; after its exit nobody waits longer than this (ms). */
const LINGER_MS = 1_000;

export interface ExecRecording {
  readonly tool: Tool;
  /** The real tool. */
  readonly file: string;
  readonly args: readonly string[];
  /** Folder of the recording; all runs of a tool go to one file in it, e.g. `tmux.ndjson`. */
  readonly folder: string;
}

/**
 * Runs a tool and appends the run to the recording of the folder. stdin, stdout, stderr and the end are the tool's own. What is said to a
 * terminal is passed through, and not written down. Ends the process like the tool.
 */
export async function recordRun({ tool, file, args, folder }: ExecRecording): Promise<never> {
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
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const)
    process.on(signal, () => child.kill(signal));
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
  append({ tool, folder, began }, (t) => ({
    type: 'exec',
    lane: `${tool}:1`,
    t,
    file: basename(file),
    args,
    stdin: stdinEnded && stdinBytes > 0 ? { sha256: stdin.digest('hex'), bytes: stdinBytes } : null,
    stdout,
    stderr,
    code: ended.code,
    signal: ended.signal,
    ms: Math.round(performance.now() - start),
  }));
  return endLike({ kind: 'exited', ...ended }) as never;
}

/** Appends one line, as a whole, to the file of the tool; makes the file, with its header, when it is the first. */
function append(
  { tool, folder, began }: { readonly tool: Tool; readonly folder: string; readonly began: number },
  recordAt: (t: number) => ExecRecord,
): void {
  const path = join(folder, `${tool}.ndjson`);
  mkdirSync(folder, { recursive: true });
  begin(path, tool);
  const t = Math.max(0, Math.round(began - statSync(path).birthtimeMs));
  const line = serialiseRecord(redacted(recordAt(t), path));
  const fd = openSync(path, 'a');
  writeSync(fd, `${line}\n`);
}

/** The file is there with its header or not at all, whoever comes first. */
function begin(path: string, tool: Tool): void {
  const header: HeaderRecord = {
    type: 'header',
    format: FORMAT,
    provider: tool,
    protocol: 'exec',
    providerVersion: 'unknown',
    scenario: basename(path, '.ndjson'),
    schemaDigest: null,
    platform: `${process.platform}-${process.arch}`,
    recorder: `reprise ${packageVersion()}`,
    redactions: {},
  };
  const mine = `${path}.${process.pid}.partial`;
  writeFileSync(mine, `${serialiseRecord(header)}\n`, { mode: 0o600 });
  try {
    linkSync(mine, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(mine);
  }
}

function redacted(record: ExecRecord, path: string): ExecRecord {
  const redactor = redactorOfThisMachine();
  const places = { ws: process.cwd(), home: homedir() };
  const clean = (text: string): string => redactor.text(execTemplate(text, places));
  const { args, stdout, stderr } = record;
  const result = { ...record, args: args.map(clean), stdout: clean(stdout), stderr: clean(stderr) };
  const kinds = redactor.secretsInJson(result as unknown as Json);
  if (kinds.length > 0) throw new UnredactedSecretError(`a run for ${path}`, kinds);
  return result;
}
