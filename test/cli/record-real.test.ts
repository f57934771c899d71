/** The real providers with and without the recorder in their place, on loopback: what the client sees, and what is written down. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redactorOfThisMachine } from '../../src/cli/recording/machine.ts';
import { type Loopback, startLoopback } from '../../src/host/loopback.ts';
import { type LoopbackNamespace, openLoopbackNamespace } from '../../src/host/loopback-namespace.ts';
import { RealPace } from '../../src/host/pace.ts';
import { claudeLaunch, codexLaunch, type ProviderLaunch } from '../../src/host/provider-env.ts';
import { findProvider, type ProviderName } from '../../src/host/providers.ts';
import type { Json } from '../../src/transcript/format.ts';
import { lintTranscripts } from '../../src/transcript/lint.ts';
import { PROFILES } from '../../src/transcript/profiles.ts';
import type { RawRecord } from '../../src/transcript/raw.ts';
import { readTranscript } from '../../src/transcript/read.ts';
import { seal } from '../../src/transcript/seal.ts';
import { sameExceptTiming } from '../../src/transcript/write.ts';
import { type ModelScript, modelHandlers } from '../../src/world/model/index.ts';
import { CLAUDE_FLAGS } from '../host/converse.ts';

const MAIN = join(import.meta.dirname, 'record-main.ts');
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const script: ModelScript = {
  rules: [{ when: { user: 'say hello' }, reply: [{ do: 'text', chunks: ['Hello ', 'there.'], gapMs: 5 }] }],
};

const folder = mkdtempSync(join(tmpdir(), 'reprise-record-real-'));
const pace = new RealPace();
let namespace: LoopbackNamespace;
let loopback: Loopback;
const found = { codex: findProvider('codex'), claude: findProvider('claude') };
const anyProvider = found.codex.kind === 'found' || found.claude.kind === 'found';

beforeAll(async () => {
  if (!anyProvider) return;
  const opened = await openLoopbackNamespace();
  if (opened.kind !== 'isolated') throw new Error(`real providers are only run isolated: ${opened.reason}`);
  namespace = opened;
  loopback = await startLoopback({ handlers: modelHandlers(script, { pacer: pace }), socket: namespace.server });
});
afterAll(async () => {
  pace.stop();
  await loopback?.close();
  await namespace?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Frame {
  readonly id?: number;
  readonly method?: string;
  readonly type?: string;
  readonly result?: { readonly thread?: { readonly id: string } };
}

interface Talk {
  readonly first: readonly Json[];
  /** What follows when this was heard; null: the client closes stdin. */
  next(frame: Frame): readonly Json[] | null;
}

const TALKS: Readonly<Record<ProviderName, Talk>> = {
  codex: {
    first: [{ id: 1, method: 'initialize', params: { clientInfo: { name: 'test', title: 'T', version: '1' } } }],
    next(frame) {
      if (frame.id === 1) return [{ method: 'initialized' }, { id: 2, method: 'thread/start', params: {} }];
      const input = [{ type: 'text', text: 'say hello', text_elements: [] }];
      if (frame.id === 2)
        return [{ id: 3, method: 'turn/start', params: { threadId: frame.result!.thread!.id, input } }];
      return frame.method === 'turn/completed' ? null : [];
    },
  },
  claude: {
    first: [{ request_id: 'r1', type: 'control_request', request: { subtype: 'initialize' } }],
    next(frame) {
      const message = { role: 'user', content: 'say hello' };
      if (frame.type === 'control_response')
        return [{ type: 'user', session_id: '', parent_tool_use_id: null, message }];
      return frame.type === 'result' ? null : [];
    },
  },
};

/** The whole conversation as its client saw it, and how the process ended. */
async function talk(provider: ProviderName, launch: ProviderLaunch, lane: string, signal?: NodeJS.Signals) {
  const seen: RawRecord[] = [];
  let t = 0;
  const { file, args, cwd, env } = launch;
  const inside = namespace.enter(launch);
  const child: ChildProcessWithoutNullStreams = spawn(inside.file, inside.args, { cwd, env });
  seen.push({ k: 'spawn', lane, t, file, args, cwd, env: {} });
  const send = (frames: readonly Json[]): void => {
    for (const frame of frames) {
      const text = JSON.stringify(frame);
      seen.push({ k: 'line', lane, t: ++t, dir: 'send', text });
      child.stdin.write(`${text}\n`);
    }
  };
  send(TALKS[provider].first);
  let rest = '';
  let err = '';
  child.stderr.on('data', (data) => (err += data));
  child.stdout.setEncoding('utf8').on('data', (data: string) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) {
      seen.push({ k: 'line', lane, t: ++t, dir: 'recv', text });
      const answer = TALKS[provider].next(JSON.parse(text) as Frame);
      if (signal !== undefined) child.kill(signal);
      else if (answer === null) {
        seen.push({ k: 'eof', lane, t: ++t });
        child.stdin.end();
      } else send(answer);
    }
  });
  const end = await new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal })),
  );
  seen.push({ k: 'exit', lane, t: ++t, ...end });
  return { seen, rest, err, ...end };
}

