import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TRANSCRIPTS_DIRECTORY } from '../../../src/cli/replay.ts';
import { openLoopbackNamespace } from '../../../src/host/loopback-namespace.ts';
import { findProvider, PINNED, type ProviderName } from '../../../src/host/providers.ts';
import { cli } from '../fake-io.ts';

const namespace = await openLoopbackNamespace();
if (namespace.kind === 'isolated') await namespace.close();

function because(name: ProviderName): string | null {
  const binary = findProvider(name);
  if (binary.kind === 'missing') return binary.reason;
  return namespace.kind === 'isolated' ? null : namespace.reason;
}

/** One with two processes, one with a question of the provider, one whose stream is cut, one that is interrupted. */
const CONVERSATIONS: Readonly<Record<ProviderName, readonly string[]>> = {
  codex: ['thread_resume', 'approval_accept', 'mid_stream_disconnect', 'interrupt'],
  claude: ['resume', 'approval_accept', 'stream_cut', 'interrupt'],
};

for (const name of ['codex', 'claude'] as const) {
  const reason = because(name);
  const title = `finds no drift in the very version that was recorded: ${name} ${PINNED[name].version}`;
  it.skipIf(reason !== null)(
    reason === null ? title : `${title} (skipped: ${reason})`,
    async () => {
      const files = CONVERSATIONS[name].map((scenario) => join(TRANSCRIPTS_DIRECTORY, name, `${scenario}.ndjson`));
      const { code, out } = await cli('drift', name, '--with', PINNED[name].version, '--json', ...files);
      const document = JSON.parse(out);
      expect(document.findings).toEqual([]);
      expect(document.notLookedAt).toEqual([]);
      expect(document.methods).toEqual(name === 'codex' ? { added: [], removed: [] } : null);
      expect(code).toBe(0);
    },
    300_000,
  );
}
