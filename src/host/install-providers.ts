import { pathToFileURL } from 'node:url';
import { npmInstall } from './npm.ts';
import { findProvider, PINNED, type ProviderName, providersFolder, versionFolder } from './providers.ts';

const NAMES: readonly ProviderName[] = ['codex', 'claude'];

/** A version to install. */
export interface Wanted {
  readonly name: ProviderName;
  readonly version: string;
}

/** What `codex@0.166.0` asks for. Throws an Error for anything else. */
export function parseWanted(text: string): Wanted {
  const [name, version, ...more] = text.split('@');
  const known = NAMES.find((one) => one === name);
  if (known && version !== undefined && /^\d+\.\d+\.\d+[\w.+-]*$/.test(version) && more.length === 0) {
    return { name: known, version };
  }
  throw new Error(`'${text}' is no version of a provider; say e.g. codex@${PINNED.codex.version}`);
}

/**
 * Installs the providers that are not there yet: the pinned versions into the folder itself, each other version into a
 * folder of its own below it. Resolves with the exit code for the process: 0, or 1 after a failure.
 */
export async function installProviders(wanted: readonly Wanted[], folder = providersFolder()): Promise<number> {
  const missing = wanted.filter((one) => !report(one, folder));
  for (const own of new Set(missing.map(({ name, version }) => versionFolder(name, version, folder)))) {
    const here = missing.filter(({ name, version }) => versionFolder(name, version, folder) === own);
    console.log(`installing into ${own} (about ${400 * here.length} MB) …`);
    const code = await npmInstall(
      own,
      here.map(({ name, version }) => `${PINNED[name].package}@${version}`),
    );
    if (code !== 0) {
      console.error(`npm failed (exit code ${code}); its own message is above`);
      return 1;
    }
  }
  return missing.every((one) => report(one, folder)) ? 0 : 1;
}

function report({ name, version }: Wanted, folder: string): boolean {
  const binary = findProvider(name, folder, version);
  console.log(binary.kind === 'found' ? `${name} ${binary.version}: ${binary.file}` : `${name}: ${binary.reason}`);
  return binary.kind === 'found';
}

/** `npm run providers [-- codex@VERSION claude@VERSION…]`: without operands the pinned versions. */
async function main(args: readonly string[]): Promise<number> {
  let wanted: Wanted[];
  try {
    wanted = args.map(parseWanted);
  } catch (error) {
    console.error((error as Error).message);
    return 2;
  }
  const pinned = NAMES.map((name) => ({ name, version: PINNED[name].version }));
  return installProviders(wanted.length > 0 ? wanted : pinned);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await main(process.argv.slice(2));
}
