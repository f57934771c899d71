/** The version of a provider that is looked at. */
import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type LoopbackNamespace, openLoopbackNamespace } from '../../host/loopback-namespace.ts';
import { commandOf, findProvider, type ProviderName, providersFolder } from '../../host/providers.ts';

/** Something could not be looked at. It is no drift and no mistake of the user: exit code 3. The message says why. */
export class CannotLookError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CannotLookError';
  }
}

export interface Subject {
  readonly file: string;
  readonly version: string;
}

const VERSION_TIMEOUT_MS = 30_000;

/** Finds what `--with` names: an installed version, or a path. Rejects with a {@link CannotLookError}. */
export async function subjectOf(provider: ProviderName, given: string): Promise<Subject> {
  if (/^\d+\.\d+\.\d+[\w.+-]*$/.test(given)) {
    const found = findProvider(provider, providersFolder(), given);
    if (found.kind === 'missing') throw new CannotLookError(found.reason);
    return found;
  }
  const file = resolve(given);
  try {
    accessSync(file, commandOf(file).file === file ? constants.X_OK : constants.R_OK);
    if (statSync(file).isDirectory()) throw new Error('it is a directory');
  } catch (error) {
    throw new CannotLookError(`${given} cannot be run: ${(error as Error).message}; give a version or a program`);
  }
  return { file, version: await inNamespace((namespace) => versionOf(file, namespace)) };
}

/** Runs real programs where they reach nothing but themselves. Rejects with a {@link CannotLookError} where that is impossible. */
export async function inNamespace<Result>(work: (namespace: LoopbackNamespace) => Promise<Result>): Promise<Result> {
  const namespace = await openLoopbackNamespace();
  if (namespace.kind !== 'isolated') {
    throw new CannotLookError(`real providers are only run isolated: ${namespace.reason}`);
  }
  try {
    return await work(namespace);
  } finally {
    await namespace.close();
  }
}

/** What `FILE --version` says. */
function versionOf(path: string, namespace: LoopbackNamespace): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'reprise-version-'));
  const env = { HOME: home, CODEX_HOME: home, CLAUDE_CONFIG_DIR: home, PATH: process.env.PATH ?? '' };
  const { file, before } = commandOf(path);
  const launch = namespace.enter({ file, args: [...before, '--version'], cwd: home, env });
  return new Promise<string>((done, reject) => {
    const options = { cwd: home, env, timeout: VERSION_TIMEOUT_MS, killSignal: 'SIGKILL' as const };
    execFile(launch.file, [...launch.args], options, (error, stdout) => {
      const version = /\d+\.\d+\.\d+[\w.+-]*/.exec(stdout)?.[0];
      if (error === null && version !== undefined) done(version);
      else reject(new CannotLookError(`${path} --version says no version: ${error?.message.trim() ?? stdout.trim()}`));
    });
  }).finally(() => rmSync(home, { recursive: true, force: true }));
}