describe.each(['codex', 'claude'] as const)('the real %s', (provider) => {
  const binary = found[provider];
  const missing = binary.kind === 'missing' ? ` (skipped: ${binary.reason})` : '';

  function launchOf(): ProviderLaunch {
    if (binary.kind === 'missing') throw new Error(binary.reason);
    const own = join(folder, provider);
    const cwd = join(own, 'ws');
    mkdirSync(cwd, { recursive: true });
    const place = { binary: binary.file, folder: own, cwd, modelUrl: loopback.url };
    if (provider === 'codex') return codexLaunch(place);
    const launch = claudeLaunch(place);
    return { ...launch, args: [...launch.args, ...CLAUDE_FLAGS] };
  }

  function recorded(out: string, options: readonly string[]): ProviderLaunch {
    const { file, args, cwd, env } = launchOf();
    const own = ['--import', LOADER, MAIN, 'record', '--out', out, '--mode', 'all', ...options];
    return { file: process.execPath, args: [...own, '--', file, ...args], cwd, env };
  }

  const sealOptions = {
    profile: PROFILES[provider],
    scenario: 'seen',
    providerVersion: '0',
    platform: 'x',
    recorder: 'test',
    redactor: redactorOfThisMachine(),
  };
  const places = () => {
    const { cwd, env } = launchOf();
    const home = provider === 'codex' ? env.CODEX_HOME! : env.CLAUDE_CONFIG_DIR!;
    return { places: { paths: { ws: cwd, home: env.HOME!, tmp: env.TMPDIR!, own: home } } };
  };
  /** The client's own log, without what differs from run to run. */
  const view = (seen: readonly RawRecord[]): string =>
    seal(
      seen.map((record) => (record.k === 'spawn' ? { ...record, file: provider, args: [] } : record)),
      { ...sealOptions, ...places() },
    ).text;

  it.skipIf(missing !== '')(
    `looks the same through the recorder, and gives the same file again${missing}`,
    async () => {
      const lane = `${provider}:1`;
      const bare = await talk(provider, launchOf(), lane);
      const out = join(folder, provider, 'simple.ndjson');
      const tapped = await talk(provider, recorded(out, []), lane);
      expect(tapped).toMatchObject({ code: bare.code, signal: bare.signal, err: bare.err, rest: bare.rest });
      expect(bare).toMatchObject({ code: 0, rest: '' });
      expect(sameExceptTiming(view(bare.seen), view(tapped.seen)), 'the client sees something else').toBe(true);

      const file = readFileSync(out, 'utf8');
      const read = readTranscript(file, out);
      if (!read.ok || binary.kind === 'missing') throw new Error('not readable');
      expect(read.transcript.header).toMatchObject({ provider, providerVersion: binary.version });
      const frames = (dir: string) => read.transcript.records.filter((r) => r.type === 'frame' && r.dir === dir).length;
      expect(frames('recv')).toBe(bare.seen.filter((r) => r.k === 'line' && r.dir === 'recv').length);
      expect((await talk(provider, recorded(out, []), lane)).code).toBe(0);
      expect(readFileSync(out, 'utf8')).toBe(file);
      rmSync(out);
      await talk(provider, recorded(out, []), lane);
      expect(sameExceptTiming(readFileSync(out, 'utf8'), file), 'another recording is another file').toBe(true);
    },
  );

  it.skipIf(missing !== '').each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)(
    `ends by %s as it would${missing}`,
    async (signal) => {
      const lane = `${provider}:1`;
      const bare = await talk(provider, launchOf(), lane, signal);
      const tapped = await talk(provider, recorded(join(folder, `${provider}-${signal}.ndjson`), []), lane, signal);
      expect(tapped).toMatchObject({ code: bare.code, signal: bare.signal });
    },
  );

  it.skipIf(missing !== '')(`says what it said to the model, too${missing}`, async () => {
    const out = join(folder, provider, 'with-http.ndjson');
    expect(await talk(provider, recorded(out, ['--http']), `${provider}:1`)).toMatchObject({ code: 0 });
    const file = readFileSync(out, 'utf8');
    const read = readTranscript(file, out);
    if (!read.ok) throw new Error(read.errors[0].message);
    const exchanges = read.transcript.records.filter((record) => record.type === 'http');
    expect(exchanges).toMatchObject([{ request: { method: 'POST' }, response: { status: 200, end: 'complete' } }]);
    expect(exchanges[0]?.type === 'http' && exchanges[0].response!.chunks.length).toBeGreaterThan(1);
    rmSync(out);
    await talk(provider, recorded(out, ['--http']), `${provider}:1`);
    expect(sameExceptTiming(readFileSync(out, 'utf8'), file), 'another recording is another file').toBe(true);
    expect(lintTranscripts(join(folder, provider)).filter((finding) => finding.file.endsWith('.ndjson'))).toEqual([]);
  });
});
