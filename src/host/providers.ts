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
  | { readonly kind: 'found'; readonly version: string; readonly file: string }
  /** `reason` is a sentence for people that says what to do. */
  | { readonly kind: 'missing'; readonly reason: string };

/** Where the providers are installed: `REPRISE_PROVIDERS`, or `.providers` beside the project's package.json. */
export function providersFolder(): string {
  const chosen = process.env.REPRISE_PROVIDERS;
  return chosen ? resolve(chosen) : fileURLToPath(new URL('../../.providers', import.meta.url));
}

/**
 * Finds the native binary of the pinned version for this machine. The packages' own launchers are passed over: they need
 * a newer Node (claude), or stand between us and the process (codex; facts/codex-wire.md 5).
 */
export function findProvider(name: ProviderName, folder = providersFolder()): ProviderBinary {
  const { package: packageName, version } = PINNED[name];
  const advice = 'run `npm run providers`, or point REPRISE_PROVIDERS to a folder that has it';
  const manifest = join(folder, 'node_modules', packageName, 'package.json');
  if (!existsSync(manifest))
    return { kind: 'missing', reason: `${packageName}@${version} is not in ${folder}: ${advice}` };
  const installed = String(JSON.parse(readFileSync(manifest, 'utf8')).version);
  if (installed !== version) {
    return {
      kind: 'missing',
      reason: `${folder} has ${packageName}@${installed}, but ${version} is pinned: ${advice}`,
    };
  }
  const candidates = (name === 'codex' ? codexFiles() : claudeFiles()).map((file) =>
    join(folder, 'node_modules', file),
  );
  const file = candidates.find((candidate) => existsSync(candidate));
  if (file) return { kind: 'found', version, file };
  const platform = `${process.platform} ${process.arch}`;
  return { kind: 'missing', reason: `${packageName}@${version} has no binary for ${platform} in ${folder}: ${advice}` };
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
  return [join('@openai', `codex-${process.platform}-${process.arch}`, 'vendor', target, 'bin', exe('codex'))];
}

function claudeFiles(): string[] {
  const plain = `claude-code-${process.platform}-${process.arch}`;
  const packages = process.platform === 'linux' && !hasGlibc() ? [`${plain}-musl`] : [plain];
  return packages.map((name) => join('@anthropic-ai', name, exe('claude')));
}

function hasGlibc(): boolean {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime !== undefined;
}
