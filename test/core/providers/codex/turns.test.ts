import { describe, expect, it } from 'vitest';
import { Events, value } from '../../../world/codex/simulated.ts';
import { startClient, turnFrames, withPuppet } from './puppet.ts';

describe('turns of the codex adapter', () => {
  it('delivers what came before the response, once it knows whose it is', () =>
    withPuppet(async (puppet, world) => {
      const client = await startClient(world);
      const threadId = value(await client.startThread({ cwd: '/w' }));
      const events = new Events();
      const starting = client.startTurn(threadId, 'hi', events.sink);
      await world.sleep(5);
      const frames = turnFrames('turn-1');
      puppet.send(
        frames.active,
        frames.started,
        frames.delta('early'),
        frames.message('early'),
        frames.idle,
        frames.completed(),
      );
      await world.sleep(5);
      expect(events.types).toBe('');
      puppet.send({ id: puppet.request('turn/start').id!, result: { turn: { id: 'turn-1' } } });
      expect(value(await starting).turnId).toBe('turn-1');
      expect(events.types).toBe('started text message ended');
      expect(events.end).toMatchObject({ status: 'completed' });
    }));

  it('settles on the running turn when the response names one that never starts', () =>
    withPuppet(async (puppet, world) => {
      const client = await startClient(world);
      const threadId = value(await client.startThread({ cwd: '/w' }));
      const events = new Events();
      const starting = client.startTurn(threadId, 'hi', events.sink);
      await world.sleep(5);
      const running = turnFrames('running');
      puppet.send(running.active, running.started, {
        id: puppet.request('turn/start').id!,
        result: { turn: { id: 'stub' } },
      });
      expect(value(await starting).turnId).toBe('running');
      puppet.send(running.completed());
      await events.ended();
      expect(events.end).toMatchObject({ status: 'completed' });
      expect(world.log.map(({ type }) => type)).toContain('codex.stub-turn');
    }));

  it('ends once, and drops what comes for a finished turn or for another one', () =>
    withPuppet(async (puppet, world) => {
      const client = await startClient(world);
      const threadId = value(await client.startThread({ cwd: '/w' }));
      puppet.answers.set('turn/start', { turn: { id: 'turn-1' } });
      const events = new Events();
      value(await client.startTurn(threadId, 'hi', events.sink));
      const mine = turnFrames('turn-1');
      const other = turnFrames('turn-0');
      puppet.send(mine.active, mine.started, other.delta('not mine'), mine.idle, mine.completed());
      puppet.send(mine.completed('failed'), mine.delta('late'), mine.message('late'), mine.started);
      await world.sleep(5);
      expect(events.types).toBe('started ended');
    }));

  it('reports a retry and goes on', () =>
    withPuppet(async (puppet, world) => {
      const client = await startClient(world);
      const threadId = value(await client.startThread({ cwd: '/w' }));
      puppet.answers.set('turn/start', { turn: { id: 'turn-1' } });
      const events = new Events();
      value(await client.startTurn(threadId, 'hi', events.sink));
      const { started } = turnFrames('turn-1');
      const error = {
        message: 'Reconnecting... 1/5',
        codexErrorInfo: { responseStreamDisconnected: { httpStatusCode: 429 } },
      };
      puppet.send(started, { method: 'error', params: { threadId, turnId: 'turn-1', willRetry: true, error } });
      await world.sleep(5);
      expect(events.of('retrying')).toEqual([{ type: 'retrying', message: 'Reconnecting... 1/5', httpStatus: 429 }]);
      expect(events.end).toBeUndefined();
    }));

  it('gives up on a turn whose thread came to rest without reporting its end', () =>
    withPuppet(async (puppet, world) => {
      const client = await startClient(world);
      const threadId = value(await client.startThread({ cwd: '/w' }));
      puppet.answers.set('turn/start', { turn: { id: 'turn-1' } });
      const events = new Events();
      value(await client.startTurn(threadId, 'hi', events.sink));
      const { active, started, idle } = turnFrames('turn-1');
      puppet.send(active, started, 'half a line{"method":"turn/completed"…\n', idle);
      await world.sleep(4_900);
      expect(events.end).toBeUndefined();
      await world.sleep(200);
      expect(events.end).toMatchObject({ status: 'failed', failure: { class: 'timed-out', mayHaveRun: true } });
      puppet.answers.set('turn/start', { turn: { id: 'turn-2' } });
      expect(await client.startTurn(threadId, 'again', new Events().sink)).toMatchObject({ ok: true });
    }));

  it('interrupts a turn that turns up after its start was given up', () =>
    withPuppet(async (puppet, world) => {
      const client = await startClient(world);
      const threadId = value(await client.startThread({ cwd: '/w' }));
      const events = new Events();
      const outcome = await client.startTurn(threadId, 'hi', events.sink);
      expect(outcome).toMatchObject({
        ok: false,
        failure: { class: 'timed-out', mayHaveRun: true, message: 'turn/start timed out after 3000 ms' },
      });
      const late = turnFrames('late');
      puppet.send(
        { id: puppet.request('turn/start').id!, result: { turn: { id: 'late' } } },
        late.active,
        late.started,
      );
      await world.sleep(5);
      expect(puppet.request('turn/interrupt').params).toEqual({ threadId, turnId: 'late' });
      expect(events.types).toBe('');
      puppet.send(late.idle, late.completed('interrupted'));
      await world.sleep(5);
      puppet.answers.set('turn/start', { turn: { id: 'turn-2' } });
      expect(await client.startTurn(threadId, 'again', new Events().sink)).toMatchObject({ ok: true });
    }));

  it("keeps one owner's broken sink from the others", () =>
    withPuppet(async (puppet, world) => {
      const client = await startClient(world);
      const first = value(await client.startThread({ cwd: '/w' }));
      puppet.answers.set('thread/start', { thread: { id: 'T2', status: { type: 'idle' } } });
      const second = value(await client.startThread({ cwd: '/w' }));
      puppet.answers.set('turn/start', { turn: { id: 'turn-1' } });
      value(
        await client.startTurn(first, 'hi', () => {
          throw new Error('broken sink');
        }),
      );
      const events = new Events();
      puppet.answers.set('turn/start', { turn: { id: 'turn-2' } });
      value(await client.startTurn(second, 'hi', events.sink));
      puppet.send(turnFrames('turn-1').started, {
        method: 'turn/started',
        params: { threadId: 'T2', turn: { id: 'turn-2' } },
      });
      await world.sleep(5);
      expect(events.types).toBe('started');
      expect(world.log.filter(({ type }) => type === 'codex.sink-threw')).toHaveLength(1);
    }));

  it('asks for the end of a turn only while it runs', () =>
    withPuppet(async (puppet, world) => {
      const client = await startClient(world);
      const threadId = value(await client.startThread({ cwd: '/w' }));
      puppet.answers.set('turn/start', { turn: { id: 'turn-1' } });
      const turn = value(await client.startTurn(threadId, 'hi', new Events().sink));
      const { started, completed } = turnFrames('turn-1');
      puppet.send(started, completed());
      await world.sleep(5);
      expect(await turn.interrupt()).toEqual({ ok: true, value: null });
      expect(puppet.received.some(({ method }) => method === 'turn/interrupt')).toBe(false);
    }));

  it('sends text that the server can read', () =>
    withPuppet(async (puppet, world) => {
      const client = await startClient(world);
      const threadId = value(await client.startThread({ cwd: '/w' }));
      void client.startTurn(threadId, 'broken \ud800 pair, 😀 whole pair', new Events().sink);
      await world.sleep(5);
      expect(puppet.request('turn/start').params).toMatchObject({
        input: [{ type: 'text', text: 'broken \ufffd pair, 😀 whole pair', text_elements: [] }],
      });
    }));
});
