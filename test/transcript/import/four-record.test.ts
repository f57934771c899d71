import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/transcript/format.ts';
import type { LaneReplay } from '../../../src/transcript/lane-replay.ts';
import { TranscriptReplay } from '../../../src/transcript/replay.ts';
import { formatMismatch, type Verdict } from '../../../src/transcript/verdict.ts';
import { back, bodies, end, good, imported, lossesOf, ndjson, out, talk } from './kit.ts';

const THREAD = '01a1fa79-0000-7000-8000-000000000001';
const TURN = '01a1fa79-0000-7000-8000-000000000002';
const start = (provider: string, protocol: string, metadata: Json = {}): Json => ({
  type: 'transcript_start',
  provider,
  protocol,
  version: '0.156.1',
  scenario: 'simple',
  metadata,
});
const codexStart = start('codex', 'codex.app-server');
const turn: readonly Json[] = [
  out({ id: 1, method: 'initialize', params: { clientInfo: { name: 'app', version: '1.2.3' } } }),
  back({ id: 1, result: { codexHome: '/home/replay-user/.codex' } }),
  out({ method: 'initialized' }),
  out({ id: 2, method: 'thread/start', params: { cwd: '<workspace>', model: 'gpt-5', ephemeral: true } }),
  back({ id: 2, result: { thread: { id: THREAD } } }),
  out({
    id: 3,
    method: 'turn/start',
    params: { threadId: THREAD, approvalPolicy: 'never', cwd: '<workspace>', input: [] },
  }),
  back({ id: 3, result: { turn: { id: TURN } } }, { afterMs: 40 }),
  back({ method: 'turn/completed', params: { threadId: THREAD, turn: { id: TURN } }, emittedAtMs: 1_795_269_401_984 }),
  end(),
];
const codex = ndjson(codexStart, ...turn);

const accepted = (verdict: Verdict): void => {
  if (!verdict.ok) throw new Error(formatMismatch(verdict.mismatch));
};
const feed = (lane: LaneReplay, body: Json): void => accepted(lane.feed(JSON.stringify(body)));
const takeAll = (lane: LaneReplay): Json[] => {
  const taken: Json[] = [];
  for (let [due] = lane.due(); due !== undefined; [due] = lane.due()) {
    const { text, record } = lane.deliver(due.index);
    taken.push(record.type === 'frame' ? (JSON.parse(text) as Json) : record.type);
  }
  return taken;
};

