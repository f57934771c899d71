import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export type ProviderName = 'codex' | 'claude';

/** The versions that everything here was measured with. They are no dependencies: about 400 MB each. */
export const PINNED: Readonly<Record<ProviderName, { readonly package: string; readonly version: string }>> = {
  codex: { package: '@openai/codex', version: '0.169.0' },
  claude: { package: '@anthropic-ai/claude-code', version: '2.1.329' },
};

export type ProviderBinary =
  /** `file`: a native program, or a script for Node (`.js`). */
  | { readonly kind: 'found'; readonly version: string; readonly file: string }
  /** `reason` is a sentence for people that says what to do. */
  | { readonly kind: 'missing'; readonly reason: string };

/** Where the providers are installed: `REPRISE_PROVIDERS`, or `.providers` beside the project's package.json. */
export function providersFolder(): string {
  const chosen = process.env.REPRISE_PROVIDERS;
  return chosen ? resolve(chosen) : fileURLToPath(new URL('../../.providers', import.meta.url));
}

/** Where a version is installed: the pinned one in the folder itself, each other one in a folder of its own below. */
export function versionFolder(name: ProviderName, version: string, folder = providersFolder()): string {
  return version === PINNED[name].version ? folder : join(folder, `${name}-${version}`);
}

/**
 * Finds the program of a version, by default the pinned one, for this machine. The packages' own launchers are passed
 * over: they need a newer Node (claude), or stand between us and the process (codex; facts/codex-wire.md 5).
 */
export function findProvider(
  name: ProviderName,
  folder = providersFolder(),
  version = PINNED[name].version,
): ProviderBinary {
  const { package: packageName } = PINNED[name];
  const own = versionFolder(name, version, folder);
  const pinned = own === folder;
  const install = pinned ? 'npm run providers' : `npm run providers -- ${name}@${version}`;
  const advice = `run \`${install}\`, or point REPRISE_PROVIDERS to a folder that has it`;
  const manifest = join(own, 'node_modules', packageName, 'package.json');
  if (!existsSync(manifest))
    return { kind: 'missing', reason: `${packageName}@${version} is not in ${own}: ${advice}` };
  const installed = String(JSON.parse(readFileSync(manifest, 'utf8')).version);
  if (installed !== version) {
    const wanted = pinned ? 'pinned' : 'wanted';
    return {
      kind: 'missing',
      reason: `${own} has ${packageName}@${installed}, but ${version} is ${wanted}: ${advice}`,
    };
  }
  const candidates = (name === 'codex' ? codexFiles() : claudeFiles()).map((file) => join(own, 'node_modules', file));
  const file = candidates.find((candidate) => existsSync(candidate));
  if (file) return { kind: 'found', version, file };
  const platform = `${process.platform} ${process.arch}`;
  return { kind: 'missing', reason: `${packageName}@${version} has no binary for ${platform} in ${own}: ${advice}` };
}

/** What to start for a provider's file: itself, or Node with it when it is a script. */
export function commandOf(file: string): { readonly file: string; readonly before: readonly string[] } {
  return /\.[cm]?js$/.test(file) ? { file: process.execPath, before: [file] } : { file, before: [] };
}

const exe = (name: string): string => (process.platform === 'win32' ? `${name}.exe` : name);

function codexFiles(): string[] {
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const system: Partial<Record<NodeJS.Platform, string>> = {
    linux: 'unknown-linux-musl',
    darwin: 'apple-darwin',
    win32: 'pc-windows-msvc',
  };
  const target = `${machine}-${system[process.platform] ?? process.platform}`;
  const vendor = join('@openai', `codex-${process.platform}-${process.arch}`, 'vendor', target);
  // Up to 0.120 or so it was in a folder `codex`.
  return ['bin', 'codex'].map((where) => join(vendor, where, exe('codex')));
}

function claudeFiles(): string[] {
  const plain = `claude-code-${process.platform}-${process.arch}`;
  const packages = process.platform === 'linux' && !hasGlibc() ? [`${plain}-musl`] : [plain];
  // Before 2.1.113 the package held a program for Node, and no binary.
  return [
    ...packages.map((name) => join('@anthropic-ai', name, exe('claude'))),
    join('@anthropic-ai', 'claude-code', 'cli.js'),
  ];
}

function hasGlibc(): boolean {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime !== undefined;
}
