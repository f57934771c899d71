import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findAgentSdk } from '../host/agent-sdk.ts';
import { startLoopback } from '../host/loopback.ts';
import { openLoopbackNamespace } from '../host/loopback-namespace.ts';
import { RealPace } from '../host/pace.ts';
import { claudeLaunch } from '../host/provider-env.ts';
import { findProvider } from '../host/providers.ts';
import { saveTranscript } from '../transcript/write.ts';
import { modelHandlers } from '../world/model/index.ts';
import { converseThroughSdk, SDK_CONVERSATIONS, type SdkConversation } from './agent-sdk/conversations.ts';
import { TRANSCRIPTS_DIRECTORY } from './replay.ts';
import { makeShims } from './shims/make.ts';

/**
 * `npm run record:agent-sdk [-- NAME…]`: records conversations that Anthropic's Agent SDK has with the real claude, through the shim, as
 * any user would. Nothing but the scripted model can be reached. Exit code 1 when one failed, 2 when something is missing.
 */
async function main(wanted: readonly string[]): Promise<number> {
  const [sdk, claude] = [findAgentSdk(), findProvider('claude')];
  if (sdk.kind === 'missing' || claude.kind === 'missing') {
    for (const found of [sdk, claude]) if (found.kind === 'missing') console.error(found.reason);
    return 2;
  }
  let failed = 0;
  for (const conversation of SDK_CONVERSATIONS) {
    if (wanted.length > 0 && !wanted.includes(conversation.name)) continue;
    try {
      console.log(`${await record(conversation, sdk.file, claude.file)} agent-sdk/${conversation.name}`);
    } catch (error) {
      failed = 1;
      console.error(`failed agent-sdk/${conversation.name}: ${(error as Error).message}`);
    }
  }
  return failed;
}

async function record(conversation: SdkConversation, sdk: string, binary: string): Promise<string> {
  const namespace = await openLoopbackNamespace();
  if (namespace.kind !== 'isolated') throw new Error(`real providers are only run isolated: ${namespace.reason}`);
  const folder = mkdtempSync(join(tmpdir(), 'reprise-sdk-'));
  const pace = new RealPace();
  const handlers = modelHandlers(conversation.script, { pacer: pace });
  const loopback = await startLoopback({ socket: namespace.server, handlers });
  try {
    const cwd = join(folder, 'ws');
    mkdirSync(cwd);
    const launch = claudeLaunch({ binary, folder, cwd, modelUrl: loopback.url });
    const shims = join(folder, 'shims');
    const out = join(folder, `${conversation.name}.ndjson`);
    const config = { mode: 'record' as const, transcripts: [], faults: null, script: null, speed: 'max' };
    await makeShims(shims, ['claude'], { ...config, out, state: join(shims, 'state') });
    const entered = namespace.enter({ file: binary, args: [], cwd, env: launch.env });
    const inside = join(folder, 'claude');
    writeFileSync(inside, `#!/bin/sh\nexec ${[entered.file, ...entered.args].map(quoted).join(' ')} "$@"\n`);
    chmodSync(inside, 0o755);
    const env = { ...launch.env, REPRISE_REAL_CLAUDE: inside, CI: '' };
    await converseThroughSdk(conversation, { sdk, executable: join(shims, 'claude'), cwd, env });
    if (loopback.problems.length > 0) throw new Error(loopback.problems.join('; '));
    const place = join(TRANSCRIPTS_DIRECTORY, 'agent-sdk');
    mkdirSync(place, { recursive: true });
    return saveTranscript(join(place, `${conversation.name}.ndjson`), readFileSync(out, 'utf8'));
  } finally {
    pace.stop();
    await loopback.close();
    await namespace.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

process.exitCode = await main(process.argv.slice(2));
