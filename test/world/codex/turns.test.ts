import { describe, expect, it } from 'vitest';
import { CodexClient } from '../../../src/core/providers/codex/index.ts';
import type { ModelScript } from '../../../src/world/model/index.ts';
import { Events, simulate, startedThread, value } from './simulated.ts';

const escalated = { sandbox_permissions: 'require_escalated', justification: 'May I?' };

const script: ModelScript = {
  rules: [
    { when: { user: 'hello' }, reply: [{ do: 'text', chunks: ['Hello ', 'there.'], gapMs: 20 }] },
    {
      when: { user: 'gated' },
      reply: [
        { do: 'text', chunks: ['one'] },
        { do: 'gate', name: 'go' },
        { do: 'text', chunks: ['two'] },
      ],
    },
    { when: { user: 'list', round: 0 }, reply: [{ do: 'tool', command: 'ls' }] },
    { when: { user: 'list', toolResult: { includes: 'hello.txt' } }, reply: [{ do: 'text', chunks: ['One file.'] }] },
    { when: { user: 'ask', round: 0 }, reply: [{ do: 'tool', command: 'touch made', input: escalated }] },
    {
      when: { user: 'ask', toolResult: { includes: 'exited with code 0' } },
      reply: [{ do: 'text', chunks: ['Made.'] }],
    },
    { when: { user: 'ask', toolResult: { includes: 'rejected by user' } }, reply: [{ do: 'text', chunks: ['Fine.'] }] },
    { when: { user: 'be refused' }, reply: [{ do: 'status', status: 401 }] },
    { when: { user: 'break' }, reply: [{ do: 'text', chunks: ['par'] }, { do: 'cut' }] },
  ],
};

