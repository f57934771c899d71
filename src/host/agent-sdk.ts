import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { providersFolder } from './providers.ts';

/** Anthropic's published client of claude, which proves that stand-ins serve clients that are not ours. No dependency: its terms are its own. */
export const AGENT_SDK = { package: '@anthropic-ai/claude-agent-sdk', version: '0.3.329' } as const;

export type AgentSdkModule =
  | { readonly kind: 'found'; readonly file: string }
  /** `reason` is a sentence for people that says what to do. */
  | { readonly kind: 'missing'; readonly reason: string };

/** Where `npm run agent-sdk` has put it: in a folder of its own, for it is installed without the programs that it brings along. */
export function findAgentSdk(folder = agentSdkFolder()): AgentSdkModule {
  const { package: name, version } = AGENT_SDK;
  const home = join(folder, 'node_modules', name);
  const manifest = join(home, 'package.json');
  const reason = `${name}@${version} is not in ${folder}: run \`npm run agent-sdk\``;
  if (!existsSync(manifest)) return { kind: 'missing', reason };
  const installed = String(JSON.parse(readFileSync(manifest, 'utf8')).version);
  return installed === version ? { kind: 'found', file: join(home, 'sdk.mjs') } : { kind: 'missing', reason };
}

/** `REPRISE_AGENT_SDK`, or beside the providers. */
export function agentSdkFolder(): string {
  return process.env.REPRISE_AGENT_SDK ?? join(providersFolder(), 'agent-sdk');
}

/** Arguments of the npm call that installs it, without the providers' binaries and without what only its types need. */
export function agentSdkNpmArguments(folder: string): string[] {
  const flags = [
    '--ignore-scripts',
    '--no-save',
    '--no-package-lock',
    '--no-audit',
    '--no-fund',
    '--engine-strict=false',
  ];
  const omitted = ['--omit=optional', '--omit=peer'];
  return ['install', '--prefix', folder, ...flags, ...omitted, `${AGENT_SDK.package}@${AGENT_SDK.version}`];
}

/** Installs it (5 MB) unless it is there. Resolves with the exit code for the process. */
async function main(folder = agentSdkFolder()): Promise<number> {
  if (findAgentSdk(folder).kind === 'missing') {
    mkdirSync(folder, { recursive: true });
    const npm = spawn('npm', agentSdkNpmArguments(folder), { stdio: 'inherit', shell: process.platform === 'win32' });
    await once(npm, 'exit');
  }
  const found = findAgentSdk(folder);
  console.log(found.kind === 'found' ? found.file : found.reason);
  return found.kind === 'found' ? 0 : 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) process.exitCode = await main();
