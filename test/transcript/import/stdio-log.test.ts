import { describe, expect, it } from 'vitest';
import { markedLine } from '../../../src/transcript/import/stdio-log.ts';
import { good, imported, lossesOf, talk } from './kit.ts';

describe('a line of a stdio log', () => {
  it.each<[string, string, string, number | null]>([
    ['STDIN: {"a":1}', 'send', '{"a":1}', null],
    ['stdout:{"a":1}', 'recv', '{"a":1}', null],
    ['→ STDIN: x', 'send', 'x', null],
    ['[stderr] warning', 'err', 'warning', null],
    ['[2026-11-20T10:00:00.250Z] STDOUT: x', 'recv', 'x', Date.UTC(2026, 10, 20, 10, 0, 0, 250)],
    ['2026-11-20 10:00:00,5 +0100 INFO [proxy] STDOUT: x', 'recv', 'x', Date.UTC(2026, 10, 20, 9, 0, 0, 500)],
    ['10:00:01.5 stdin: x', 'send', 'x', 36_001_500],
    ['1795269401.25 STDIN: x', 'send', 'x', 1_795_269_401_250],
    ['1795269401250 STDIN: x', 'send', 'x', 1_795_269_401_250],
  ])('%s', (line, dir, text, at) => {
    expect(markedLine(line)).toEqual({ dir, text, at });
  });

  it.each(['{"a":"STDIN: x"}', 'read it from stdin', 'one two three four five six seven STDIN: x', '', 'STDINX: a'])(
    'does not name a stream: %s',
    (line) => expect(markedLine(line)).toBeNull(),
  );
});

describe('an imported stdio log', () => {
  it('has the frames of the pipes, however the logger wrote them', () => {
    const result = good(
      [
        '# proxy started',
        '[2026-11-20T10:00:00.000Z] STDIN: {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"password":"hunter22"}}',
        '[2026-11-20T10:00:00.250Z] STDOUT: {',
        '  "jsonrpc": "2.0", "id": 0,',
        '  "result": {"text": "STDIN: not a mark"}',
        '}',
        '[2026-11-20T10:00:00.300Z] STDERR: Error: no',
        '    at line 1',
        '[2026-11-20T10:00:00.200Z] STDOUT: ready',
        'what is this',
        'STDOUT: {"cut":',
        'STDIN:',
        '[2026-11-20T10:00:00.400Z] STDIN: {"jsonrpc":"2.0","method":"notifications/initialized"}',
        '',
      ].join('\r\n'),
    );
    expect(result.format).toBe('stdio-log');
    expect(result.transcript.header).toMatchObject({
      provider: 'ndjson',
      recorded: '2026-11-20',
      redactions: { secret: 1 },
    });
    expect(talk(result.transcript.records).sort()).toEqual(
      [
        'spawn',
        '> {"jsonrpc":"2.0","id":"<rpc:1>","method":"initialize","params":{"password":"<secret:key>"}}',
        '< {"jsonrpc":"2.0","id":"<rpc:1>","result":{"text":"STDIN: not a mark"}}',
        '! "Error: no"',
        '! "    at line 1"',
        '< "ready"',
        '< "{\\"cut\\":"',
        '> {"jsonrpc":"2.0","method":"notifications/initialized"}',
        'eof',
        'exit',
      ].sort(),
    );
    expect(lossesOf(result)).toEqual([
      '1 the line: it names no stream, and no frame is open before it',
      '10 the line: it names no stream, and no frame is open before it',
      '11 the JSON of the frame: it does not end: the frame was kept as text',
      '12 the frame: it is empty',
      "- how the process was started: the file does not say it: 'agent' is assumed",
      '- how the process ended: the file does not say it: that its stdin was closed, and exit code 0, are assumed',
    ]);
    const times = result.transcript.records.map(({ t }) => t);
    expect(Math.max(...times)).toBe(400);
  });

  it.each([
    ['codex', 'STDIN: {"id":1,"method":"thread/start","params":{}}'],
    ['claude', 'STDIN: {"type":"control_request","request_id":"a","request":{"subtype":"initialize"}}'],
    ['ndjson', 'STDIN: {"id":1,"method":"tools/list"}'],
  ])('is of %s when it looks like it', (provider, line) => {
    const { transcript, losses } = good(`${line}\n`);
    expect(transcript.header.provider).toBe(provider);
    expect(losses.map(({ what }) => what)).toContain('when it was said');
    expect(good(`${line}\n`, { speaker: 'ndjson' }).transcript.header.provider).toBe('ndjson');
  });

  it('keeps its times in order, and within what can be', () => {
    const result = good(
      '[10:00:00] STDIN: a\n2026-11-20 10:00:00 STDOUT: b\n[10:00:02] STDOUT: c\n[09:00:00] STDIN: d\n',
    );
    expect(result.transcript.records.flatMap((r) => (r.type === 'frame' ? [r.t] : [])).sort()).toEqual([
      0, 0, 2_000, 2_000,
    ]);
    expect(lossesOf(result)[0]).toBe('2 its time: it is more than 1000000000000 ms after the first one');
  });

  it('without a line of a stream is not taken for one', () => {
    expect(imported('hello\nworld\n')).toMatchObject({ ok: false, format: null });
    expect(imported('hello\n', { format: 'stdio-log' })).toMatchObject({ ok: false, format: 'stdio-log' });
    expect(imported('STDERR: only this\n')).toMatchObject({ ok: true });
  });
});
