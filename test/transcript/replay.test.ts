import { describe, expect, it } from 'vitest';
import type { LaneRecord, Transcript } from '../../src/transcript/format.ts';
import type { LaneReplay } from '../../src/transcript/lane-replay.ts';
import { TranscriptReplay } from '../../src/transcript/replay.ts';
import { formatMismatch } from '../../src/transcript/verdict.ts';
import { eof, err, exit, lane, records, recv, send, spawn, transcript } from './samples.ts';

const THREAD = '33333333-3333-7333-8333-333333333333';
const options = { places: { 'path:ws': '/srv/ws', 'path:home': '/srv/home' } };

function start(all: readonly LaneRecord[] = records): { replay: TranscriptReplay; it: LaneReplay; file: Transcript } {
  const file = transcript(all);
  const replay = new TranscriptReplay(file, options);
  const it = replay.lane(lane);
  expect(it.spawn({ file: '/opt/bin/codex', args: ['app-server'] })).toMatchObject({ ok: true });
  return { replay, it, file };
}

/** What is due, as short names. */
const due = (it: LaneReplay): string[] => it.due().map(({ record }) => nameOf(record));
const nameOf = (record: LaneRecord): string => {
  if (record.type !== 'frame') return record.type;
  const body = record.body as { method?: string; id?: string } | undefined;
  return body?.method ?? body?.id ?? record.raw ?? '';
};
const take = (it: LaneReplay, name: string): string => {
  const found = it.due().find(({ record }) => nameOf(record) === name);
  if (found === undefined) throw new Error(`${name} is not due; due: ${due(it).join(', ')}`);
  return it.deliver(found.index).text;
};
const line = (value: unknown): string => JSON.stringify(value);
const problem = (verdict: ReturnType<LaneReplay['feed']>) => {
  if (verdict.ok) throw new Error('expected a mismatch');
  return verdict.mismatch;
};

