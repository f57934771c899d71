import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import type { Provider, Speaker } from '../../transcript/format.ts';
import type { RawRecord } from '../../transcript/raw.ts';

/** Variables that say how a provider was set up; nothing else of the environment is written down. */
export const KEPT: Readonly<Record<Speaker, readonly string[]>> = {
  codex: ['CODEX_HOME'],
  claude: ['CLAUDE_CODE_MAX_RETRIES', 'CLAUDE_CODE_SDK_READS_SESSION_STATE'],
  ndjson: [],
};

/**
 * `codex`, `codex-nightly` and `/opt/claude` are what they are called; everything else speaks NDJSON, as `codex exec` does, which is no
 * app-server: it takes a prompt and writes an event a line.
 */
export function speakerOf(file: string, args: readonly string[]): Speaker {
  const found = providerOf(file);
  return found === null || (found === 'codex' && args.includes('exec')) ? 'ndjson' : found;
}

/** Whose program it is, whatever it speaks; null for one of which nothing is known. */
export function providerOf(file: string): Provider | null {
  const name = basename(file);
  return (['codex', 'claude'] as const).find((known) => name === known || name.startsWith(`${known}-`)) ?? null;
}

/** How the recordings of a program are called in a folder, before their number. */
export function labelOf(speaker: Speaker, file: string): string {
  return speaker === 'ndjson' && providerOf(file) === 'codex' ? 'codex-exec' : speaker;
}

/**
 * Options that are followed by a folder or a file, as their help lists them. SDKs make such files for one call: a schema, a list of
 * servers.
 */
const PATH_OPTIONS: Readonly<Record<Provider, readonly string[]>> = {
  codex: ['--cd', '-C', '--add-dir', '--output-schema', '--output-last-message', '-o', '--image', '-i'],
  claude: ['--add-dir', '--mcp-config', '--settings', '--agents', '--plugin-dir', '--debug-file'],
};

/** Places that a provider is told by its arguments: `arg1`, `arg2` and so on, in their order. Of other programs nothing is known. */
export function placesIn(file: string, args: readonly string[]): Record<string, string> {
  const provider = providerOf(file);
  const options = provider === null ? [] : PATH_OPTIONS[provider];
  const told = args.filter((arg, i) => /^\/./.test(arg) && options.includes(args[i - 1] ?? ''));
  return Object.fromEntries([...new Set(told)].map((path, i) => [`arg${i + 1}`, path]));
}

/** Places of this machine that get names in the file. */
export function pathsOf(speaker: Speaker, file: string, args: readonly string[]): Record<string, string> {
  const home = homedir();
  const temporary = process.env.TMPDIR;
  const own: Record<Speaker, Record<string, string>> = {
    codex: { codexHome: process.env.CODEX_HOME ?? join(home, '.codex') },
    claude: { claudeHome: process.env.CLAUDE_CONFIG_DIR ?? join(home, '.claude') },
    ndjson: {},
  };
  const known = { ws: process.cwd(), home, ...own[speaker], ...(temporary === undefined ? {} : { tmp: temporary }) };
  const taken = new Set(Object.values(known));
  const told = Object.entries(placesIn(file, args)).filter(([, path]) => !taken.has(path));
  const all: Record<string, string> = { ...known, ...Object.fromEntries(told) };
  // What says nothing of this machine, or stands everywhere, keeps its name.
  const named = Object.entries(all).map(([name, path]) => [name, path.replace(/(?<=.)\/+$/, '')] as const);
  return Object.fromEntries(named.filter(([, path]) => path.length > 1 && path !== '/tmp'));
}

const VERSION_LIMIT_MS = 10_000;

/** Where each provider says its version: codex in its answer to `initialize`, claude at the start of a turn. */
const VERSION: Readonly<Record<Speaker, RegExp | null>> = {
  codex: /"userAgent":\s*"[^"/]*\/(\d+\.\d+\.\d+[\w.+-]*)/,
  claude: /"claude_code_version":\s*"(\d+\.\d+\.\d+[\w.+-]*)"/,
  ndjson: null,
};

/** The version that the provider itself named in the conversation, or null. */
export function versionIn(speaker: Speaker, log: readonly RawRecord[]): string | null {
  const pattern = VERSION[speaker];
  for (const record of log) {
    const found = record.k === 'line' && record.dir === 'recv' ? pattern?.exec(record.text)?.[1] : undefined;
    if (found !== undefined) return found;
  }
  return null;
}

/** What `FILE --version` says, or `unknown`. Only of use for a program that is known to have this option, and does nothing else then. */
export function versionOf(file: string, option = '--version'): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile(file, [option], { timeout: VERSION_LIMIT_MS }, (error, stdout) => {
      resolve((error ? null : /\d+\.\d+[\w.+-]*/.exec(stdout)?.[0]) ?? 'unknown');
    });
    child.stdin?.on('error', () => {}).end();
  });
}
