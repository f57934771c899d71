import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { checkShims } from '../../src/cli/shims/check.ts';
import { readConfig, type ShimConfig, type ShimName } from '../../src/cli/shims/config.ts';
import { makeShims } from '../../src/cli/shims/make.ts';
import { NAMES } from '../../src/cli/stand-in/settings.ts';
import { packageRoot } from '../../src/transcript/package-root.ts';

export const TRANSCRIPTS = join(packageRoot(), 'transcripts');
export const CLIENT_MJS = join(import.meta.dirname, 'clients', 'client.mjs');
export const CLIENT_PY = join(import.meta.dirname, 'clients', 'client.py');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** A folder with shims in it and a working directory. */
export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'reprise-stand-in-'));
  readonly shims = join(this.folder, 'shims');
  readonly cwd = join(this.folder, 'ws');

  constructor() {
    mkdirSync(this.cwd);
  }

  async make(config: Partial<ShimConfig>, names: readonly ShimName[] = NAMES): Promise<void> {
    const usual = { mode: 'replay', transcripts: [], out: null, faults: null, script: null, speed: 'max' } as const;
    await makeShims(this.shims, names, { ...usual, state: join(this.shims, 'state'), ...config });
  }

  get env(): NodeJS.ProcessEnv {
    const { CI: _, ...env } = process.env;
    return {
      ...env,
      PATH: `${this.shims}${delimiter}${process.env.PATH}`,
      CODEX_HOME: join(this.folder, 'codex-home'),
      CLAUDE_CODE_MAX_RETRIES: '0',
      CLAUDE_CODE_SDK_READS_SESSION_STATE: '1',
    };
  }

  /** Runs a program with the shims first on PATH. */
  run(file: string, args: readonly string[], { input = '', env = {} as NodeJS.ProcessEnv } = {}): Promise<Ended> {
    const child = spawn(file, [...args], { cwd: this.cwd, env: { ...this.env, ...env } });
    this.track(child);
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        resolve({ code, signal, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() });
      });
    });
  }

  /** The Node client has a conversation. */
  converse(provider: 'codex' | 'claude', conversation: object, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return this.run(process.execPath, [CLIENT_MJS, provider, JSON.stringify(conversation)], { env });
  }

  check() {
    return checkShims(readConfig(this.shims));
  }

  /** It is killed if the test is over before it ends. */
  track(child: ChildProcess): void {
    this.#children.add(child);
    child.on('exit', () => this.#children.delete(child));
  }

  readonly #children = new Set<ChildProcess>();

  dispose(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