describe('a simulated codex app-server, used through the adapter', () => {
  it('streams a text turn', () =>
    simulate({ script }, async (world) => {
      const { client, threadId } = await startedThread(world);
      const events = new Events();
      const turn = value(await client.startTurn(threadId, 'hello', events.sink));
      await events.ended();
      expect(events.types).toBe('started text text message ended');
      expect(events.of('message')[0]!.text).toBe('Hello there.');
      expect(events.end).toMatchObject({ status: 'completed' });
      const [server] = world.codex.servers;
      expect(server!.initializeRequests).toBe(1);
      expect(server!.initializedNotifications).toBe(1);
      expect(server!.deliveries).toEqual([{ threadId, turnId: turn.turnId, words: 'hello', how: 'start' }]);
      expect(server!.refusals).toEqual([]);
      expect(await client.close()).toMatchObject({ kind: 'closed', code: 0 });
    }));

  it('runs a command', () =>
    simulate({ script }, async (world) => {
      const { client, threadId } = await startedThread(world);
      const events = new Events();
      value(await client.startTurn(threadId, 'list', events.sink));
      await events.ended();
      expect(events.types).toBe('started tool tool text message ended');
      expect(events.of('tool').map(({ status, title }) => `${status} ${title}`)).toEqual([
        'started /bin/bash -lc ls',
        'completed /bin/bash -lc ls',
      ]);
      await client.close();
    }));

  it.each([
    ['accept', 'completed', 'Made.'],
    ['decline', 'declined', 'Fine.'],
  ] as const)('asks before it leaves the sandbox: %s', (decision, status, words) =>
    simulate({ script }, async (world) => {
      const { client, threadId } = await startedThread(world);
      const events = new Events();
      const turn = value(await client.startTurn(threadId, 'ask', events.sink));
      await world.sleep(1_000);
      const [approval] = events.of('approval');
      expect(turn.answer(approval!.approvalId, decision)).toBe(true);
      expect(turn.answer(approval!.approvalId, decision)).toBe(false);
      await events.ended();
      expect(events.of('tool').at(-1)!.status).toBe(status);
      expect(events.of('message').at(-1)!.text).toBe(words);
      expect(events.of('approval-withdrawn')).toEqual([]);
      await client.close();
    }),
  );

  it('withdraws an approval when the turn is interrupted', () =>
    simulate({ script }, async (world) => {
      const { client, threadId } = await startedThread(world);
      const events = new Events();
      const turn = value(await client.startTurn(threadId, 'ask', events.sink));
      await world.sleep(1_000);
      expect(await turn.interrupt()).toEqual({ ok: true, value: null });
      await events.ended();
      expect(events.types).toBe('started tool approval approval-withdrawn ended');
      expect(events.end).toMatchObject({ status: 'interrupted' });
      await client.close();
    }));

  it('reports a 401 and goes on with the next turn', () =>
    simulate({ script }, async (world) => {
      const { client, threadId } = await startedThread(world);
      const failed = new Events();
      value(await client.startTurn(threadId, 'be refused', failed.sink));
      await failed.ended();
      expect(failed.end).toMatchObject({
        status: 'failed',
        failure: { class: 'unauthorized', httpStatus: 401, mayHaveRun: true },
      });
      expect(failed.end!.failure!.message).toMatch(
        /^unexpected status 401 Unauthorized: Invalid bearer token, url: http/,
      );
      const next = new Events();
      value(await client.startTurn(threadId, 'hello', next.sink));
      await next.ended();
      expect(next.end).toMatchObject({ status: 'completed' });
      await client.close();
    }));

  it("keeps the parent's turn when a helper's turn on the same connection fails", () =>
    simulate({ script }, async (world) => {
      const { client, threadId } = await startedThread(world);
      const helperThread = value(await client.startThread({ cwd: '/home/dev/workspace' }));
      const parent = new Events();
      const helper = new Events();
      value(await client.startTurn(threadId, 'gated', parent.sink));
      await world.sleep(500);
      value(await client.startTurn(helperThread, 'be refused', helper.sink));
      await helper.ended();
      expect(helper.end).toMatchObject({ status: 'failed' });
      expect(parent.end).toBeUndefined();
      world.codex.gates.open('go');
      await parent.ended();
      expect(parent.of('message').map(({ text }) => text)).toEqual(['one', 'two']);
      expect(client.end).toBeNull();
      await client.close();
    }));

  it('waits for turn/started when an interrupt comes too early', () =>
    simulate({ script }, async (world) => {
      const { client, threadId } = await startedThread(world);
      const events = new Events();
      const turn = value(await client.startTurn(threadId, 'gated', events.sink));
      expect(await turn.interrupt()).toEqual({ ok: true, value: null });
      await events.ended();
      expect(events.end).toMatchObject({ status: 'interrupted' });
      const [server] = world.codex.servers;
      expect(server!.refusals).toEqual([{ method: 'turn/interrupt', message: 'no active turn to interrupt' }]);
      expect(server!.requests.get('turn/interrupt')).toBe(2);
      await client.close();
    }));

  it('refuses a second turn on a busy thread without asking the server', () =>
    simulate({ script }, async (world) => {
      const { client, threadId } = await startedThread(world);
      const events = new Events();
      const first = value(await client.startTurn(threadId, 'gated', events.sink));
      const second = await client.startTurn(threadId, 'hello', new Events().sink);
      expect(second).toMatchObject({ ok: false, failure: { class: 'rejected', mayHaveRun: false } });
      expect(world.codex.servers[0]!.deliveries).toHaveLength(1);
      await first.interrupt();
      await events.ended();
      await client.close();
    }));

  it('fails the turn when the process is killed, and resumes the thread in a new one', () =>
    simulate({ script }, async (world) => {
      const { client, threadId } = await startedThread(world);
      const events = new Events();
      value(await client.startTurn(threadId, 'gated', events.sink));
      await world.sleep(300);
      world.machine.kill(0, client.identity.pid, 'SIGKILL');
      await events.ended();
      expect(events.end).toMatchObject({ status: 'failed', failure: { class: 'transport', mayHaveRun: true } });
      expect(client.end).toMatchObject({ kind: 'exited', code: null, signal: 'SIGKILL' });
      const next = value(await CodexClient.start(world.ports, world.options({ lane: 'codex:2' })));
      expect(await next.resumeThread(threadId)).toEqual({ ok: true, value: threadId });
      const again = new Events();
      value(await next.startTurn(threadId, 'hello', again.sink));
      await again.ended();
      expect(again.end).toMatchObject({ status: 'completed' });
      await next.close();
    }));
});