describe('LaneReplay', () => {
  it('replays a turn with ids of the client’s own choosing', () => {
    const { replay, it } = start();
    expect(it.feed(line({ method: 'initialize', id: 'init', params: {} }))).toMatchObject({ ok: true });
    expect(JSON.parse(take(it, '<rpc:1>'))).toEqual({ id: 'init', result: { home: '/srv/home' } });
    expect(it.feed(line({ method: 'initialized' }))).toMatchObject({ ok: true });
    expect(it.feed(line({ id: 40, method: 'thread/start', params: { cwd: '/srv/ws' } }))).toMatchObject({ ok: true });
    const answer = JSON.parse(take(it, '<rpc:2>')) as { id: number; result: { thread: { id: string } } };
    expect(answer.id).toBe(40);
    const threadId = answer.result.thread.id;
    expect(it.feed(line({ id: 41, method: 'turn/start', params: { threadId, input: 'hello' } }))).toMatchObject({
      ok: true,
    });
    expect(due(it)).toEqual(['<rpc:3>']);
    take(it, '<rpc:3>');
    const started = JSON.parse(take(it, 'turn/started')) as { params: { threadId: string }; emittedAtMs: number };
    expect(started.params.threadId).toBe(threadId);
    expect(typeof started.emittedAtMs).toBe('number');
    take(it, 'turn/completed');
    expect(due(it)).toEqual([]);
    expect(it.eof()).toMatchObject({ ok: true });
    expect(take(it, 'exit')).toBe('');
    expect(replay.finished()).toEqual([]);
  });

  it('is deterministic: two replays write the same bytes', () => {
    const bytes = (): string => {
      const { it } = start();
      it.feed(line({ id: 1, method: 'initialize', params: {} }));
      let text = take(it, '<rpc:1>');
      it.feed(line({ method: 'initialized' }));
      it.feed(line({ id: 2, method: 'thread/start', params: { cwd: '/srv/ws' } }));
      text += take(it, '<rpc:2>');
      return text;
    };
    expect(bytes()).toBe(bytes());
  });

  it('answers a different act with a diff that names file and line, and accepts nothing after it', () => {
    const { it } = start();
    const mismatch = problem(it.feed(line({ id: 1, method: 'initialize', params: { extra: true } })));
    expect(mismatch).toMatchObject({ kind: 'different', act: 'send #1', place: 'sample.ndjson:3' });
    expect(mismatch.differences).toEqual([{ path: '$.params.extra', got: true }]);
    expect(formatMismatch(mismatch)).toBe(
      [
        'codex:1 send #1: differs from the transcript',
        '  at sample.ndjson:3',
        '  expected send initialize (id "<rpc:1>")',
        '  got      {"id":1,"method":"initialize","params":{"extra":true}}',
        '  $.params.extra',
        '    expected (nothing)',
        '    got      true',
      ].join('\n'),
    );
    expect(it.feed(line({ id: 1, method: 'initialize', params: {} }))).toEqual({ ok: false, mismatch });
    expect(due(it)).toEqual([]);
    expect(it.failure).toBe(mismatch);
  });

  it('says that acts were skipped', () => {
    const { it } = start();
    it.feed(line({ id: 1, method: 'initialize', params: {} }));
    take(it, '<rpc:1>');
    const mismatch = problem(it.feed(line({ id: 2, method: 'thread/start', params: { cwd: '/srv/ws' } })));
    expect(mismatch.notes).toEqual(['it would match sample.ndjson:6, 1 act further on']);
  });

  it('refuses an act that comes before what it answers', () => {
    const { it } = start();
    it.feed(line({ id: 1, method: 'initialize', params: {} }));
    const mismatch = problem(it.feed(line({ method: 'initialized' })));
    expect(mismatch.kind).toBe('too-early');
    expect(mismatch.notes).toEqual(['recv result for id "<rpc:1>" (sample.ndjson:4) has not happened yet']);
  });

  it('refuses an id that the client cannot know yet', () => {
    const { it } = start();
    it.feed(line({ id: 1, method: 'initialize', params: {} }));
    take(it, '<rpc:1>');
    it.feed(line({ method: 'initialized' }));
    it.feed(line({ id: 2, method: 'thread/start', params: { cwd: '/srv/ws' } }));
    const mismatch = problem(
      it.feed(line({ id: 3, method: 'turn/start', params: { threadId: THREAD, input: 'hello' } })),
    );
    expect(mismatch).toMatchObject({ kind: 'too-early', notes: ['<thread:1> was not seen yet'] });
  });

  it('reports another kind of act, an act after the end, and what was left undone', () => {
    const { it, replay } = start([spawn, eof({ id: 's1' }), exit({ after: ['s1'] })]);
    expect(replay.finished().map(({ side, what, place }) => [side, what, place])).toEqual([
      ['client', 'eof (stdin closed)', 'sample.ndjson:3'],
      ['provider', 'exit code 0', 'sample.ndjson:4'],
    ]);
    expect(problem(it.signal('SIGTERM', 'group'))).toMatchObject({ kind: 'unexpected', act: 'signal SIGTERM' });
    const second = start([spawn, eof({ id: 's1' }), exit({ after: ['s1'] })]).it;
    second.eof();
    expect(problem(second.feed('{}'))).toMatchObject({ kind: 'unexpected', expected: null });
    const cut = new TranscriptReplay({ ...transcript([spawn]), cut: true }, options).lane(lane);
    cut.spawn({ file: 'codex', args: ['app-server'] });
    expect(problem(cut.feed('{}')).place).toBe(
      'sample.ndjson, after its last record of this lane; the file is cut within its last line',
    );
  });

  it('checks the spawn: base name, arguments, and the variables that matter', () => {
    const record: LaneRecord = { ...spawn, env: { HOME: '<path:home>' } } as LaneRecord;
    const fresh = (): LaneReplay => new TranscriptReplay(transcript([record, exit()]), options).lane(lane);
    const good = { file: '/x/codex', args: ['app-server'], env: { HOME: '/srv/home', OTHER: '1' } };
    expect(fresh().spawn(good)).toMatchObject({ ok: true });
    expect(problem(fresh().spawn({ ...good, args: ['exec'] })).differences).toEqual([
      { path: '$.args[0]', expected: 'app-server', got: 'exec' },
    ]);
    expect(problem(fresh().spawn({ ...good, env: {} })).differences[0]).toMatchObject({
      path: '$.env.HOME',
      got: null,
    });
  });

  it('takes a line that is not JSON for what it is', () => {
    const raw: LaneRecord = { type: 'frame', lane, t: 0, dir: 'send', raw: 'not json' };
    expect(start([spawn, raw, exit()]).it.feed('not json')).toMatchObject({ ok: true });
    expect(problem(start([spawn, raw, exit()]).it.feed('"not json"')).kind).toBe('different');
    expect(problem(start([spawn, send('x'), exit()]).it.feed('x')).kind).toBe('different');
  });

  it('redacts what comes before it compares', () => {
    const replay = new TranscriptReplay(transcript([spawn, send({ token: '<secret:key>' }), exit()]), {
      redact: (value) => JSON.parse(JSON.stringify(value).replace('hunter2hunter2', '<secret:key>')),
    });
    const it = replay.lane(lane);
    it.spawn({ file: 'codex', args: ['app-server'] });
    expect(it.feed(line({ token: 'hunter2hunter2' }))).toMatchObject({ ok: true });
  });
});

