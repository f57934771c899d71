import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parseWanted } from '../../src/host/install-providers.ts';
import { npmArguments } from '../../src/host/npm.ts';
import { claudeLaunch, codexLaunch } from '../../src/host/provider-env.ts';
import { findProvider, PINNED, providersFolder } from '../../src/host/providers.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-providers-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function install(packageName: string, version: string, files: string[] = []): void {
  const own = join(folder, 'node_modules', packageName);
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'package.json'), JSON.stringify({ version }));
  for (const file of files) {
    mkdirSync(join(folder, 'node_modules', file, '..'), { recursive: true });
    writeFileSync(join(folder, 'node_modules', file), '');
  }
}

it('takes the folder from the environment, else one beside package.json', () => {
  vi.stubEnv('REPRISE_PROVIDERS', '');
  expect(providersFolder()).toBe(join(process.cwd(), '.providers'));
  vi.stubEnv('REPRISE_PROVIDERS', folder);
  expect(providersFolder()).toBe(folder);
});

it('says what is missing and what to do', () => {
  expect(findProvider('codex', folder)).toEqual({
    kind: 'missing',
    reason: `@openai/codex@0.169.0 is not in ${folder}: run \`npm run providers\`, or point REPRISE_PROVIDERS to a folder that has it`,
  });
  install('@openai/codex', '0.1.0');
  expect(findProvider('codex', folder)).toMatchObject({
    kind: 'missing',
    reason: expect.stringContaining('has @openai/codex@0.1.0, but 0.169.0 is pinned'),
  });
  install('@anthropic-ai/claude-code', PINNED.claude.version);
  expect(findProvider('claude', folder)).toMatchObject({
    kind: 'missing',
    reason: expect.stringContaining(`has no binary for ${process.platform} ${process.arch}`),
  });
});

it.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('finds the native binaries (Linux x64)', () => {
  const codex = '@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex';
  install('@openai/codex', PINNED.codex.version, [codex, '@openai/codex/bin/codex.js']);
  expect(findProvider('codex', folder)).toEqual({
    kind: 'found',
    version: PINNED.codex.version,
    file: join(folder, 'node_modules', codex),
  });
  const claudes = ['@anthropic-ai/claude-code-linux-x64/claude', '@anthropic-ai/claude-code-linux-x64-musl/claude'];
  install('@anthropic-ai/claude-code', PINNED.claude.version, claudes);
  expect(findProvider('claude', folder)).toMatchObject({
    kind: 'found',
    file: expect.stringMatching(/linux-x64(-musl)?\/claude$/),
  });
});

it('installs the pinned versions without scripts, whatever Node they ask for', () => {
  const pinned = [parseWanted('codex@0.169.0'), parseWanted('claude@2.1.329')];
  const packages = pinned.map(({ name, version }) => `${PINNED[name].package}@${version}`);
  expect(npmArguments('/p', packages)).toEqual([
    'install',
    '--prefix',
    '/p',
    '--ignore-scripts',
    '--no-save',
    '--no-package-lock',
    '--no-audit',
    '--no-fund',
    '--engine-strict=false',
    '@openai/codex@0.169.0',
    '@anthropic-ai/claude-code@2.1.329',
  ]);
});

it('refuses what is no version of a provider', () => {
  for (const text of ['codex', 'codex@', 'codex@latest', 'tmux@3.3.0', 'codex@1.2.3@4', '--force'])
    expect(() => parseWanted(text)).toThrow(/say e\.g\. codex@/);
});

it('finds other versions in folders of their own, and says how to install one', () => {
  expect(findProvider('codex', folder, '0.166.0')).toEqual({
    kind: 'missing',
    reason: `@openai/codex@0.166.0 is not in ${join(folder, 'codex-0.166.0')}: run \`npm run providers -- codex@0.166.0\`, or point REPRISE_PROVIDERS to a folder that has it`,
  });
  install('../codex-0.166.0/node_modules/@openai/codex', '0.165.0');
  expect(findProvider('codex', folder, '0.166.0')).toMatchObject({
    kind: 'missing',
    reason: expect.stringContaining('has @openai/codex@0.165.0, but 0.166.0 is wanted'),
  });
  // Versions before 2.1.113 are programs for Node.
  const claude = '../claude-2.0.76/node_modules/@anthropic-ai/claude-code';
  install(claude, '2.0.76', [`${claude}/cli.js`]);
  expect(findProvider('claude', folder, '2.0.76')).toEqual({
    kind: 'found',
    version: '2.0.76',
    file: join(folder, 'claude-2.0.76/node_modules/@anthropic-ai/claude-code/cli.js'),
  });
});

it('launches providers with nothing of this user’s environment', () => {
  vi.stubEnv('ANTHROPIC_API_KEY', 'a real one');
  vi.stubEnv('OPENAI_API_KEY', 'a real one');
  vi.stubEnv('HTTPS_PROXY', 'http://proxy');
  const options = { binary: '/bin/x', folder, cwd: folder, modelUrl: 'http://127.0.0.1:1' };
  for (const launch of [codexLaunch(options), claudeLaunch(options)]) {
    const { PATH, ...env } = launch.env;
    expect(PATH).not.toContain('node_modules');
    expect(Object.values(env)).not.toContain('a real one');
    expect(env).not.toHaveProperty('HTTPS_PROXY');
    expect(env.HOME).toBe(join(folder, 'home'));
    expect(launch.cwd).toBe(folder);
  }
  expect(claudeLaunch({ ...options, retries: 2 }).env).toMatchObject({
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:1',
    CLAUDE_CODE_MAX_RETRIES: '2',
  });
});

it('writes codex’s settings: one provider at the loopback, plugins off, retries bounded', () => {
  codexLaunch({
    binary: '/bin/x',
    folder,
    cwd: folder,
    modelUrl: 'http://127.0.0.1:1',
    streamRetries: 2,
    settings: ['approval_policy = "never"'],
  });
  const config = readFileSync(join(folder, 'home', '.codex', 'config.toml'), 'utf8');
  const lines = config.split('\n');
  expect(lines).toContain('base_url = "http://127.0.0.1:1/v1"');
  expect(lines).toContain('plugins = false');
  expect(lines).toContain('request_max_retries = 0');
  expect(lines).toContain('stream_max_retries = 2');
  expect(lines.indexOf('approval_policy = "never"')).toBeLessThan(lines.indexOf('[features]'));
});
