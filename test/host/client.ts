import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const CHILD = join(import.meta.dirname, 'tap-child.mjs');
const TAP = join(import.meta.dirname, 'tap-main.ts');

/** How a client starts the test's provider: as it is, or with the tap in its place, which writes to the file `raw`. */
export type Via = { readonly kind: 'bare' } | { readonly kind: 'tapped'; readonly raw: string };

/** A client of one process, and all that it sees of it. */
export class Client {
  readonly process: ChildProcessWithoutNullStreams;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  stdinError: string | null = null;
  #out: Buffer[] = [];
  /** The chunk that came last, and what a text that begins in the one before needs of that. */
  #recent = Buffer.alloc(0);
  #err = '';
  #waiters: { readonly test: () => boolean; readonly resolve: () => void }[] = [];

  constructor(
    via: Via,
    { group = false, command = [process.execPath, CHILD, 'hello'], env = {} as NodeJS.ProcessEnv } = {},
  ) {
    const tap = via.kind === 'tapped' ? [process.execPath, '--import', LOADER, TAP, via.raw, '--'] : [];
    const [file = '', ...args] = [...tap, ...command];
    this.process = spawn(file, args, { stdio: 'pipe', detached: group, env: { ...process.env, ...env } });
    this.process.stdout.on('data', (data: Buffer) =>
      this.#note(() => {
        this.#out.push(data);
        this.#recent = Buffer.concat([this.#recent.subarray(-100), data]);
      }),
    );
    this.process.stderr.on('data', (data: Buffer) => this.#note(() => (this.#err += data)));
    this.process.stdin.on('error', (error: NodeJS.ErrnoException) =>
      this.#note(() => {
        this.stdinError = error.code ?? 'unknown';
      }),
    );
    this.ended = new Promise((resolve) => {
      this.process.on('close', (code, signal) => this.#note(() => resolve({ code, signal })));
    });
  }

  get out(): Buffer {
    return Buffer.concat(this.#out);
  }

  get err(): string {
    return this.#err;
  }

  send(...values: readonly object[]): void {
    for (const value of values) this.process.stdin.write(`${JSON.stringify(value)}\n`);
  }

  until(test: () => boolean): Promise<void> {
    if (test()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ test, resolve }));
  }

  async untilOut(text: string): Promise<void> {
    if (!this.out.includes(text)) await this.until(() => this.#recent.includes(text));
  }

  untilErr = (text: string): Promise<void> => this.until(() => this.err.includes(text));

  /** Signals the process, or with `group` everything in its process group. */
  signal(signal: NodeJS.Signals, group = false): void {
    process.kill((group ? -1 : 1) * this.process.pid!, signal);
  }

  /** Asks the provider itself, which is not the process when it is tapped. */
  async providersPid(): Promise<number> {
    this.send({ op: 'pid' });
    await this.untilErr('"pid"');
    return Number(/"pid":(\d+)/.exec(this.err)?.[1]);
  }

  #note(change: () => void): void {
    change();
    this.#waiters = this.#waiters.filter(({ test, resolve }) => {
      const done = test();
      if (done) resolve();
      return !done;
    });
  }
}

/** `S`, `T` (stopped), `Z`, … as /proc says it, or null for a process that is gone. */
export function stateOf(pid: number): string | null {
  return statOf(pid)?.[0] ?? null;
}

/** Whether no member of this process's group has a parent in the same session but another group (setpgid(2)). */
export function inOrphanedGroup(): boolean {
  const [, , group, session] = statOf(process.pid) ?? [];
  return !readdirSync('/proc').some((pid) => {
    const member = /^\d+$/.test(pid) ? statOf(Number(pid)) : null;
    if (member?.[2] !== group) return false;
    const parent = statOf(Number(member?.[1]));
    return parent?.[3] === session && parent?.[2] !== group;
  });
}

/** State, parent, process group, session, … of a process, as `/proc/PID/stat` lists them. */
function statOf(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/** Looks again and again; the test's own time limit is the only one. */
export async function eventually(test: () => boolean): Promise<void> {
  while (!test()) await new Promise((resolve) => setTimeout(resolve, 5));
}
