import { readFileSync } from 'node:fs';
import { openLoopbackNamespace } from '../host/loopback-namespace.ts';
import { findProvider } from '../host/providers.ts';
import { claudeKit } from './fixtures/claude-kit.ts';
import { codexKit } from './fixtures/codex-kit.ts';
import type { Fixture } from './fixtures/fixture.ts';
import { loadFixtures, transcriptFile } from './fixtures/load.ts';
import { recordFixture } from './fixtures/record-fixture.ts';
import type { RecordingKit } from './fixtures/recording-kit.ts';

/**
 * `npm run record:fixtures [-- NAME…]`: records the transcripts of all fixtures, or of those named (`simple`,
 * `codex/simple`, `codex`), with the real providers. Exit code 1 when one of them failed, 2 when a provider is missing.
 */
async function main(wanted: readonly string[]): Promise<number> {
  const codex = await recordAll(codexKit, await loadFixtures(codexKit.provider), wanted);
  const claude = await recordAll(claudeKit, await loadFixtures(claudeKit.provider), wanted);
  return Math.max(codex, claude);
}

async function recordAll<Settings>(
  kit: RecordingKit<Settings>,
  all: readonly Fixture<Settings>[],
  wanted: readonly string[],
): Promise<number> {
  const names = (fixture: Fixture<Settings>) => [kit.provider, fixture.name, `${kit.provider}/${fixture.name}`];
  const fixtures = all.filter((fixture) => wanted.length === 0 || names(fixture).some((name) => wanted.includes(name)));
  if (fixtures.length === 0) return 0;
  const found = findProvider(kit.provider);
  if (found.kind === 'missing') {
    console.error(found.reason);
    return 2;
  }
  const schemaDigest = await digest(kit, found.file);
  let failed = 0;
  for (const fixture of fixtures) {
    const name = `${kit.provider}/${fixture.name}`;
    const file = transcriptFile(fixture);
    try {
      const options = { kit, binary: found.file, version: found.version, schemaDigest, recorder: recorder(), file };
      const { saved, transcript } = await recordFixture(fixture, options);
      console.log(`${saved.padEnd(9)} ${name}: ${transcript.records.length} records`);
    } catch (error) {
      failed = 1;
      console.error(`failed    ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return failed;
}

async function digest<Settings>(kit: RecordingKit<Settings>, binary: string): Promise<string | null> {
  const namespace = await openLoopbackNamespace();
  if (namespace.kind !== 'isolated') throw new Error(`real providers are only run isolated: ${namespace.reason}`);
  try {
    return kit.schemaDigest(binary, (launch) => namespace.enter(launch));
  } finally {
    await namespace.close();
  }
}

function recorder(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return `reprise ${JSON.parse(manifest).version}`;
}

process.exitCode = await main(process.argv.slice(2));
