import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/transcript/format.ts';
import { byThread } from '../../src/transcript/profile-codex.ts';
import { Redactor } from '../../src/transcript/redact.ts';
import { seal } from '../../src/transcript/seal.ts';
import { selfReplay } from '../../src/transcript/self-replay.ts';
import { sameExceptTiming, UnredactedSecretError } from '../../src/transcript/write.ts';
import { codexParts, codexRun } from './codex-run.ts';
import { codexOptions, Recording, uuid } from './recording.ts';
import { bodies, recordsOf, sealed, short, shorts } from './sealed.ts';

const lane = 'codex:1';
describe('seal', () => {
  it('writes a run with symbols for all that differs from run to run', () => {
    const text = codexRun(1);
    expect(recordsOf(text)[0]).toEqual({
      type: 'spawn',
      lane,
      t: 0,
      file: 'codex',
      args: ['app-server'],
      env: { CODEX_HOME: '<path:home>' },
    });
    expect(bodies(text)).toMatchObject([
      { id: '<rpc:1>' },
      { id: '<rpc:1>', result: { userAgent: 'rec/0.1.0 (<os>) unknown (rec; 0)', codexHome: '<path:home>' } },
      { params: { serverName: '<host>', installationId: '<uuid:1>' }, emittedAtMs: '<ms>' },
      {},
      { id: '<rpc:2>', params: { cwd: '<path:ws>' } },
      {
        result: {
          thread: {
            id: '<thread:1>',
            sessionId: '<thread:1>',
            path: '<path:home>/sessions/<ymd>/rollout-<stamp>-<thread:1>.jsonl',
            createdAt: '<s>',
          },
        },
      },
      { params: { thread: { id: '<thread:1>' } } },
      { params: { threadId: '<thread:1>' } },
      { result: { turn: { id: '<turn:1>', startedAt: null } } },
      { params: { threadId: '<thread:1>' } },
      { params: { turn: { id: '<turn:1>', startedAt: '<s>' } } },
      { params: { turnId: '<turn:1>', item: { id: '<item:1>' } } },
      { params: { turn: { durationMs: '<dur>' } } },
    ]);
    expect(recordsOf(text).at(-2)).toMatchObject({ type: 'eof', id: 's1', after: ['r2'] });
    expect(recordsOf(text).at(-1)).toMatchObject({ type: 'exit', after: ['s1'] });
  });

  it('gives the same file for another run', () => {
    expect(sameExceptTiming(codexRun(1), codexRun(2, 17))).toBe(true);
    expect(codexRun(1)).not.toBe(codexRun(2, 17));
  });

  it('does not depend on where the client’s frames fall between the provider’s', () => {
    const p = codexParts(1);
    const file = (order: (recording: Recording) => void): string => {
      const recording = new Recording(lane).spawn('codex');
      recording.send(p.initialize);
      order(recording);
      return sealed(recording.eof().exit(), p.options);
    };
    const early = file((r) =>
      r
        .recv(p.welcome)
        .send(p.initialized, p.threadStart)
        .recv(p.status, p.thread)
        .send(p.turnStart)
        .recv(p.threadStarted, p.turn),
    );
    const late = file((r) =>
      r
        .recv(p.welcome, p.status)
        .send(p.initialized, p.threadStart)
        .recv(p.thread, p.threadStarted)
        .send(p.turnStart)
        .recv(p.turn),
    );
    expect(sameExceptTiming(early, late)).toBe(true);
    expect(shorts(late).slice(0, 9)).toEqual([
      'spawn',
      '>initialize',
      '=<rpc:1>',
      'remoteControl/status/changed',
      '>initialized',
      '>thread/start',
      '=<rpc:2>',
      'thread/started',
      '>turn/start',
    ]);
  });

  it('writes the order that the provider does not keep as a group, whichever way it went', () => {
    const p = codexParts(1);
    const second = (...frames: readonly Json[]): string => {
      const recording = new Recording(lane).spawn('codex');
      recording
        .send(p.initialize)
        .recv(p.welcome)
        .send(p.threadStart)
        .recv(p.thread)
        .send(p.turnStart)
        .recv(p.turn, p.active, p.turnStarted, p.completed);
      return sealed(
        recording
          .send(p.turnStart2)
          .recv(...frames, p.completed2)
          .eof()
          .exit(),
        p.options,
      );
    };
    const answerFirst = second(p.turn2, p.active, p.turnStarted2);
    expect(sameExceptTiming(answerFirst, second(p.active, p.turnStarted2, p.turn2))).toBe(true);
    expect(sameExceptTiming(answerFirst, second(p.active, p.turn2, p.turnStarted2))).toBe(true);
    const group = recordsOf(answerFirst).filter((record) => record.type === 'frame' && record.unordered === 'u1');
    expect(group.map((record) => [short(record), record.type === 'frame' ? record.strand : null])).toEqual([
      ['thread/status/changed', 'a'],
      ['turn/started', 'a'],
      ['=<rpc:4>', undefined],
    ]);
    // Nothing of the turn may come before its request, although only the answer names it.
    expect(group[0]).toMatchObject({ after: ['s1'] });
    // The first turn of the thread is in order.
    expect(recordsOf(answerFirst).filter((r) => r.type === 'frame' && r.unordered !== undefined)).toHaveLength(3);
  });

  it('keeps the threads of a scenario apart where it is told to', () => {
    const p = codexParts(1);
    const say = (thread: number, text: string): Json => ({ method: 'x', params: { threadId: uuid(thread), text } });
    const file = (...frames: readonly Json[]): string =>
      sealed(
        new Recording(lane)
          .spawn('codex')
          .send(p.initialize)
          .recv(p.welcome, ...frames)
          .eof()
          .exit(),
        {
          ...p.options,
          unordered: (_lane, received) => [byThread(1, received.length - 1)],
        },
      );
    const one = file(say(1, 'a'), say(2, 'b'), say(1, 'c'), say(2, 'd'));
    expect(sameExceptTiming(one, file(say(2, 'b'), say(2, 'd'), say(1, 'a'), say(1, 'c')))).toBe(true);
    expect(sameExceptTiming(one, file(say(1, 'c'), say(1, 'a'), say(2, 'b'), say(2, 'd')))).toBe(false);
  });

  it('binds an act to the frame that the recorder names, and only to that', () => {
    const p = codexParts(1);
    const recording = new Recording(lane).spawn('codex').send(p.initialize).recv(p.welcome, p.status);
    recording
      .send(p.threadStart)
      .recv(p.thread, p.threadStarted)
      .send(p.turnStart)
      .recv(p.turn, p.active, p.turnStarted, p.item);
    recording
      .because(8)
      .send({ id: 9, method: 'turn/interrupt', params: { threadId: uuid(101), turnId: uuid(102) } })
      .recv({ id: 9, result: {} })
      .eof()
      .exit();
    const all = recordsOf(sealed(recording, p.options));
    const interrupt = all.find((record) => short(record) === '>turn/interrupt');
    const cause = all.find((record) => record.id === interrupt?.after?.[0]);
    expect(interrupt?.after).toHaveLength(1);
    expect(cause && short(cause)).toBe('item/started');
  });

  it('binds what the provider does after an approval to the answer', () => {
    const p = codexParts(1);
    const recording = new Recording(lane).spawn('codex').send(p.initialize).recv(p.welcome);
    recording
      .recv({ id: 0, method: 'item/commandExecution/requestApproval', params: {} })
      .send({ id: 0, result: { decision: 'accept' } });
    recording
      .recv({ method: 'serverRequest/resolved', params: { requestId: 0 } })
      .eof()
      .exit();
    const all = recordsOf(sealed(recording, p.options));
    expect(all[3]).toMatchObject({ body: { id: '<srv:1>' } });
    expect(all[4]).toMatchObject({ id: 's1', body: { id: '<srv:1>', result: { decision: 'accept' } } });
    expect(all[5]).toMatchObject({ after: ['s1'], body: { params: { requestId: '<srv:1>' } } });
  });

  it('writes a later process after the exit of the earlier, with ids of its own', () => {
    const p = codexParts(1);
    const first = new Recording('codex:1')
      .spawn('codex')
      .send(p.initialize)
      .recv(p.welcome)
      .signal('SIGKILL')
      .exit(null, 'SIGKILL');
    const second = new Recording('codex:2', { start: 1000 })
      .spawn('codex')
      .send(p.initialize)
      .recv(p.welcome)
      .eof()
      .exit();
    const { text, transcript } = seal([...first.raw, ...second.raw], p.options);
    expect(selfReplay(transcript)).toBeNull();
    const all = recordsOf(text);
    expect(all.map((record) => [record.lane, short(record)])).toEqual([
      ['codex:1', 'spawn'],
      ['codex:1', '>initialize'],
      ['codex:1', '=<rpc:1>'],
      ['codex:1', 'signal'],
      ['codex:1', 'exit'],
      ['codex:2', 'spawn'],
      ['codex:2', '>initialize'],
      ['codex:2', '=<rpc:2.1>'],
      ['codex:2', 'eof'],
      ['codex:2', 'exit'],
    ]);
    expect(all[5]).toMatchObject({ t: 0, after: [all[4]?.id] });
  });

  it('puts stderr lines and HTTP exchanges after the act that they followed', () => {
    const p = codexParts(1);
    const recording = new Recording(lane).spawn('codex').send(p.initialize).recv(p.welcome).send(p.threadStart);
    recording.http(
      { model: 'm', instructions: 'You are …', tools: [{ name: 't' }], input: [] },
      { 'thread-id': uuid(101), host: 'x' },
    );
    recording.err('\u001b[2m2026-11-20T19:44:18.019523Z\u001b[0m failed').recv(p.thread).eof().exit();
    const text = sealed(recording, p.options);
    expect(shorts(text)).toEqual([
      'spawn',
      '>initialize',
      '=<rpc:1>',
      '>thread/start',
      'http',
      '\u001b[2m<iso>\u001b[0m failed',
      '=<rpc:2>',
      'eof',
      'exit',
    ]);
    const http = recordsOf(text).find((record) => record.type === 'http');
    expect(http).toMatchObject({
      request: {
        headers: { 'thread-id': '<thread:1>' },
        body: {
          model: 'm',
          instructions: { $elided: { length: 11 } },
          tools: { $elided: { type: 'array' } },
          input: [],
        },
      },
      response: { headers: { 'content-type': 'text/event-stream' }, end: 'complete' },
    });
  });

  it('redacts, counts, and writes nothing when a credential is left', () => {
    const token = 'ghp_abcdefghijklmnopqrstuvwxyz';
    const p = codexParts(1);
    const run = (text: string): Recording =>
      new Recording(lane)
        .spawn('codex')
        .send(p.initialize)
        .recv(p.welcome, { method: 'x', params: { text } })
        .eof()
        .exit();
    const text = sealed(run(`it is ${token}`), { ...p.options, redactor: new Redactor({ homes: ['/tmp/run1'] }) });
    expect(text).toContain('it is <secret:github>');
    expect(JSON.parse(text.slice(0, text.indexOf('\n'))).redactions).toEqual({ secret: 1 });
    const streamed = (piece: string): Json => ({ choices: [{ delta: piece }], item_id: 'x' });
    const cut = new Recording(lane).spawn('codex').send(p.initialize).recv(p.welcome);
    cut.http({});
    const http = cut.raw.at(-1);
    if (http?.k !== 'http' || http.response === null) throw new Error('no exchange');
    const chunks = [token.slice(0, 9), token.slice(9)].map((piece) => ({
      t: 0,
      text: `data: ${JSON.stringify(streamed(piece))}\n\n`,
    }));
    cut.raw[cut.raw.length - 1] = { ...http, response: { ...http.response, chunks } };
    expect(sealed(cut.eof().exit(), p.options)).toContain('<secret:github>');
    const named = { ...p.options, scenario: token };
    expect(() => seal(run('').raw, named)).toThrow(UnredactedSecretError);
    expect(() => seal(run('').raw, named)).not.toThrow(token);
  });

  it('takes out what names an account, also where only the value stands', () => {
    const p = codexParts(1);
    const text = sealed(
      new Recording(lane)
        .spawn('codex')
        .send(p.initialize)
        .recv(p.welcome, {
          method: 'x',
          params: { account_id: 'acme-7781', organizationName: 'Ada & Co', note: 'of acme-7781' },
        })
        .eof()
        .exit(),
      p.options,
    );
    expect(text).toContain('{"account_id":"<account>","organizationName":"<account>","note":"of <account>"}');
    expect(JSON.parse(text.slice(0, text.indexOf('\n'))).redactions).toMatchObject({ account: 3 });
  });

  it('writes what only looks like a symbol or a matcher so that it stays what it is', () => {
    const p = codexParts(1);
    const odd: Json = { method: 'x', params: { text: 'say <thread:1>', o: { $any: true } } };
    const text = sealed(
      new Recording(lane).spawn('codex').send(p.initialize).recv(p.welcome, odd).eof().exit(),
      p.options,
    );
    expect(bodies(text).at(-1)).toEqual({
      method: 'x',
      params: { text: 'say <lt>thread:1>', o: { $literal: { $any: true } } },
    });
  });

  it('refuses a log that makes no sense', () => {
    expect(() => seal(new Recording(lane).send({}).raw, codexOptions)).toThrow(
      'lane codex:1 has a line record before its spawn',
    );
    expect(() => seal(new Recording(lane).spawn('codex').because(3).eof().raw, codexOptions)).toThrow(
      'lane codex:1 acted because of line 3 of codex:1, which was not seen before',
    );
  });
});
