import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startLoopback } from '../../src/host/loopback.ts';
import { openLoopbackNamespace } from '../../src/host/loopback-namespace.ts';
import { RealPace } from '../../src/host/pace.ts';
import { claudeLaunch, codexLaunch, type LaunchOptions, type ProviderLaunch } from '../../src/host/provider-env.ts';
import { findProvider, type ProviderBinary } from '../../src/host/providers.ts';
import { type ModelCondition, type ModelRule, modelHandlers, type ReplyStep } from '../../src/world/model/index.ts';
import { CLAUDE_FLAGS, converse, type Frame } from './converse.ts';

/** Each fault of the scripted model, and what the real client makes of it (facts/codex-wire.md 4, facts/claude-wire.md 4). */
interface Fault {
  readonly prompt: string;
  readonly rules: readonly ModelRule[];
  /** Requests the client sends in this turn. */
  readonly requests: number;
  readonly outcome: unknown;
}

const on = (user: ModelCondition['user'], reply: readonly ReplyStep[], more: ModelCondition = {}): ModelRule => ({
  when: { ...(user === undefined ? {} : { user }), ...more },
  reply,
});
const text = (...chunks: string[]): ReplyStep => ({ do: 'text', chunks });
const soon: ReplyStep = { do: 'wait', ms: 20 };
const fault = (prompt: string, reply: readonly ReplyStep[], outcome: unknown, requests = 1): Fault => ({
  prompt,
  rules: [on(prompt, reply)],
  requests,
  outcome,
});
const status = (code: number, more: Partial<Extract<ReplyStep, { do: 'status' }>> = {}): ReplyStep[] => [
  { do: 'status', status: code, ...more },
];

/** `[status, codexErrorInfo, start of the message]`, or the items of a turn that completes. */
const CODEX_FAULTS: readonly Fault[] = [
  fault(
    'cut',
    [text('half'), soon, { do: 'cut' }],
    ['failed', 'other', 'stream disconnected before completion: Transport error'],
  ),
  fault(
    'end',
    [text('half'), { do: 'stop' }, { do: 'end' }],
    ['failed', 'other', 'stream disconnected before completion: stream closed before response.completed'],
  ),
  fault('429', status(429, { retryAfterS: 1 }), [
    'failed',
    { responseTooManyFailedAttempts: { httpStatusCode: 429 } },
    'exceeded retry limit, last status: 429',
  ]),
  fault('usage', status(429, { type: 'usage_limit_reached', extra: { plan_type: 'plus', resets_at: 1_900_000_000 } }), [
    'failed',
    'usageLimitExceeded',
    'You’ve hit your usage limit.',
  ]),
  fault(
    'rate',
    [{ do: 'fail', code: 'rate_limit_exceeded', message: 'Rate limit reached.' }],
    ['failed', 'rateLimitExceeded', 'rate limit exceeded: Rate limit reached.'],
  ),
  fault('500', status(500), ['failed', 'internalServerError', 'We’re currently experiencing high demand']),
  fault('503', status(503), ['failed', 'serverOverloaded', 'Selected model is at capacity']),
  fault('400', status(400), [
    'failed',
    'other',
    '{"error":{"message":"Unsupported parameter","type":"invalid_request_error"}}',
  ]),
  fault('403', status(403), [
    'failed',
    { httpConnectionFailed: { httpStatusCode: 403 } },
    'unexpected status 403 Forbidden: no access',
  ]),
  fault(
    'silence',
    [{ do: 'headers' }, { do: 'hang' }],
    ['failed', 'other', 'stream disconnected before completion: idle timeout'],
  ),
  fault('malformed', [{ do: 'raw', text: 'event: x\ndata: {"type":"resp\n\n' }, text('ok')], ['agentMessage ok']),
  fault(
    'reason',
    [{ do: 'reasoning', chunks: ['**Plan** ', 'it'] }, text('ok')],
    ['reasoning **Plan** it', 'agentMessage ok'],
  ),
  {
    prompt: 'patch',
    rules: [
      on('patch', [
        { do: 'tool', name: 'apply_patch', input: '*** Begin Patch\n*** Add File: a.txt\n+hi\n*** End Patch\n' },
      ]),
      on('patch', [text('patched')], { round: 1 }),
    ],
    requests: 2,
    outcome: ['fileChange completed', 'agentMessage patched'],
  },
  // The last one: the next turn would begin with a compaction.
  fault(
    'context',
    [{ do: 'fail', code: 'context_length_exceeded', message: 'too long' }],
    ['failed', 'contextWindowExceeded', 'Codex ran out of room'],
  ),
];

