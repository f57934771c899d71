import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { npmInstall } from './npm.ts';
import { type ProviderName, providersFolder } from './providers.ts';

/**
 * The published clients of codex and claude, which prove that stand-ins serve clients that are not ours. No dependencies: they bring
 * the providers' programs along, and the terms of one are its own.
 */
export const SDKS: Readonly<Record<ProviderName, { readonly package: string; readonly version: string }>> = {
  codex: { package: '@openai/codex-sdk', version: '0.163.0' },
  claude: { package: '@anthropic-ai/claude-agent-sdk', version: '0.3.329' },
};

const ENTRY: Readonly<Record<ProviderName, string>> = { codex: join('dist', 'index.js'), claude: 'sdk.mjs' };

export type SdkModule =
  /** `file`: its entry, to be imported. */
  | { readonly kind: 'found'; readonly file: string }
  /** `reason` is a sentence for people that says what to do. */
  | { readonly kind: 'missing'; readonly reason: string };

/** Where `npm run sdks` has put it: in a folder of its own, for it is installed without the programs that it brings along. */
export function findSdk(provider: ProviderName, folder = sdksFolder()): SdkModule {
  const { package: name, version } = SDKS[provider];
  const home = join(folder, 'node_modules', name);
  const manifest = join(home, 'package.json');
  const reason = `${name}@${version} is not in ${folder}: run \`npm run sdks\``;
  if (!existsSync(manifest)) return { kind: 'missing', reason };
  const installed = String(JSON.parse(readFileSync(manifest, 'utf8')).version);
  return installed === version ? { kind: 'found', file: join(home, ENTRY[provider]) } : { kind: 'missing', reason };
}

/** `REPRISE_SDKS`, or beside the providers. */
export function sdksFolder(): string {
  return process.env.REPRISE_SDKS ?? join(providersFolder(), 'sdks');
}

/** What npm is told beside their names: without the providers' programs, and without what only their types need. */
export const SDK_FLAGS: readonly string[] = ['--omit=optional', '--omit=peer'];

/** `npm run sdks`: installs both (5 MB) unless they are there. Resolves with the exit code for the process. */
async function main(folder = sdksFolder()): Promise<number> {
  const names: readonly ProviderName[] = ['codex', 'claude'];
  const packages = names.map((name) => `${SDKS[name].package}@${SDKS[name].version}`);
  if (names.some((name) => findSdk(name, folder).kind === 'missing')) await npmInstall(folder, packages, SDK_FLAGS);
  const found = names.map((name) => findSdk(name, folder));
  for (const sdk of found) console.log(sdk.kind === 'found' ? sdk.file : sdk.reason);
  return found.every(({ kind }) => kind === 'found') ? 0 : 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) process.exitCode = await main();
