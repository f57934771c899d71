import { describe, expect, it } from 'vitest';
import {
  asking,
  assistant,
  Heard,
  lifecycle,
  resultOf,
  SESSION,
  state,
  toolResult,
  toolUse,
  withPuppet,
} from './puppet.ts';

const event = (delta: object, index = 0): object => ({
  type: 'stream_event',
  event: { type: 'content_block_delta', index, delta },
  api_message_id: 'msg_1',
  parent_tool_use_id: null,
});

describe('a turn', () => {
  it('streams text, and gives the finished message under the same id', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      expect(client.sessionId).toBeNull();
      const heard = new Heard(client, 'say it');
      await puppet.sleep(5);
      expect(puppet.messages[0]).toMatchObject({
        message: { role: 'user', content: 'say it' },
        parent_tool_use_id: null,
      });
      const uuid = puppet.accept();
      puppet.send(
        event({ type: 'thinking_delta', thinking: 'hm' }),
        assistant({ type: 'thinking', thinking: 'hm' }),
        event({ type: 'text_delta', text: 'Hel' }, 1),
        event({ type: 'text_delta', text: 'lo' }, 1),
        assistant({ type: 'text', text: 'Hello' }),
      );
      puppet.finish(uuid);
      expect((await heard.turn()).turnId).toBe(uuid);
      await puppet.sleep(5);
      expect(heard.events).toEqual([
        { type: 'started', turnId: uuid },
        { type: 'text', itemId: 'msg_1:1', delta: 'Hel' },
        { type: 'text', itemId: 'msg_1:1', delta: 'lo' },
        { type: 'message', itemId: 'msg_1:1', text: 'Hello' },
        { type: 'ended', status: 'completed', failure: null },
      ]);
      expect(client.sessionId).toBe(SESSION);
      await client.close();
    }));

  it('tells what came of each tool', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      const heard = new Heard(client);
      await puppet.sleep(5);
      const uuid = puppet.accept();
      puppet.send(
        toolUse('t1', 'ls'),
        toolResult('t1', false),
        toolUse('t2', 'cat x'),
        toolResult('t2', true),
        toolUse('t3', 'rm x'),
        toolResult('t3', true, { permission_decision: { decision: 'reject', source: 'user_reject' } }),
        { ...toolUse('t4', 'inner'), parent_tool_use_id: 't9' },
      );
      puppet.finish(uuid);
      await puppet.sleep(5);
      const tools = heard.events.filter(({ type }) => type === 'tool');
      expect(tools.map((tool) => ('title' in tool && 'status' in tool ? [tool.title, tool.status] : []))).toEqual([
        ['Bash: ls', 'started'],
        ['Bash: ls', 'completed'],
        ['Bash: cat x', 'started'],
        ['Bash: cat x', 'failed'],
        ['Bash: rm x', 'started'],
        ['Bash: rm x', 'declined'],
      ]);
      await client.close();
    }));

  it.each([
    [{ api_error_status: 401, result: 'Invalid API key' }, 'unauthorized', 401],
    [{ api_error_status: 403, result: 'no' }, 'unauthorized', 403],
    [{ api_error_status: 429, result: 'slow down' }, 'rate-limited', 429],
    [{ api_error_status: 529, result: 'busy' }, 'overloaded', 529],
    [{ api_error_status: 400, result: 'bad' }, 'rejected', 400],
    [{ api_error_status: 500, result: 'oops' }, 'other', 500],
    [{ api_error_status: null, result: 'dropped' }, 'other', null],
    [{ subtype: 'error_max_turns', errors: ['too many'] }, 'other', null],
  ] as const)('fails as %o says', (result, cls, status) =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      const heard = new Heard(client);
      await puppet.sleep(5);
      const uuid = puppet.accept();
      puppet.finish(uuid, { is_error: true, terminal_reason: 'api_error', ...result });
      await puppet.sleep(5);
      const message = 'result' in result ? result.result : result.errors[0];
      expect(heard.end?.failure).toEqual({ class: cls, message, httpStatus: status, mayHaveRun: true });
      await client.close();
    }),
  );

  it('knows missing credentials by the word of the synthetic message, which is no message of the model', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      const heard = new Heard(client);
      await puppet.sleep(5);
      const uuid = puppet.accept();
      const retry = { type: 'system', subtype: 'api_retry', error_status: null, error: 'unknown' };
      puppet.send(retry, assistant({ type: 'text', text: 'Not logged in' }, { error: 'authentication_failed' }));
      puppet.finish(uuid, { is_error: true, api_error_status: null, result: 'Not logged in' });
      await puppet.sleep(5);
      expect(heard.events.slice(1)).toEqual([
        { type: 'retrying', message: 'unknown', httpStatus: null },
        {
          type: 'ended',
          status: 'failed',
          failure: { class: 'unauthorized', message: 'Not logged in', httpStatus: null, mayHaveRun: true },
        },
      ]);
      await client.close();
    }));

  it('ends with its own result only', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      // After a background task was killed, resuming answers with an empty result first (facts/claude-wire 0.9).
      puppet.send(resultOf(null, { num_turns: 0, result: '' }));
      const heard = new Heard(client);
      await puppet.sleep(5);
      const uuid = puppet.accept();
      puppet.send(resultOf(null, { origin: { kind: 'task-notification' } }), resultOf('another', {}));
      await puppet.sleep(5);
      expect(heard.types).toBe('started');
      puppet.send({ ...resultOf(uuid), user_message_uuid: 'b', user_message_uuids: [uuid, 'b'] });
      await puppet.sleep(5);
      expect(heard.types).toBe('started ended');
      puppet.send(resultOf(uuid, { is_error: true }), event({ type: 'text_delta', text: 'late' }));
      await puppet.sleep(5);
      expect(heard.types).toBe('started ended');
      await client.close();
    }));

  it.each([
    ['completed', 'completed', null],
    ['cancelled', 'interrupted', null],
    ['refused', 'failed', 'rejected'],
  ])('whose lifecycle is %s without a result is %s', (name, status, cls) =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      const heard = new Heard(client);
      await puppet.sleep(5);
      puppet.send(lifecycle(puppet.accept(), name));
      await puppet.sleep(5);
      expect(heard.end).toMatchObject({ status, failure: cls === null ? null : { class: cls } });
      await client.close();
    }),
  );
});