/** `[is_error, start of the result]`. */
const CLAUDE_FAULTS: readonly Fault[] = [
  fault('403', status(403), [true, 'Failed to authenticate. API Error: 403 no access']),
  fault('400', status(400), [true, 'API Error: 400 messages: bad'], 6),
  fault('404', status(404), [true, "There's an issue with the selected model"], 2),
  fault('429', status(429), [true, 'API Error: Request rejected (429) · slow down']),
  fault('529', status(529), [true, 'API Error: 529 Overloaded.']),
  fault('500', status(500), [true, 'API Error: 500 Internal server error.']),
  {
    prompt: 'cut in text',
    rules: [on('cut in text', [text('half'), soon, { do: 'cut' }], { attempt: 1 }), on('cut in text', [text('whole')])],
    requests: 2,
    outcome: [false, 'whole'],
  },
  {
    prompt: 'cut after text',
    rules: [
      on('cut after text', [text('half'), { do: 'stop' }, soon, { do: 'cut' }]),
      on({ includes: 'cut off mid-stream' }, [text('resumed')]),
    ],
    requests: 2,
    outcome: [false, 'resumed'],
  },
  {
    prompt: 'cut after tool',
    rules: [
      on('cut after tool', [{ do: 'tool', command: 'echo x' }, { do: 'stop' }, soon, { do: 'cut' }]),
      on('cut after tool', [text('the tool ran')], { round: 1 }),
    ],
    requests: 2,
    outcome: [false, 'the tool ran'],
  },
  {
    prompt: 'error event',
    rules: [
      on('error event', [text('half'), { do: 'fail', code: 'overloaded_error', message: 'Overloaded' }], {
        stream: true,
      }),
      on('error event', [text('in one piece')], { stream: false }),
    ],
    requests: 2,
    outcome: [false, 'in one piece'],
  },
  {
    prompt: 'max tokens',
    rules: [
      on('max tokens', [text('one'), { do: 'finish', stopReason: 'max_tokens' }]),
      on({ includes: 'Output token limit hit' }, [text('two')]),
    ],
    requests: 2,
    outcome: [false, 'two'],
  },
  fault('reason', [{ do: 'reasoning', chunks: ['Let me ', 'think'] }, text('ok')], [false, 'ok']),
];

const turnStart = (thread: unknown, prompt: string): object => ({
  id: 3,
  method: 'turn/start',
  params: { threadId: thread, input: [{ type: 'text', text: prompt }] },
});

async function playCodex(launch: ProviderLaunch, prompts: readonly string[], turnOver: (outcome: unknown) => void) {
  const left = [...prompts];
  let thread: unknown;
  let items: string[] = [];
  const next = () => {
    const prompt = left.shift();
    return prompt === undefined ? 'end' : [turnStart(thread, prompt)];
  };
  const initialize = { clientInfo: { name: 'test', version: '1' }, capabilities: { experimentalApi: true } };
  await converse(launch, [{ id: 1, method: 'initialize', params: initialize }], (frame: Frame) => {
    if (frame.id === 1)
      return [{ method: 'initialized' }, { id: 2, method: 'thread/start', params: { cwd: launch.cwd } }];
    if (frame.id === 2) {
      thread = (frame.result as { thread: { id: string } }).thread.id;
      return next();
    }
    if (frame.method === 'item/completed') {
      const { item } = frame.params as { item: { type: string; text?: string; summary?: string[]; status?: string } };
      if (item.type !== 'userMessage') items.push(`${item.type} ${item.text ?? item.summary?.join() ?? item.status}`);
    }
    if (frame.method !== 'turn/completed') return [];
    const { turn } = frame.params as {
      turn: { status: string; error: { message: string; codexErrorInfo: unknown } | null };
    };
    turnOver(turn.error ? [turn.status, turn.error.codexErrorInfo, turn.error.message] : items);
    items = [];
    return next();
  });
}

