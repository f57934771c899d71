import { describe, expect, it } from 'vitest';
import { Events, value } from '../../../world/codex/simulated.ts';
import { startClient, turnFrames, withPuppet } from './puppet.ts';

describe('requests of the server', () => {
  it.each([
    ['item/commandExecution/requestApproval', { decision: 'decline' }],
    ['item/fileChange/requestApproval', { decision: 'decline' }],
    ['item/permissions/requestApproval', { permissions: {}, scope: 'turn' }],
    ['item/tool/requestUserInput', { answers: {} }],
    ['mcpServer/elicitation/request', { action: 'decline' }],
    ['execCommandApproval', { decision: 'denied' }],
    ['something/new', {}],
  ])('%s is answered when nobody else can', (method, result) =>
    withPuppet(async (puppet, world) => {
      await startClient(world);
      puppet.send({ id: 0, method, params: { threadId: 'unknown', turnId: 'unknown' } });
      await world.sleep(5);
      expect(puppet.answerTo(0)).toEqual({ id: 0, result });
    }),
  );

  it('says that tools of the client do not exist, and that it has no tokens', () =>
    withPuppet(async (puppet, world) => {
      await startClient(world);
      puppet.send({ id: 's-1', method: 'item/tool/call', params: {} });
      puppet.send({ id: 's-2', method: 'account/chatgptAuthTokens/refresh', params: { reason: 'unauthorized' } });
      await world.sleep(5);
      expect(puppet.answerTo('s-1')!.result).toMatchObject({ success: false });
      expect(puppet.answerTo('s-2')!.error).toMatchObject({ code: -32_000 });
    }));

  it('passes an approval to the owner of the turn, request id 0 included', () =>
    withPuppet(async (puppet, world) => {
      const client = await startClient(world);
      const threadId = value(await client.startThread({ cwd: '/w' }));
      puppet.answers.set('turn/start', { turn: { id: 'turn-1' } });
      const events = new Events();
      const turn = value(await client.startTurn(threadId, 'hi', events.sink));
      const { started, approval } = turnFrames('turn-1');
      puppet.send(started, approval(0));
      await world.sleep(5);
      const [asked] = events.of('approval');
      expect(asked).toMatchObject({ itemId: 'call_1', title: 'rm -r build' });
      expect(turn.answer('another', 'accept')).toBe(false);
      expect(turn.answer(asked!.approvalId, 'accept')).toBe(true);
      await world.sleep(5);
      expect(puppet.answerTo(0)).toEqual({ id: 0, result: { decision: 'accept' } });
    }));

  it('withdraws what the server settled without an answer', () =>
    withPuppet(async (puppet, world) => {
      const client = await startClient(world);
      const threadId = value(await client.startThread({ cwd: '/w' }));
      puppet.answers.set('turn/start', { turn: { id: 'turn-1' } });
      const events = new Events();
      const turn = value(await client.startTurn(threadId, 'hi', events.sink));
      const { started, approval } = turnFrames('turn-1');
      puppet.send(started, approval(0), approval(1));
      puppet.send({ method: 'serverRequest/resolved', params: { threadId, requestId: 0 } });
      await world.sleep(5);
      const [first, second] = events.of('approval');
      expect(events.of('approval-withdrawn').map(({ approvalId }) => approvalId)).toEqual([first!.approvalId]);
      expect(turn.answer(first!.approvalId, 'accept')).toBe(false);
      expect(turn.answer(second!.approvalId, 'decline')).toBe(true);
    }));

  it('keeps an approval that came before the response for its owner', () =>
    withPuppet(async (puppet, world) => {
      const client = await startClient(world);
      const threadId = value(await client.startThread({ cwd: '/w' }));
      const events = new Events();
      const starting = client.startTurn(threadId, 'hi', events.sink);
      await world.sleep(5);
      const { started, approval } = turnFrames('turn-1');
      puppet.send(started, approval(0));
      await world.sleep(5);
      expect(puppet.answerTo(0)).toBeUndefined();
      puppet.send({ id: puppet.request('turn/start').id!, result: { turn: { id: 'turn-1' } } });
      await starting;
      expect(events.types).toBe('started approval');
    }));
});