describe('an imported four-record file', () => {
  it('is replayed strictly to a client with ids, a version and a workspace of its own', () => {
    const { transcript, format } = good(codex);
    expect(format).toBe('four-record');
    const replay = new TranscriptReplay(transcript, { places: { 'path:ws': '/elsewhere' } });
    const lane = replay.lane('codex:1');
    accepted(lane.spawn({ file: '/opt/codex', args: ['app-server'] }));
    expect(takeAll(lane)).toEqual([]);
    feed(lane, { method: 'initialize', id: 'a', params: { clientInfo: { version: '9', name: 'app' } } });
    // The order of the file does not hold the client back.
    feed(lane, { method: 'initialized' });
    expect(takeAll(lane)).toMatchObject([{ id: 'a' }]);
    feed(lane, { id: 'b', method: 'thread/start', params: { cwd: '/any', config: { x: 1 }, ephemeral: true } });
    const [answer] = takeAll(lane) as { id: string; result: { thread: { id: string } } }[];
    expect(answer?.id).toBe('b');
    const threadId = answer?.result.thread.id as string;
    expect(threadId).not.toBe(THREAD);
    feed(lane, { id: 'c', method: 'turn/start', params: { threadId, cwd: '/elsewhere', input: [] } });
    expect(takeAll(lane)).toMatchObject([{ id: 'c' }, { method: 'turn/completed', params: { threadId } }, 'exit']);
    expect(replay.finished()).toEqual([]);
  });

  it.each<[string, Json]>([
    ['another method', { id: 1, method: 'thread/list', params: {} }],
    ['a field too many', { id: 1, method: 'initialize', params: { clientInfo: { name: 'app', version: '1' }, x: 1 } }],
    ['another name', { id: 1, method: 'initialize', params: { clientInfo: { name: 'other', version: '1' } } }],
  ])('refuses %s', (_case, body) => {
    const lane = new TranscriptReplay(good(codex).transcript).lane('codex:1');
    accepted(lane.spawn({ file: 'codex', args: ['app-server'] }));
    expect(lane.feed(JSON.stringify(body)).ok).toBe(false);
  });

  it('keeps what is sent back until all was received that the file has before it', () => {
    const text = ndjson(codexStart, out({ method: 'one' }), out({ method: 'two' }), back({ method: 'both' }), end());
    const lane = new TranscriptReplay(good(text).transcript).lane('codex:1');
    accepted(lane.spawn({ file: 'codex', args: ['app-server'] }));
    feed(lane, { method: 'one' });
    expect(takeAll(lane)).toEqual([]);
    feed(lane, { method: 'two' });
    expect(takeAll(lane)).toEqual([{ method: 'both' }, 'exit']);
  });

  it('does not end before the client has sent its last frame', () => {
    const text = ndjson(codexStart, out({ method: 'one' }), back({ method: 'x' }), out({ method: 'bye' }), end());
    const lane = new TranscriptReplay(good(text).transcript).lane('codex:1');
    accepted(lane.spawn({ file: 'codex', args: ['app-server'] }));
    feed(lane, { method: 'one' });
    expect(takeAll(lane)).toEqual([{ method: 'x' }]);
    feed(lane, { method: 'bye' });
    expect(takeAll(lane)).toEqual(['exit']);
  });

  it('gives each runtime a process of its own, with the delays of the file', () => {
    const [a, b] = [out({ method: 'a' }), back({ method: 'b' }, { afterMs: 30 })];
    const { transcript, losses } = good(ndjson(codexStart, a, b, end('error'), a, b, end('cancelled'), a, b));
    expect(transcript.records.map(({ lane, type, t }) => `${lane} ${type} ${t}`)).toEqual([
      ...['spawn 0', 'frame 0', 'frame 30', 'exit 30'].map((r) => `codex:1 ${r}`),
      ...['spawn 0', 'frame 0', 'frame 30', 'exit 30'].map((r) => `codex:2 ${r}`),
      ...['spawn 0', 'frame 0', 'frame 30', 'exit 30'].map((r) => `codex:3 ${r}`),
    ]);
    const exits = transcript.records.filter(({ type }) => type === 'exit');
    expect(exits).toMatchObject([{ code: 1 }, { signal: 'SIGTERM' }, { code: 0 }]);
    expect(losses.map(({ line }) => line)).toEqual([4, 7, null, null]);
  });

  it('takes the wildcards of ACP, and gives its logical frames the ids of the pipe', () => {
    const ask = {
      kind: 'request',
      method: 'session/prompt',
      params: { text: 'in <workspace>, do <any>.', cwd: '<workspace>', meta: '<any>' },
    };
    const text = ndjson(
      start('grok', 'acp'),
      out(ask),
      back({ kind: 'request', method: 'session/request_permission', params: { tool: 'x' } }),
      out({ kind: 'response', method: 'session/request_permission', result: { outcome: 'allowed' } }),
      back({ kind: 'notification', method: 'session/update', params: {} }),
      back({ kind: 'response', method: 'session/prompt', result: { stopReason: 'end_turn' } }),
      end(),
    );
    const { transcript } = good(text);
    expect(talk(transcript.records)).toEqual([
      'spawn',
      '> {"jsonrpc":"2.0","id":"<rpc:1>","method":"session/prompt","params":{"text":{"$pattern":"in <workspace>, do .*\\\\."},"cwd":"<path:ws>","meta":{"$any":true}}}',
      '< {"jsonrpc":"2.0","id":"<srv:1>","method":"session/request_permission","params":{"tool":"x"}}',
      '> {"jsonrpc":"2.0","id":"<srv:1>","result":{"outcome":"allowed"}}',
      '< {"jsonrpc":"2.0","method":"session/update","params":{}}',
      '< {"jsonrpc":"2.0","id":"<rpc:1>","result":{"stopReason":"end_turn"}}',
      'exit',
    ]);
    const lane = new TranscriptReplay(transcript).lane('ndjson:1');
    accepted(lane.spawn({ file: 'agent', args: [] }));
    feed(lane, {
      jsonrpc: '2.0',
      id: 7,
      method: 'session/prompt',
      params: { text: 'in <workspace>, do this\nand that.', cwd: '/w', meta: null },
    });
    expect(takeAll(lane)).toMatchObject([{ method: 'session/request_permission' }]);
  });

  it('puts the calls of the agent SDK on the pipe, and says which answers it made up', () => {
    const result = good(
      ndjson(
        start('claudeAgent', 'claude-agent-sdk.query', { nativeSessionId: THREAD }),
        out({
          type: 'query.open',
          options: { model: 'sonnet', allowedTools: ['Read', 'Bash'], forkSession: true, effort: 'high' },
        }),
        out({ type: 'prompt.offer', message: { type: 'user', message: { role: 'user', content: 'go' } } }),
        back({ type: 'permission.request', toolName: 'Write', input: { a: 1 }, options: { toolUseID: 'toolu_1' } }),
        out({ type: 'permission.response', result: { behavior: 'deny', message: 'no', decisionClassification: 'x' } }),
        back({ type: 'result', subtype: 'success', is_error: false }),
        out({ type: 'session.fork', sessionId: THREAD }),
        back({ type: 'session.forked', sessionId: TURN }),
        out({ type: 'query.close' }),
        end(),
      ),
    );
    expect(result.transcript.records[0]).toMatchObject({
      file: 'claude',
      args: expect.arrayContaining(['--model=sonnet', '--allowedTools=Read,Bash', '--fork-session']),
    });
    expect(talk(result.transcript.records).slice(1)).toEqual([
      '> {"request_id":"<req:1>","type":"control_request","request":{"subtype":"initialize"}}',
      '< {"type":"control_response","response":{"subtype":"success","request_id":"<req:1>","response":{}}}',
      '> {"type":"user","message":{"role":"user","content":"go"}}',
      '< {"type":"control_request","request_id":"<control:1>","request":{"subtype":"can_use_tool","tool_name":"Write","input":{"a":1},"tool_use_id":"toolu_1"}}',
      '> {"type":"control_response","response":{"subtype":"success","request_id":"<control:1>","response":{"behavior":"deny","message":"no"}}}',
      '< {"is_error":false,"subtype":"success","type":"result"}',
      'exit',
    ]);
    expect(lossesOf(result)).toEqual([
      '1 metadata "nativeSessionId": a transcript has no place for it',
      '2 the answer to "initialize": every query of the SDK begins with "initialize", which is assumed',
      '5 "decisionClassification": the SDK keeps it to itself',
      '7 the frame "session.fork": it is a call of the SDK that puts nothing on the pipe that is known here',
      '8 the frame "session.forked": it is an answer of the SDK, not a line of the process',
      '9 query.close: that the SDK closed stdin here is left out: the process ends by itself in this format',
      '- option "effort" of the query: it has no flag on the command line that is known here',
    ]);
  });

  it('says line by line what it leaves out, and keeps the rest', () => {
    const result = good(
      `${codex}{"type":"expect_outbound"\n[]\n{"type":"wait"}\n{"type":"emit_inbound","label":"x"}\n${ndjson(
        codexStart,
        { ...(back({ method: 'late' }) as object), afterMs: -1, gate: 'g' } as Json,
      )}`,
    );
    expect(lossesOf(result).slice(0, 7)).toEqual([
      '11 the line: it is no JSON: column 26',
      '12 the line: it is JSON, but no object',
      '13 the record: there is no record type "wait"',
      '14 the record: it has no "frame"',
      '15 the record: a transcript_start stands in the first line only',
      '16 the key "gate": a emit_inbound record has no such key',
      '16 "afterMs": it is no whole number from 0 to 86400000',
    ]);
    expect(bodies(result.transcript.records).at(-1)).toEqual({ method: 'late' });
  });

  it('does without its first record, and without any frame gives nothing', () => {
    const { transcript, losses } = good(ndjson(...turn));
    expect(transcript.header).toMatchObject({ provider: 'codex', providerVersion: 'unknown' });
    expect(losses[0]?.what).toBe('provider, protocol and version');
    expect(imported(ndjson(codexStart, end()))).toMatchObject({
      ok: false,
      reason: 'nothing in it could be carried over',
    });
  });

  it('is redacted, and its own prose is left out, like a recording', () => {
    const token = 'ghp_abcdefghijklmnopqrstuvwx';
    const { text, transcript } = good(
      ndjson(
        codexStart,
        out({ id: 1, method: 'initialize', params: { token, home: '/Users/jane/project', note: 'by jane' } }),
        back({ id: 1, result: { developer_instructions: 'You are …', long: 'x'.repeat(5_000), at: '/tmp/run-77/a' } }),
        end(),
      ),
    );
    expect(text).not.toMatch(/ghp_|jane|You are|xxxxx|run-77/);
    expect(transcript.header.redactions).toEqual({ home: 1, secret: 1, user: 1 });
    expect(bodies(transcript.records)[1]).toMatchObject({ result: { at: '<path:p1>/a' } });
  });
});
