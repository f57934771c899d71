import { describe, expect, it } from 'vitest';
import { CodexClient } from '../../../../src/core/providers/codex/index.ts';
import type { ClientEnd } from '../../../../src/core/providers/types.ts';
import { Events, value } from '../../../world/codex/simulated.ts';
import { PUPPET_OPTIONS, startClient, turnFrames, withPuppet } from './puppet.ts';

describe('connection of the codex adapter', () => {
  it('initialises exactly once, with ids from 1 and without a jsonrpc member', () =>
    withPuppet(async (puppet, world) => {
      const client = await startClient(world);
      value(await client.startThread({ cwd: '/w' }));
      expect(puppet.received.map(({ id, method }) => [id, method])).toEqual([
        [1, 'initialize'],
        [undefined, 'initialized'],
        [2, 'thread/start'],
      ]);
      expect(puppet.received.some((frame) => 'jsonrpc' in frame)).toBe(false);
      expect(client.userAgent).toBe('puppet/0.169.0');
    }));

  it('drops lines that are no frames and goes on', () =>
    withPuppet(async (puppet, world) => {
      const client = await startClient(world);
      puppet.answers.delete('thread/start');
      const starting = client.startThread({ cwd: '/w' });
      await world.sleep(5);
      const answer = { id: puppet.request('thread/start').id!, result: { thread: { id: 'T1' } } };
      puppet.send('Welcome!\n', '\n', '[1,2]\n', '{"id":null,"method":"x"}\n', '{"id":99,"result":{}}\n', answer);
      expect(value(await starting)).toBe('T1');
      expect(world.log.map(({ type }) => type)).toEqual([
        'codex.line-unparsable',
        'codex.line-unparsable',
        'codex.frame-unknown',
        'codex.response-unexpected',
      ]);
      expect(client.end).toBeNull();
    }));

  it('reports a refusal with the words of the server', () =>
    withPuppet(async (puppet, world) => {
      const client = await startClient(world);
      const refused = client.resumeThread('T9');
      await world.sleep(5);
      const error = { code: -32_600, message: 'no rollout found for thread id T9' };
      puppet.send({ id: puppet.request('thread/resume').id!, error });
      expect(await refused).toEqual({
        ok: false,
        failure: { class: 'rejected', message: error.message, httpStatus: null, mayHaveRun: false },
      });
    }));

  it('fails a request without an answer and drops the late one', () =>
    withPuppet(async (puppet, world) => {
      const client = await startClient(world, { requestTimeoutMs: 1 });
      puppet.answers.delete('thread/start');
      const outcome = await client.startThread({ cwd: '/w' });
      // No deadline is shorter than 100 ms.
      expect(outcome).toMatchObject({
        ok: false,
        failure: { class: 'timed-out', mayHaveRun: true, message: 'thread/start timed out after 100 ms' },
      });
      puppet.send({ id: puppet.request('thread/start').id!, result: { thread: { id: 'T1' } } });
      await world.sleep(5);
      expect(world.log.map(({ type }) => type)).toContain('codex.response-unexpected');
      expect(client.end).toBeNull();
    }));

  it('ends a server that does not answer initialize, and says what it wrote to stderr', () =>
    withPuppet(async (puppet, world) => {
      puppet.answers.delete('initialize');
      const starting = CodexClient.start(world.ports, PUPPET_OPTIONS);
      await world.sleep(5);
      puppet.proc.stderr('database is locked\nAuthorization: Bearer sk-live-1234\n');
      const outcome = await starting;
      expect(outcome).toMatchObject({ ok: false, failure: { class: 'timed-out' } });
      const { message } = (outcome as Extract<typeof outcome, { ok: false }>).failure;
      expect(message).toMatch(/^initialize timed out after 2000 ms; stderr="database is locked/);
      expect(message).not.toContain('sk-live-1234');
      expect(puppet.proc.alive).toBe(false);
    }));

  it('reports a server that ends before it is initialised', () =>
    withPuppet(async (puppet, world) => {
      puppet.answers.delete('initialize');
      const starting = CodexClient.start(world.ports, PUPPET_OPTIONS);
      await world.sleep(5);
      puppet.proc.stderr('no such option\n');
      puppet.proc.exit(2);
      const outcome = await starting;
      expect(outcome).toMatchObject({ ok: false, failure: { class: 'transport', mayHaveRun: true } });
      expect((outcome as Extract<typeof outcome, { ok: false }>).failure.message).toContain(
        'exited: code=2 signal=null; stderr="no such option"',
      );
    }));

  it('reports a program that cannot be started', () =>
    withPuppet(async (_puppet, world) => {
      const command = { ...PUPPET_OPTIONS.command, file: 'codecs' };
      expect(await CodexClient.start(world.ports, { ...PUPPET_OPTIONS, command })).toMatchObject({
        ok: false,
        failure: {
          class: 'unavailable',
          mayHaveRun: false,
          message: expect.stringMatching(/^codecs could not be started: ENOENT/),
        },
      });
    }));
});

describe('end of a codex client', () => {
  const running = async (world: Parameters<Parameters<typeof withPuppet>[0]>[1]) => {
    const client = await startClient(world);
    const threadId = value(await client.startThread({ cwd: '/w' }));
    return { client, threadId, events: new Events() };
  };

  it('exits: turns and requests fail as transport, listeners are told once', () =>
    withPuppet(async (puppet, world) => {
      const { client, threadId, events } = await running(world);
      puppet.answers.set('turn/start', { turn: { id: 'turn-1' } });
      value(await client.startTurn(threadId, 'hi', events.sink));
      puppet.send(turnFrames('turn-1').started, turnFrames('turn-1').approval(0));
      puppet.answers.delete('thread/start');
      const pending = client.startThread({ cwd: '/w' });
      const ends: ClientEnd[] = [];
      client.onEnd(() => {
        throw new Error('broken listener');
      });
      client.onEnd((end) => ends.push(end));
      await world.sleep(5);
      world.machine.kill(0, puppet.proc.pid, 'SIGKILL');
      expect(await pending).toMatchObject({ ok: false, failure: { class: 'transport', mayHaveRun: true } });
      expect(events.types).toBe('started approval approval-withdrawn ended');
      expect(events.end).toMatchObject({ status: 'failed', failure: { class: 'transport' } });
      expect(ends).toEqual([{ kind: 'exited', code: null, signal: 'SIGKILL', message: expect.any(String) }]);
      client.onEnd((end) => ends.push(end));
      expect(ends).toHaveLength(2);
      expect(await client.startTurn(threadId, 'hi', events.sink)).toMatchObject({
        ok: false,
        failure: { class: 'transport', mayHaveRun: false },
      });
    }));

  it('breaks: a server that cannot be written to is ended', () =>
    withPuppet(async (puppet, world) => {
      const { client, events, threadId } = await running(world);
      puppet.answers.set('turn/start', { turn: { id: 'turn-1' } });
      value(await client.startTurn(threadId, 'hi', events.sink));
      puppet.ignoresEof = true;
      world.daemon.children.get(client.identity.pid)!.breakStdin();
      await events.ended();
      expect(client.end).toMatchObject({ kind: 'broken', message: 'writing to codex:1 failed: EPIPE' });
      await world.sleep(1_100);
      expect(puppet.proc.alive).toBe(false);
    }));

  it('closes: stdin first, the process group after 1,000 ms', () =>
    withPuppet(async (puppet, world) => {
      const { client, threadId, events } = await running(world);
      puppet.answers.set('turn/start', { turn: { id: 'turn-1' } });
      value(await client.startTurn(threadId, 'hi', events.sink));
      puppet.ignoresEof = true;
      const before = world.kernel.now;
      const [end, again] = await Promise.all([client.close(), client.close()]);
      expect(world.kernel.now - before).toBeGreaterThanOrEqual(1_000);
      expect(world.kernel.now - before).toBeLessThan(1_200);
      expect(end).toEqual(again);
      expect(end).toMatchObject({ kind: 'closed', signal: 'SIGKILL' });
      expect(events.end).toMatchObject({ status: 'failed', failure: { class: 'aborted' } });
      expect(puppet.proc.alive).toBe(false);
    }));

  it('closes: a server that exits by itself is not signalled', () =>
    withPuppet(async (puppet, world) => {
      const { client } = await running(world);
      expect(await client.close()).toMatchObject({ kind: 'closed', code: 0, signal: null });
      expect(world.log.map(({ type }) => type)).not.toContain('codex.killed');
      expect(puppet.proc.alive).toBe(false);
    }));
});