describe('partial order', () => {
  const n = (name: string, extra: Parameters<typeof recv>[1] = {}): LaneRecord => recv({ method: name }, extra);
  const done = exit();

  it('offers the members of an unordered group in any order, and then goes on', () => {
    const { it } = start([spawn, n('a'), n('b', { unordered: 'u' }), n('c', { unordered: 'u' }), n('d'), done]);
    expect(due(it)).toEqual(['a']);
    take(it, 'a');
    expect(due(it)).toEqual(['b', 'c']);
    take(it, 'c');
    expect(due(it)).toEqual(['b']);
    take(it, 'b');
    expect(due(it)).toEqual(['d']);
  });

  it('keeps strands in order', () => {
    const { it } = start([
      spawn,
      n('a1', { unordered: 'u', strand: 'a' }),
      n('a2', { unordered: 'u', strand: 'a' }),
      n('b1', { unordered: 'u' }),
      done,
    ]);
    expect(due(it)).toEqual(['a1', 'b1']);
    take(it, 'a1');
    expect(due(it)).toEqual(['a2', 'b1']);
  });

  it('starts a new group after another', () => {
    const { it } = start([spawn, n('a', { unordered: 'u' }), n('b', { unordered: 'v' }), done]);
    expect(due(it)).toEqual(['a']);
  });

  it('lets a frame float, and the exit wait for it', () => {
    const { it } = start([spawn, n('a'), n('f', { floats: true }), n('b'), done]);
    expect(due(it)).toEqual(['a', 'f']);
    take(it, 'a');
    take(it, 'b');
    expect(due(it)).toEqual(['f']);
    take(it, 'f');
    expect(due(it)).toEqual(['exit']);
  });

  it('holds stderr apart from stdout', () => {
    const { it } = start([spawn, n('a'), err('oops'), err('again'), done]);
    expect(due(it)).toEqual(['a', 'oops']);
    expect(take(it, 'oops')).toBe('oops\n');
  });

  it('holds a frame back until the client has done what woke the provider', () => {
    const { it } = start([spawn, send({ x: 1 }, { id: 's1' }), n('a', { after: ['s1'] }), done]);
    expect(due(it)).toEqual([]);
    expect(() => it.deliver(2)).toThrow('sample.ndjson:4: recv a is not due');
    it.feed('{"x":1}');
    expect(due(it)).toEqual(['a']);
  });

  it('binds across lanes', () => {
    const second = (record: LaneRecord): LaneRecord => ({ ...record, lane: 'codex:2' });
    const file = transcript([
      spawn,
      recv({ method: 'named', thread: '<thread:1>' }),
      exit({ id: 'r1' }),
      second({ ...spawn, after: ['r1'] }),
      second(send({ resume: '<thread:1>' })),
      second(exit()),
    ]);
    const replay = new TranscriptReplay(file);
    const [first, other] = [replay.lane('codex:1'), replay.lane('codex:2')];
    first.spawn({ file: 'codex', args: ['app-server'] });
    expect(
      problem(new TranscriptReplay(file).lane('codex:2').spawn({ file: 'codex', args: ['app-server'] })).kind,
    ).toBe('too-early');
    const named = JSON.parse(take(first, 'named')) as { thread: string };
    take(first, 'exit');
    expect(other.spawn({ file: 'codex', args: ['app-server'] })).toMatchObject({ ok: true });
    expect(other.feed(line({ resume: named.thread }))).toMatchObject({ ok: true });
    expect(() => replay.lane('codex:3')).toThrow('has no lane codex:3');
  });

  it('refuses a transcript whose order is unsound', () => {
    expect(() => new TranscriptReplay(transcript([spawn, n('a', { after: ['nobody'] }), done]))).toThrow(
      'sample.ndjson:3: "after" names "nobody", but no record has that id',
    );
  });
});

describe('observing a model', () => {
  const n = (name: string, extra: Parameters<typeof recv>[1] = {}): LaneRecord =>
    recv({ method: name, id: '<thread:1>' }, extra);
  const says = (it: LaneReplay, method: string, id = THREAD) => it.observe('recv', line({ method, id }));

  it('accepts what the provider did, in an order that the provider could have chosen', () => {
    const { it, replay } = start([spawn, n('a', { unordered: 'u' }), n('b', { unordered: 'u' }), n('c'), exit()]);
    expect([says(it, 'b').ok, says(it, 'a').ok, says(it, 'c').ok]).toEqual([true, true, true]);
    expect(it.observeExit(0, null)).toMatchObject({ ok: true });
    expect(replay.finished()).toEqual([]);
  });

  it('refuses another order, another identity, another exit, and more than was recorded', () => {
    const fresh = (): LaneReplay => start([spawn, n('a'), n('b'), exit()]).it;
    expect(problem(says(fresh(), 'b'))).toMatchObject({ kind: 'different', place: 'sample.ndjson:3' });
    const swapped = fresh();
    says(swapped, 'a');
    expect(problem(says(swapped, 'b', '44444444-4444-7444-8444-444444444444')).differences[0]?.path).toBe('$.id');
    expect(problem(fresh().observeExit(1, null)).kind).toBe('different');
    expect(problem(fresh().observeExit(0, null)).kind).toBe('too-early');
    const more = fresh();
    says(more, 'a');
    says(more, 'b');
    expect(problem(says(more, 'c')).kind).toBe('unexpected');
  });

  it('lets an optional frame come or not come, but not late', () => {
    const all = [spawn, n('a'), n('b', { optional: true }), n('c'), exit()];
    const without = start(all);
    expect([says(without.it, 'a').ok, says(without.it, 'c').ok, without.it.observeExit(0, null).ok]).toEqual([
      true,
      true,
      true,
    ]);
    expect(without.replay.finished()).toEqual([]);
    const late = start(all).it;
    says(late, 'a');
    says(late, 'c');
    expect(says(late, 'b').ok).toBe(false);
    const { it } = start(all);
    take(it, 'a');
    expect(due(it)).toEqual(['b']);
  });
});