describe('messages', () => {
  it('are handed over one at a time, each when claude is idle, and never under one uuid', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      const [first, second] = [new Heard(client, 'one'), new Heard(client, 'two')];
      await puppet.sleep(5);
      const uuid = puppet.accept();
      puppet.send(resultOf(uuid), lifecycle(uuid, 'completed'));
      await puppet.sleep(500);
      expect(first.end?.status).toBe('completed');
      expect(puppet.messages).toHaveLength(1);
      puppet.send(state('idle'));
      await puppet.sleep(5);
      expect(puppet.messages.map(({ message }) => message.content)).toEqual(['one', 'two']);
      const other = puppet.accept();
      expect(other).not.toBe(uuid);
      puppet.finish(other);
      await client.settled();
      expect(second.end?.status).toBe('completed');
      await client.close();
    }));

  it('do not wait longer than a second for idle', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      const first = new Heard(client, 'one');
      await puppet.sleep(5);
      puppet.send(resultOf(puppet.accept()));
      await puppet.sleep(5);
      expect(first.end?.status).toBe('completed');
      const at = puppet.kernel.now;
      const second = new Heard(client, 'two');
      await puppet.sleep(900);
      expect(puppet.messages).toHaveLength(1);
      await puppet.sleep(200);
      expect(puppet.messages).toHaveLength(2);
      puppet.finish(puppet.accept());
      await second.turn();
      expect(puppet.kernel.now - at).toBeLessThan(1_200);
      await client.close();
    }));

  it('that are not taken in time may have run, and the process takes no other', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started({ timeouts: { acceptMs: 300 } });
      const lost = new Heard(client, 'one');
      expect(await lost.outcome).toMatchObject({ ok: false, failure: { class: 'timed-out', mayHaveRun: true } });
      expect(client.usable).toBe(false);
      const next = new Heard(client, 'two');
      expect(await next.outcome).toMatchObject({ ok: false, failure: { class: 'aborted', mayHaveRun: false } });
      expect([lost.events, puppet.messages.length]).toEqual([[], 1]);
      await client.close();
    }));

  it('that are queued behind other work wait as long as that takes', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started({ timeouts: { acceptMs: 300 } });
      const heard = new Heard(client);
      await puppet.sleep(5);
      const { uuid } = puppet.messages[0]!;
      puppet.send(lifecycle(uuid, 'queued'));
      await puppet.sleep(60_000);
      expect(heard.types).toBe('');
      puppet.send(lifecycle(uuid, 'started'));
      await heard.turn();
      puppet.finish(uuid);
      await client.close();
    }));
});

