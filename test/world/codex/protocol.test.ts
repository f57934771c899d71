import { describe, expect, it } from 'vitest';
import { UnmodelledError } from '../../../src/world/unmodelled.ts';
import { Wire } from './wire.ts';

const UNKNOWN = '01a1fa79-f7b3-7d72-b47f-39bc8a69f840';
const input = [{ type: 'text', text: 'hi', text_elements: [] }];
const hello = {
  rules: [
    { when: { user: 'hi' }, reply: [{ do: 'text' as const, chunks: ['Hello.'] }] },
    {
      when: { user: 'gated' },
      reply: [
        { do: 'text' as const, chunks: ['one'] },
        { do: 'gate' as const, name: 'go' },
        { do: 'text' as const, chunks: ['two'] },
      ],
    },
    { when: { user: 'left' }, reply: [{ do: 'text' as const, chunks: ['Adjusted.'] }] },
  ],
};

/** Texts measured on codex 0.169.0; where a name says so, in a recording. */
describe('what the server refuses', () => {
  it.each([
    ['before initialize', false, 'thread/start', { cwd: '/w' }, 'Not initialized'],
    [
      'an unknown method, also before initialize',
      false,
      'no/such',
      {},
      /^Invalid request: unknown variant `no\/such`, expected one of `initialize`, /,
    ],
    ['a second initialize', true, 'initialize', { clientInfo: { name: 'x', version: '1' } }, 'Already initialized'],
    ['initialize without a client', false, 'initialize', {}, 'Invalid request: missing field `clientInfo`'],
    ['half a client', false, 'initialize', { clientInfo: { name: 'x' } }, 'Invalid request: missing field `version`'],
    ['no parameters', true, 'turn/start', undefined, 'Invalid request: missing field `params`'],
    [
      'a wrong type',
      true,
      'thread/start',
      { cwd: 42 },
      'Invalid request: invalid type: integer `42`, expected a string',
    ],
    ['no input', true, 'turn/start', { threadId: UNKNOWN }, 'Invalid request: missing field `input`'],
    [
      'input without text',
      true,
      'turn/start',
      { threadId: UNKNOWN, input: [{ type: 'text' }] },
      'Invalid request: missing field `text`',
    ],
    [
      'input of no type',
      true,
      'turn/start',
      { threadId: UNKNOWN, input: [{ type: 'nope' }] },
      'Invalid request: unknown variant `nope`, expected one of `text`, `image`, `localImage`, `audio`, `localAudio`, `skill`, `mention`',
    ],
    [
      'an id that is no UUID',
      true,
      'turn/start',
      { threadId: 'x', input },
      'invalid thread id: invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `x` at 1',
    ],
    [
      'a session id that is no UUID',
      true,
      'thread/resume',
      { threadId: 'zz', excludeTurns: true },
      'invalid session id: invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `z` at 1',
    ],
    ['a thread that is not loaded', true, 'turn/start', { threadId: UNKNOWN, input }, `thread not found: ${UNKNOWN}`],
    [
      'a thread that does not exist',
      true,
      'thread/resume',
      { threadId: UNKNOWN, excludeTurns: true },
      `no rollout found for thread id ${UNKNOWN}`,
    ],
    [
      'steering without a turn id',
      true,
      'turn/steer',
      { threadId: UNKNOWN, input: [] },
      'Invalid request: missing field `expectedTurnId`',
    ],
    [
      'interrupting without a turn id',
      true,
      'turn/interrupt',
      { threadId: UNKNOWN },
      'Invalid request: missing field `turnId`',
    ],
    [
      'an experimental method',
      true,
      'thread/queue/list',
      { threadId: UNKNOWN },
      'thread/queue/list requires experimentalApi capability',
    ],
  ] as const)('%s', (_name, initialized, method, params, message) => {
    const server = new Wire().server();
    if (initialized) server.initialize();
    const answer = server.call(method, params);
    if (typeof message === 'string') expect(answer).toBe(`-32600 ${message}`);
    else expect(String(answer).replace('-32600 ', '')).toMatch(message);
    expect(server.truth.refusals).toHaveLength(1);
  });

  it('interrupts and steers only the active turn', () => {
    const wire = new Wire({ script: hello });
    const server = wire.server();
    server.initialize();
    const threadId = server.startThread();
    const steer = (expectedTurnId: string) => server.call('turn/steer', { threadId, expectedTurnId, input });
    expect(steer(UNKNOWN)).toBe('-32600 no active turn to steer');
    const turnId = server.startTurn(threadId, 'gated');
    // Accepted, not yet started.
    expect(server.call('turn/interrupt', { threadId, turnId })).toBe('-32600 no active turn to interrupt');
    wire.run(200);
    expect(steer(UNKNOWN)).toBe(`-32600 expected active turn id \`${UNKNOWN}\` but found \`${turnId}\``);
    expect(server.call('turn/interrupt', { threadId, turnId: UNKNOWN })).toBe(
      `-32600 expected active turn id ${UNKNOWN} but found ${turnId}`,
    );
    expect(server.call('turn/interrupt', { threadId, turnId })).toEqual({});
    expect(server.said().slice(-2)).toEqual(['status idle', 'turn/completed interrupted']);
  });

  it('swallows what it cannot read, and a response to nothing', () => {
    const wire = new Wire();
    const server = wire.server();
    server.initialize();
    const before = server.frames.length;
    for (const line of ['nonsense', '[]', '{}', '"x"', '', '{"id":7,"result":{}}', '{"method":"no/such/notification"}'])
      server.raw(line);
    wire.run(100);
    expect(server.frames).toHaveLength(before);
    expect(server.truth.unreadableLines).toBe(5);
    expect(server.startThread()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('does not guess', () => {
    const server = new Wire().server();
    server.initialize();
    expect(() => server.call('thread/archive', { threadId: UNKNOWN })).toThrow(UnmodelledError);
  });
});

describe('turns that meet', () => {
  it('steers when a turn is started during a turn: the stream in flight is killed', () => {
    const wire = new Wire({ script: hello });
    const server = wire.server();
    server.initialize();
    const threadId = server.startThread();
    const turnId = server.startTurn(threadId, 'gated');
    wire.run(300);
    const before = server.frames.length;
    expect(server.startTurn(threadId, 'left')).toBe(turnId);
    wire.run(1_000);
    expect(server.said(before)).toEqual([
      'response',
      'account/rateLimits/updated',
      'item/started userMessage',
      'item/completed userMessage',
      'item/started agentMessage',
      'item/agentMessage/delta',
      'item/completed agentMessage',
      'thread/tokenUsage/updated',
      'account/rateLimits/updated',
      'status idle',
      'turn/completed completed',
    ]);
    expect(server.truth.deliveries.map(({ words, how }) => `${how} ${words}`)).toEqual(['start gated', 'steer left']);
  });

  it('takes two starts at once into one turn', () => {
    const wire = new Wire({ script: hello });
    const server = wire.server();
    server.initialize();
    const threadId = server.startThread();
    const ids = ['one', 'hi'].map((text) => server.send('turn/start', { threadId, input: [{ type: 'text', text }] }));
    wire.run(1_000);
    const turnIds = ids.map(
      (id) => (server.frames.find((frame) => frame.id === id)!.result!.turn as { id: string }).id,
    );
    expect(turnIds[0]).toBe(turnIds[1]);
    expect(server.said().filter((each) => each === 'item/completed userMessage')).toHaveLength(2);
    expect(server.said().at(-1)).toBe('turn/completed completed');
  });

  it('tells clients of the experimental API what is unread', () => {
    const wire = new Wire({ script: hello });
    const server = wire.server();
    server.initialize(true);
    server.startTurn(server.startThread(), 'hi');
    wire.run(1_000);
    expect(server.said().slice(-3)).toEqual(['thread/readState/changed', 'status idle', 'turn/completed completed']);
  });
});

describe('threads on disk', () => {
  it('exist from their first turn on', () => {
    const wire = new Wire({ script: hello });
    const first = wire.server();
    first.initialize();
    const empty = first.startThread();
    const used = first.startThread();
    first.startTurn(used, 'hi');
    wire.machine.kill(0, first.proc.pid, 'SIGKILL');
    const second = wire.server();
    second.initialize();
    expect(second.call('thread/resume', { threadId: empty, excludeTurns: true })).toBe(
      `-32600 no rollout found for thread id ${empty}`,
    );
    expect(second.call('thread/resume', { threadId: used, excludeTurns: true })).toHaveProperty('thread.id', used);
  });

  it('have one writer among the servers of a home', () => {
    const wire = new Wire({ script: hello });
    const first = wire.server();
    first.initialize();
    const threadId = first.startThread();
    first.startTurn(threadId, 'hi');
    wire.run(1_000);
    const second = wire.server();
    second.initialize();
    const resume = () => second.call('thread/resume', { threadId, excludeTurns: true });
    expect(resume()).toBe(`-32600 thread ${threadId} already has an active writer`);
    expect(second.stderr).toContain('thread-store conflict');
    first.proc.feedEnd();
    wire.run(100);
    expect(first.exit).toEqual([0, null]);
    expect(resume()).toHaveProperty('thread.status', { type: 'idle' });
  });

  it('are not shared between homes', () => {
    const wire = new Wire({ script: hello });
    const first = wire.server('/a');
    first.initialize();
    const threadId = first.startThread();
    first.startTurn(threadId, 'hi');
    wire.run(1_000);
    first.proc.feedEnd();
    wire.run(100);
    const other = wire.server('/b');
    other.initialize();
    expect(other.call('thread/resume', { threadId, excludeTurns: true })).toContain('no rollout found');
  });
});
