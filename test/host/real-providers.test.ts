import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Loopback, type LoopbackExchange, startLoopback } from '../../src/host/loopback.ts';
import { type LoopbackNamespace, openLoopbackNamespace } from '../../src/host/loopback-namespace.ts';
import { RealPace } from '../../src/host/pace.ts';
import { claudeLaunch, codexLaunch, type ProviderLaunch } from '../../src/host/provider-env.ts';
import { findProvider } from '../../src/host/providers.ts';
import { type ModelScript, modelHandlers } from '../../src/world/model/index.ts';
import { CLAUDE_FLAGS, converse } from './converse.ts';

const codex = findProvider('codex');
const claude = findProvider('claude');
const named = (name: string, binary: typeof codex): string =>
  binary.kind === 'found' ? name : `${name} (skipped: ${binary.reason})`;

const script: ModelScript = {
  rules: [
    { when: { user: 'say hello' }, reply: [{ do: 'text', chunks: ['Hello ', 'world'], gapMs: 5 }] },
    { when: { user: 'run it', round: 0 }, reply: [{ do: 'tool', command: 'echo made by the tool' }] },
    {
      when: { user: 'run it', toolResult: { includes: 'made by the tool' } },
      reply: [{ do: 'text', chunks: ['ran'] }],
    },
    { when: { user: 'be refused' }, reply: [{ do: 'status', status: 401 }] },
  ],
};

const folder = mkdtempSync(join(tmpdir(), 'reprise-real-'));
const pace = new RealPace();
const exchanges: LoopbackExchange[] = [];
let namespace: LoopbackNamespace | undefined;
let loopback: Loopback;

beforeAll(async () => {
  const opened = await openLoopbackNamespace();
  if (opened.kind === 'isolated') namespace = opened;
  loopback = await startLoopback({
    handlers: modelHandlers(script, { pacer: pace }),
    onExchange: (exchange) => exchanges.push(exchange),
    ...(namespace ? { socket: namespace.server } : {}),
  });
});
afterEach(() => {
  exchanges.length = 0;
});
afterAll(async () => {
  pace.stop();
  await loopback.close();
  await namespace?.close();
  rmSync(folder, { recursive: true, force: true });
});

const inside = (launch: ProviderLaunch): ProviderLaunch => (namespace ? namespace.enter(launch) : launch);

function place(name: string): { folder: string; cwd: string; modelUrl: string } {
  const own = join(folder, name);
  const cwd = join(own, 'work');
  mkdirSync(cwd, { recursive: true });
  return { folder: own, cwd, modelUrl: loopback.url };
}

it.skipIf(codex.kind === 'missing')(
  named('the real codex: text, a tool call and a 401 in three turns', codex),
  async () => {
    if (codex.kind === 'missing') return;
    const launch = codexLaunch({ binary: codex.file, ...place('codex') });
    const prompts = ['say hello', 'run it', 'be refused'];
    let thread: unknown;
    const turn = () => {
      const text = prompts.shift();
      return {
        id: 9 - prompts.length,
        method: 'turn/start',
        params: { threadId: thread, input: [{ type: 'text', text }] },
      };
    };
    const initialize = { clientInfo: { name: 'test', version: '1' }, capabilities: { experimentalApi: true } };
    const { frames, stderr, exit } = await converse(
      inside(launch),
      [{ id: 1, method: 'initialize', params: initialize }],
      (frame) => {
        if (frame.id === 1)
          return [{ method: 'initialized' }, { id: 2, method: 'thread/start', params: { cwd: launch.cwd } }];
        if (frame.id === 2) {
          thread = (frame.result as { thread: { id: string } }).thread.id;
          return [turn()];
        }
        if (frame.method === 'turn/completed') return prompts.length > 0 ? [turn()] : 'end';
        return [];
      },
    );
    const turns = frames
      .filter((frame) => frame.method === 'turn/completed')
      .map((frame) => (frame.params as { turn: { status: string; error: { message: string } | null } }).turn);
    expect(turns.map((done) => done.status)).toEqual(['completed', 'completed', 'failed']);
    expect(turns[2]?.error?.message).toBe(
      `unexpected status 401 Unauthorized: Invalid bearer token, url: ${loopback.url}/v1/responses, request id: req_${thread}_4`,
    );
    const items = frames
      .filter((frame) => frame.method === 'item/completed')
      .map((frame) => (frame.params as { item: Record<string, unknown> }).item)
      .filter((item) => item.type !== 'userMessage');
    expect(items.map(({ id, type, text, aggregatedOutput }) => [type, id, text ?? aggregatedOutput])).toEqual([
      ['agentMessage', `msg_${thread}_1_1`, 'Hello world'],
      ['commandExecution', `call_${thread}_2_1`, 'made by the tool\n'],
      ['agentMessage', `msg_${thread}_3_1`, 'ran'],
    ]);
    expect(exit).toEqual([0, null]);
    // Without bubblewrap on this machine codex warns (facts/codex-wire.md 1.4); everything else would be news.
    const news = stderr.split('\n').filter((line) => line !== '' && !/bubblewrap|bwrap/i.test(line));
    expect(news).toEqual([]);
    expect(exchanges.map((exchange) => [exchange.path, exchange.status, exchange.end])).toEqual([
      ['/v1/responses', 200, 'complete'],
      ['/v1/responses', 200, 'complete'],
      ['/v1/responses', 200, 'complete'],
      ['/v1/responses', 401, 'complete'],
    ]);
    expect(loopback.problems).toEqual([]);
  },
);

it.skipIf(claude.kind === 'missing')(
  named('the real claude: text, a tool call and a 401 in three turns', claude),
  async () => {
    if (claude.kind === 'missing') return;
    const plain = claudeLaunch({ binary: claude.file, ...place('claude') });
    const launch = { ...plain, args: [...CLAUDE_FLAGS, ...plain.args] };
    const prompts = ['say hello', 'run it', 'be refused'];
    const say = () => ({
      type: 'user',
      message: { role: 'user', content: prompts.shift() },
      parent_tool_use_id: null,
      session_id: '',
    });
    const { frames, stderr, exit } = await converse(inside(launch), [say()], (frame) => {
      if (frame.type === 'result') return prompts.length > 0 ? [say()] : 'end';
      return [];
    });
    const session = frames.find((frame) => frame.subtype === 'init')?.session_id;
    const results = frames.filter((frame) => frame.type === 'result');
    expect(results.map((frame) => [frame.is_error, frame.result])).toEqual([
      [false, 'Hello world'],
      [false, 'ran'],
      [true, 'Invalid API key · Fix external API key'],
    ]);
    const blocks = frames
      .filter((frame) => frame.type === 'assistant')
      .map((frame) => frame.message as { id: string; content: { type: string; id?: string }[] })
      .map((message) => [message.id, message.content[0]?.type, message.content[0]?.id]);
    expect(blocks.slice(0, 3)).toEqual([
      [`msg_${session}_1`, 'text', undefined],
      [`msg_${session}_2`, 'tool_use', `toolu_${session}_2_1`],
      [`msg_${session}_3`, 'text', undefined],
    ]);
    expect(exit).toEqual([1, null]);
    expect(stderr).toBe('');
    expect(exchanges.map((exchange) => [exchange.path, exchange.status])).toEqual([
      ['/v1/messages?beta=true', 200],
      ['/v1/messages?beta=true', 200],
      ['/v1/messages?beta=true', 200],
      ['/v1/messages?beta=true', 401],
    ]);
    expect(loopback.problems).toEqual([]);
    expect(readdirSync(join(folder, 'claude')).sort()).toEqual(['home', 'tmp', 'work']);
  },
);
