import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startLoopback } from '../host/loopback.ts';
import { openLoopbackNamespace } from '../host/loopback-namespace.ts';
import { RealPace } from '../host/pace.ts';
import { claudeLaunch, codexLaunch } from '../host/provider-env.ts';
import { findProvider, type ProviderName } from '../host/providers.ts';
import { findSdk } from '../host/sdks.ts';
import { saveTranscript } from '../transcript/write.ts';
import { modelHandlers } from '../world/model/index.ts';
import { TRANSCRIPTS_DIRECTORY } from './replay.ts';
import { CLAUDE_CONVERSATIONS } from './sdks/claude.ts';
import { CODEX_CONVERSATIONS } from './sdks/codex.ts';
import type { SdkConversation } from './sdks/conversation.ts';
import { makeShims } from './shims/make.ts';

const LAUNCH = { codex: codexLaunch, claude: claudeLaunch };
/** Folders below `transcripts/`. */
const FOLDERS: Readonly<Record<ProviderName, string>> = { codex: 'codex-sdk', claude: 'agent-sdk' };

/**
 * `npm run record:sdks [-- NAME…]`: records conversations that the published SDKs have with the real codex and claude, through the shim,
 * as any user would. Nothing but the scripted model can be reached. Exit code 1 when one failed, 2 when something is missing.
 */
async function main(wanted: readonly string[]): Promise<number> {
  let code = 0;
  for (const conversation of [...CODEX_CONVERSATIONS, ...CLAUDE_CONVERSATIONS]) {
    const { provider, name } = conversation;
    const place = join(FOLDERS[provider], name);
    if (wanted.length > 0 && !wanted.some((one) => one === name || one === place)) continue;
    const [sdk, binary] = [findSdk(provider), findProvider(provider)];
    if (sdk.kind === 'missing' || binary.kind === 'missing') {
      for (const found of [sdk, binary]) if (found.kind === 'missing') console.error(found.reason);
      return 2;
    }
    try {
      console.log(`${await record(conversation, sdk.file, binary.file)} ${place}`);
    } catch (error) {
      code = 1;
      console.error(`failed ${place}: ${(error as Error).message}`);
    }
  }
  return code;
}

async function record(conversation: SdkConversation, sdk: string, binary: string): Promise<string> {
  const { provider, name, processes } = conversation;
  const namespace = await openLoopbackNamespace();
  if (namespace.kind !== 'isolated') throw new Error(`real providers are only run isolated: ${namespace.reason}`);
  const folder = mkdtempSync(join(tmpdir(), 'reprise-sdk-'));
  const pace = new RealPace();
  const handlers = modelHandlers(conversation.script, { pacer: pace });
  const loopback = await startLoopback({ socket: namespace.server, handlers });
  try {
    const cwd = join(folder, 'ws');
    mkdirSync(cwd);
    const launch = LAUNCH[provider]({ binary, folder, cwd, modelUrl: loopback.url });
    const shims = join(folder, 'shims');
    const recordings = join(folder, 'recordings');
    const out = join(recordings, processes === 1 ? `${name}.ndjson` : name);
    const config = { mode: 'record' as const, transcripts: [], faults: null, script: null, speed: 'max' };
    await makeShims(shims, [provider], { ...config, out, state: join(shims, 'state') });
    const entered = namespace.enter({ file: binary, args: [], cwd, env: launch.env });
    const inside = join(folder, provider);
    writeFileSync(inside, `#!/bin/sh\nexec ${[entered.file, ...entered.args].map(quoted).join(' ')} "$@"\n`);
    chmodSync(inside, 0o755);
    const env = { ...launch.env, [`REPRISE_REAL_${provider.toUpperCase()}`]: inside, CI: '' };
    await conversation.have({ sdk, executable: join(shims, provider), cwd, env });
    if (loopback.problems.length > 0) throw new Error(loopback.problems.join('; '));
    return saveAll(recordings, join(TRANSCRIPTS_DIRECTORY, FOLDERS[provider]));
  } finally {
    pace.stop();
    await loopback.close();
    await namespace.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Puts the files of a folder where fixtures live, and says what became of them. */
function saveAll(from: string, to: string): string {
  const names = readdirSync(from, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(from, name)).isFile(),
  );
  const saved = names.sort().map((name) => {
    mkdirSync(dirname(join(to, name)), { recursive: true });
    return saveTranscript(join(to, name), readFileSync(join(from, name), 'utf8'));
  });
  return [...new Set(saved)].join(', ');
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

process.exitCode = await main(process.argv.slice(2));
