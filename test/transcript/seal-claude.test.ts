import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/transcript/format.ts';
import type { SealOptions } from '../../src/transcript/seal.ts';
import { sameExceptTiming } from '../../src/transcript/write.ts';
import { claudeOptions, Recording, uuid } from './recording.ts';
import { bodies, recordsOf, sealed, short } from './sealed.ts';

describe('seal, claude', () => {
  const session = uuid(1, 4);
  const state = (name: string, n: number): Json => ({
    type: 'system',
    subtype: 'session_state_changed',
    state: name,
    uuid: uuid(n, 4),
    session_id: session,
  });
  const init = (n: number): Json => ({
    type: 'system',
    subtype: 'init',
    cwd: '/tmp/run/ws',
    session_id: session,
    tools: ['Bash', 'Task'],
    uuid: uuid(n, 4),
  });
  const result = (n: number): Json => ({ duration_ms: 5, uuid: uuid(n, 4), type: 'result', session_id: session });
  const user = (text: string, id?: string): Json => ({
    type: 'user',
    message: { role: 'user', content: text },
    ...(id === undefined ? {} : { uuid: id }),
  });
  const ask = (id: string, subtype: string): Json => ({
    request_id: id,
    type: 'control_request',
    request: { subtype },
  });
  const answer = (id: string, response: Json = {}): Json => ({
    type: 'control_response',
    response: { subtype: 'success', request_id: id, response },
  });
  const options: SealOptions = { ...claudeOptions, places: { paths: { ws: '/tmp/run/ws' } } };

  it('does not depend on whether idle was seen before the next message', () => {
    const two = (...middle: ((recording: Recording) => void)[]): string => {
      const recording = new Recording('claude:1').spawn('claude').send(ask('q1', 'initialize'), user('one'));
      recording.recv(
        answer('q1', { pid: 77, commands: [{ name: 'x', description: 'prose' }] }),
        state('running', 2),
        init(3),
        result(4),
      );
      for (const act of middle) act(recording);
      return sealed(recording.recv(state('running', 6), init(7), result(8), state('idle', 9)).eof().exit(), options);
    };
    const idle = (r: Recording): void => void r.recv(state('idle', 5));
    const next = (r: Recording): void => void r.send(user('two'));
    expect(sameExceptTiming(two(idle, next), two(next, idle))).toBe(true);
    const all = recordsOf(two(idle, next));
    const second = all.find((record) => record.type === 'frame' && JSON.stringify(record.body).includes('"two"'));
    const woken = all.filter((record) => second?.id !== undefined && record.after?.includes(second.id));
    expect(woken.map(short)).toEqual(['session_state_changed']);
    expect(bodies(two(idle, next))[1]).toMatchObject({
      response: { request_id: '<req:1>', response: { pid: '<pid:1>', commands: { $elided: { type: 'array' } } } },
    });
  });

  it('sorts the keys of a result and leaves those of other frames', () => {
    const recording = new Recording('claude:1').spawn('claude').send(user('one')).recv(init(1), result(2)).eof().exit();
    const [, start, end] = bodies(sealed(recording, options));
    expect(Object.keys(end as object)).toEqual(['duration_ms', 'session_id', 'type', 'uuid']);
    expect(Object.keys(start as object).slice(0, 3)).toEqual(['type', 'subtype', 'cwd']);
  });

  it('lets the answer to a query float in a turn, but not that to an interrupt', () => {
    const turn = (subtype: string, before: readonly Json[], after: readonly Json[]): string => {
      const recording = new Recording('claude:1')
        .spawn('claude')
        .send(user('one'))
        .recv(init(1))
        .because(1)
        .send(ask('q2', subtype));
      return sealed(
        recording
          .recv(...before, answer('q2'), ...after, result(9))
          .eof()
          .exit(),
        options,
      );
    };
    const delta = (text: string): Json => ({ type: 'stream_event', event: { delta: { text } } });
    const mid = turn('get_settings', [delta('a')], [delta('b')]);
    expect(sameExceptTiming(mid, turn('get_settings', [], [delta('a'), delta('b')]))).toBe(true);
    expect(
      recordsOf(mid)
        .filter((r) => r.type === 'frame' && r.floats === true)
        .map(short),
    ).toEqual(['control_response']);
    expect(
      sameExceptTiming(turn('interrupt', [delta('a')], [delta('b')]), turn('interrupt', [], [delta('a'), delta('b')])),
    ).toBe(false);
  });

  it('groups the results of parallel tools, in whichever order they came', () => {
    const tool = (id: string, n: number): Json => ({
      type: 'user',
      message: { content: [{ type: 'tool_result', tool_use_id: id }] },
      uuid: uuid(n, 4),
    });
    const file = (...results: readonly Json[]): string =>
      sealed(
        new Recording('claude:1')
          .spawn('claude')
          .send(user('x'))
          .recv(init(1), ...results, result(9))
          .eof()
          .exit(),
        options,
      );
    const one = file(tool('toolu_1', 5), tool('toolu_2', 6));
    expect(sameExceptTiming(one, file(tool('toolu_2', 7), tool('toolu_1', 8)))).toBe(true);
    expect(recordsOf(one).filter((r) => r.type === 'frame' && r.unordered !== undefined)).toHaveLength(2);
  });

  it('knows an id of the client wherever it comes back', () => {
    const id = uuid(50, 4);
    const recording = new Recording('claude:1').spawn('claude').send(user('one', id));
    recording.recv({ type: 'command_lifecycle', command_uuid: id, state: 'queued', uuid: uuid(51, 4) }, init(1), {
      type: 'result',
      user_message_uuids: [id],
    });
    const [sent, queued, , end] = bodies(sealed(recording.eof().exit(), options));
    expect([sent, queued, end]).toMatchObject([
      { uuid: '<uuid:1>' },
      { command_uuid: '<uuid:1>' },
      { user_message_uuids: ['<uuid:1>'] },
    ]);
  });
});
