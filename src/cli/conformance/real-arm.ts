import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Arm, ENVIRONMENT, GRACE_MS, LIMIT_MS, type Outcome, type RunOptions } from './arm.ts';

/** The version of which the table was recorded. */
export const RECORDED_VERSION = 'tmux 3.3a';

/** Why the cases cannot be run on this machine; null when they can. */
export function whyNotReal(): string | null {
  const { error, stdout } = spawnSync('tmux', ['-V'], { encoding: 'utf8' });
  if (error) return `tmux cannot be started (${(error as NodeJS.ErrnoException).code})`;
  const version = stdout.trim();
  return version === RECORDED_VERSION ? null : `the installed tmux is ${version}, recorded was ${RECORDED_VERSION}`;
}

/** The installed tmux, in a directory of its own under the system's temporary one. */
export class RealArm implements Arm {
  readonly name = 'real';
  readonly base = mkdtempSync(join(tmpdir(), 'rpX.'));
  readonly cwd = process.cwd();
  readonly uid = process.getuid!();
  /** The cases that fall back to /tmp leave a directory there. */
  readonly #fallback = `/tmp/tmux-${this.uid}`;
  readonly #hadFallback = existsSync(this.#fallback);

  tmux(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const child = this.#spawn(args, options);
      let stdout = '';
      let stderr = '';
      let hung = false;
      child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
        stdout += chunk;
      });
      child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
        stderr += chunk;
      });
      const limit = setTimeout(() => {
        hung = true;
        // The client's pipes are in its message to the server: they stay open until that is read.
        child.stdout!.destroy();
        child.stderr!.destroy();
        child.kill('SIGTERM');
      }, LIMIT_MS);
      const force = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS + GRACE_MS);
      child.on('error', reject);
      child.on('close', (code) => {
        clearTimeout(limit);
        clearTimeout(force);
        resolve({ exit: hung || code === null ? 124 : code, stdout, stderr });
      });
    });
  }

  together(all: readonly (readonly string[])[]): Promise<Outcome[]> {
    return Promise.all(all.map((args) => this.tmux(args)));
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => void setTimeout(resolve, ms));
  }

  signal(pid: number, signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL' | 'SIGTERM' | 'SIGUSR1'): void {
    try {
      process.kill(pid, signal);
    } catch {
      // It is gone already.
    }
  }

  alive(pid: number): boolean {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  }

  remindOfChildren(pid: number): void {
    process.kill(pid, 'SIGCHLD');
  }

  exists(path: string): boolean {
    return existsSync(path);
  }

  remove(path: string): void {
    rmSync(path, { recursive: true, force: true });
  }

  mkdir(path: string, owner?: number): void {
    mkdirSync(path, { recursive: true });
    if (owner !== undefined) chownSync(path, owner, owner);
  }

  chmod(path: string, mode: number): void {
    chmodSync(path, mode);
  }

  writeFile(path: string, text: string): void {
    writeFileSync(path, text);
  }

  /** Node unlinks a socket file when it stops listening; a process that is killed leaves it. */
  async staleSocket(path: string): Promise<void> {
    const listen = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', listen, path]);
    if (!existsSync(path)) throw new Error(`no stale socket at ${path}`);
  }

  async listen(path: string, how: 'mute' | 'closing'): Promise<() => Promise<void>> {
    const open = new Set<Socket>();
    const server: Server = createServer((socket) => {
      socket.on('error', () => {});
      if (how === 'closing') socket.destroy();
      else open.add(socket);
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      });
  }

  async dispose(): Promise<void> {
    for (const pid of this.#processes()) this.signal(pid, 'SIGKILL');
    rmSync(this.base, { recursive: true, force: true });
    if (this.#hadFallback) return;
    try {
      rmdirSync(this.#fallback);
    } catch {
      // Somebody else uses it by now, or it was never made.
    }
  }

  #spawn(args: readonly string[], { env = {}, uid }: RunOptions): ChildProcess {
    const { PATH: path = '/usr/bin:/bin', HOME: home = '/' } = process.env;
    return spawn('tmux', args, {
      cwd: this.cwd,
      env: { PATH: path, HOME: home, ...ENVIRONMENT, REPRISE_CONFORMANCE: this.base, TMUX_TMPDIR: this.base, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
  }

  /** Processes that inherited this arm's mark: servers, panes, jobs, also those that lost their socket. */
  #processes(): number[] {
    const mark = `REPRISE_CONFORMANCE=${this.base}\0`;
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark);
        } catch {
          return false;
        }
      })
      .map(Number);
  }
}