async function playClaude(launch: ProviderLaunch, prompts: readonly string[], turnOver: (outcome: unknown) => void) {
  const left = [...prompts];
  const next = () => {
    const content = left.shift();
    if (content === undefined) return 'end';
    return [{ type: 'user', message: { role: 'user', content }, parent_tool_use_id: null, session_id: '' }];
  };
  const opening = next();
  await converse(launch, opening === 'end' ? [] : opening, (frame) => {
    if (frame.type !== 'result') return [];
    turnOver([frame.is_error, frame.result]);
    return next();
  });
}

/** All faults one after the other, as turns of one conversation with one process. */
async function meet(
  faults: readonly Fault[],
  launchOf: (options: Omit<LaunchOptions, 'binary'>) => ProviderLaunch,
  play: typeof playCodex,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-faults-'));
  const cwd = join(folder, 'work');
  mkdirSync(cwd);
  const pace = new RealPace();
  const namespace = await openLoopbackNamespace();
  let requests = 0;
  const count = () => {
    requests++;
  };
  const loopback = await startLoopback({
    handlers: modelHandlers({ rules: faults.flatMap((each) => each.rules) }, { pacer: pace, onAsk: count }),
    ...(namespace.kind === 'isolated' ? { socket: namespace.server } : {}),
  });
  try {
    const launch = launchOf({ folder, cwd, modelUrl: loopback.url });
    const seen: unknown[] = [];
    const turnOver = (outcome: unknown): void => {
      const want = faults[seen.length]?.outcome;
      seen.push({ prompt: faults[seen.length]?.prompt, requests, outcome: likeStart(outcome, want) });
      requests = 0;
    };
    const inside = namespace.kind === 'isolated' ? namespace.enter(launch) : launch;
    await play(
      inside,
      faults.map((each) => each.prompt),
      turnOver,
    );
    expect(seen).toEqual(
      faults.map(({ prompt, requests: wanted, outcome }) => ({ prompt, requests: wanted, outcome })),
    );
    expect(loopback.problems).toEqual([]);
  } finally {
    pace.stop();
    await loopback.close();
    if (namespace.kind === 'isolated') await namespace.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Long messages are cut to the length of the expected start. */
const likeStart = (got: unknown, want: unknown): unknown =>
  Array.isArray(got) && Array.isArray(want)
    ? got.map((part, i) =>
        typeof part === 'string' && typeof want[i] === 'string' ? part.slice(0, want[i].length) : part,
      )
    : got;

const codex = findProvider('codex');
const claude = findProvider('claude');
const named = (name: string, binary: ProviderBinary): string =>
  binary.kind === 'found' ? name : `${name} (skipped: ${binary.reason})`;
const fileOf = (binary: ProviderBinary): string => (binary.kind === 'found' ? binary.file : '');

it.skipIf(codex.kind === 'missing')(named('the real codex meets each fault as the facts say', codex), async () => {
  const settings = ['approval_policy = "never"', 'sandbox_mode = "danger-full-access"'];
  const launch = (options: Omit<LaunchOptions, 'binary'>) =>
    codexLaunch({ ...options, binary: fileOf(codex), streamIdleTimeoutMs: 300, settings });
  await meet(CODEX_FAULTS, launch, playCodex);
});

it.skipIf(claude.kind === 'missing')(named('the real claude meets each fault as the facts say', claude), async () => {
  const launch = (options: Omit<LaunchOptions, 'binary'>) => {
    const plain = claudeLaunch({ ...options, binary: fileOf(claude) });
    return { ...plain, args: [...CLAUDE_FLAGS, ...plain.args] };
  };
  await meet(CLAUDE_FAULTS, launch, playClaude);
});
