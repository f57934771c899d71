import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { findProvider, PINNED, type ProviderName, providersFolder } from './providers.ts';

const NAMES: readonly ProviderName[] = ['codex', 'claude'];

/**
 * Arguments of the npm call. `engine-strict` is off because claude's package asks for a newer Node than its native
 * binary, the only part used, needs. Exported for its test.
 */
export function npmArguments(folder: string): string[] {
  const wanted = NAMES.map((name) => `${PINNED[name].package}@${PINNED[name].version}`);
  const flags = [
    '--ignore-scripts',
    '--no-save',
    '--no-package-lock',
    '--no-audit',
    '--no-fund',
    '--engine-strict=false',
  ];
  return ['install', '--prefix', folder, ...flags, ...wanted];
}

/** Installs the pinned providers unless they are there. Resolves with the exit code for the process: 0, or 1 after a failure. */
export async function installProviders(folder = providersFolder()): Promise<number> {
  if (!report(folder).every((found) => found)) {
    console.log(`installing into ${folder} (about 800 MB) …`);
    mkdirSync(folder, { recursive: true });
    const npm = spawn('npm', npmArguments(folder), { stdio: 'inherit', shell: process.platform === 'win32' });
    const [code] = (await once(npm, 'exit')) as [number | null];
    if (code !== 0) {
      console.error(`npm failed (exit code ${code}); its own message is above`);
      return 1;
    }
    if (!report(folder).every((found) => found)) return 1;
  }
  return 0;
}

function report(folder: string): boolean[] {
  return NAMES.map((name) => {
    const binary = findProvider(name, folder);
    console.log(binary.kind === 'found' ? `${name} ${binary.version}: ${binary.file}` : `${name}: ${binary.reason}`);
    return binary.kind === 'found';
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await installProviders();
}