describe('approvals', () => {
  it('are answered as claude wants it', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      const heard = new Heard(client);
      await puppet.sleep(5);
      const uuid = puppet.accept();
      puppet.send(asking('q1', 't1', 'make'), asking('q2', 't2', 'rm x'));
      const turn = await heard.turn();
      await puppet.sleep(5);
      expect(heard.events.slice(1)).toEqual([
        { type: 'approval', approvalId: 'q1', itemId: 't1', title: 'Bash: make' },
        { type: 'approval', approvalId: 'q2', itemId: 't2', title: 'Bash: rm x' },
      ]);
      expect([turn.answer('q2', 'decline'), turn.answer('q1', 'accept')]).toEqual([true, true]);
      expect([turn.answer('q1', 'accept'), turn.answer('q9', 'accept')]).toEqual([false, false]);
      await puppet.sleep(5);
      expect(puppet.received.slice(-2).map(({ response }) => response)).toEqual([
        {
          subtype: 'success',
          request_id: 'q2',
          response: { behavior: 'deny', message: expect.any(String), toolUseID: 't2' },
        },
        {
          subtype: 'success',
          request_id: 'q1',
          response: { behavior: 'allow', updatedInput: { command: 'make' }, toolUseID: 't1' },
        },
      ]);
      puppet.finish(uuid);
      await client.close();
    }));

  it('can be withdrawn', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      const heard = new Heard(client);
      await puppet.sleep(5);
      const uuid = puppet.accept();
      puppet.send(asking('q1', 't1', 'make'), { type: 'control_cancel_request', request_id: 'q1' });
      const turn = await heard.turn();
      await puppet.sleep(5);
      expect(heard.types).toBe('started approval approval-withdrawn');
      expect(turn.answer('q1', 'accept')).toBe(false);
      puppet.finish(uuid);
      await client.close();
    }));

  it('that belong to no turn of ours are refused, and other requests are answered too: claude would wait for ever', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      const hook = { type: 'control_request', request_id: 'h1', request: { subtype: 'hook_callback' } };
      puppet.send(asking('q1', 't1', 'make'), hook);
      await puppet.sleep(5);
      expect(puppet.received.slice(1).map(({ response }) => response)).toMatchObject([
        { subtype: 'success', request_id: 'q1', response: { behavior: 'deny', toolUseID: 't1' } },
        { subtype: 'error', request_id: 'h1' },
      ]);
      expect(puppet.logged).toEqual(['claude.approval.unowned', 'claude.request.unsupported']);
      await client.close();
    }));
});

describe('interrupts', () => {
  it('end the turn through its result', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      const heard = new Heard(client);
      await puppet.sleep(5);
      const uuid = puppet.accept();
      const turn = await heard.turn();
      const asked = turn.interrupt();
      await puppet.sleep(5);
      const { request_id: id, request } = puppet.received.at(-1)!;
      expect(request).toEqual({ subtype: 'interrupt' });
      puppet.send({ type: 'control_response', response: { subtype: 'success', request_id: id, response: {} } });
      expect(await asked).toEqual({ ok: true, value: null });
      expect(heard.types).toBe('started');
      puppet.send(
        resultOf(uuid, { is_error: true, subtype: 'error_during_execution', terminal_reason: 'aborted_streaming' }),
      );
      await puppet.sleep(5);
      expect(heard.end).toEqual({ type: 'ended', status: 'interrupted', failure: null });
      expect(await turn.interrupt()).toEqual({ ok: true, value: null });
      expect(puppet.received.filter((frame) => frame.request?.subtype === 'interrupt')).toHaveLength(1);
      await client.close();
    }));

  it('fail when claude refuses or says nothing', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started({ timeouts: { controlMs: 200 } });
      const heard = new Heard(client);
      await puppet.sleep(5);
      const uuid = puppet.accept();
      const turn = await heard.turn();
      const refused = turn.interrupt();
      await puppet.sleep(5);
      const { request_id: id } = puppet.received.at(-1)!;
      puppet.send({ type: 'control_response', response: { subtype: 'error', request_id: id, error: 'not now' } });
      expect(await refused).toMatchObject({ ok: false, failure: { class: 'rejected', message: 'not now' } });
      expect(await turn.interrupt()).toMatchObject({ ok: false, failure: { class: 'timed-out' } });
      puppet.finish(uuid);
      await client.close();
    }));
});
