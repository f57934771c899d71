import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';

/**
 * Arguments of an npm call that puts packages into a folder and does nothing else: no scripts, no lock file. `engine-strict` is off
 * because packages ask for a newer Node than the part of them that is used needs.
 */
export function npmArguments(folder: string, packages: readonly string[], flags: readonly string[] = []): string[] {
  const quiet = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
  return ['install', '--prefix', folder, '--ignore-scripts', ...quiet, '--engine-strict=false', ...flags, ...packages];
}

/** Runs it, with its own words on the terminal. Resolves with npm's exit code, null when a signal ended it. Rejects when there is no npm. */
export async function npmInstall(
  folder: string,
  packages: readonly string[],
  flags: readonly string[] = [],
): Promise<number | null> {
  mkdirSync(folder, { recursive: true });
  const npm = spawn('npm', npmArguments(folder, packages, flags), {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  const [code] = (await once(npm, 'exit')) as [number | null];
  return code;
}
