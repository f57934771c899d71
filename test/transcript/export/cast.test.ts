import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { castOf } from '../../../src/transcript/export/cast.ts';
import type { ExecRecord, LaneRecord } from '../../../src/transcript/format.ts';
import { packageRoot } from '../../../src/transcript/package-root.ts';
import { readTranscript } from '../../../src/transcript/read.ts';
import { header, transcript } from '../samples.ts';
import { castFaults } from './asciicast.ts';

const size = { columns: 80, rows: 24 };
const folder = join(packageRoot(), 'transcripts');
const recordings = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ndjson'))
  .sort();
const events = (text: string): [number, string, string][] =>
  text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line));

describe('the validator of casts', () => {
  it.each([
    ['{"version":3}\n', 'there is no "term"'],
    ['{"version":2,"term":{"cols":80,"rows":24}}\n', '"version" is not 3'],
    ['{"version":3,"term":{"cols":80,"rows":0}}\n', '"cols" and "rows" are no sizes'],
    ['{"version":3,"term":{"cols":80,"rows":24},"width":80}\n', '"width" is unknown'],
    ['{"version":3,"term":{"cols":80,"rows":24}}\n[1,"o"]\n', 'an event has three elements'],
    ['{"version":3,"term":{"cols":80,"rows":24}}\n[-1,"o",""]\n', 'the interval is no number'],
    ['{"version":3,"term":{"cols":80,"rows":24}}\n[1,"z",""]\n', 'the code is not one of'],
    ['{"version":3,"term":{"cols":80,"rows":24}}\n[1,"r","80*24"]\n', 'no data of a "r" event'],
    ['{"version":3,"term":{"cols":80,"rows":24}}\n[1,"x","SIGTERM"]\n', 'no data of a "x" event'],
    ['{"version":3,"term":{"cols":80,"rows":24}}\n{\n', 'line 2: is no JSON'],
  ])('sees what is wrong with %s', (text, fault) => expect(castFaults(text).join()).toContain(fault));
});

describe('a recording as a cast', () => {
  it.each(recordings)('is valid, and as long as the recording: %s', (name) => {
    const read = readTranscript(readFileSync(join(folder, name)), name);
    if (!read.ok) throw new Error(read.errors[0].message);
    const { records } = read.transcript;
    for (const lane of new Set(records.filter(({ type }) => type !== 'http').map((record) => record.lane))) {
      const { text } = castOf(read.transcript, { ...size, lane });
      expect(castFaults(text)).toEqual([]);
      const own = records.filter((record) => record.lane === lane);
      const seconds = events(text).reduce((sum, [interval]) => sum + interval, 0);
      expect(seconds).toBeCloseTo(Math.max(...own.map((r) => (r.type === 'exec' ? r.t + r.ms : r.t))) / 1000, 6);
      const shown = events(text)
        .flatMap(([, code, data]) => (code === 'o' ? [data] : []))
        .join('');
      for (const record of own)
        if (record.type === 'frame' && record.raw !== undefined) expect(shown).toContain(record.raw);
    }
  });

  it('shows both sides in the order of time, marks and the exit status', () => {
    const lane = 'codex:1';
    const all: LaneRecord[] = [
      { type: 'spawn', lane, t: 0, file: 'codex', args: ['app-server'], env: {} },
      { type: 'frame', lane, t: 40, dir: 'recv', body: { a: 'ü' } },
      { type: 'frame', lane, t: 30, dir: 'send', raw: 'hi' },
      { type: 'frame', lane, t: 50, dir: 'err', raw: 'oh' },
      { type: 'signal', lane, t: 60, signal: 'SIGTERM', scope: 'group' },
      { type: 'frame', lane, t: 70, dir: 'recv', raw: 'cu', cut: true },
      { type: 'exit', lane, t: 80, code: null, signal: 'SIGTERM' },
    ];
    const { text } = castOf(transcript(all), size);
    expect(text.split('\n')[0]).toBe(
      '{"version":3,"term":{"cols":80,"rows":24},"command":"codex app-server","title":"sample codex:1"}',
    );
    expect(events(text)).toEqual([
      [0.03, 'i', 'hi\r'],
      [0, 'o', '\u001b[2mhi\u001b[0m\r\n'],
      [0.01, 'o', '{"a":"ü"}\r\n'],
      [0.01, 'o', '\u001b[31moh\u001b[0m\r\n'],
      [0.01, 'm', 'SIGTERM to the group'],
      [0.01, 'o', 'cu'],
      [0.01, 'x', '143'],
    ]);
    expect(() => castOf(transcript(all), { ...size, lane: 'codex:2' })).toThrow(
      'there is no lane codex:2; there are: codex:1',
    );
    expect(() => castOf(transcript(all), { ...size, pane: '%1' })).toThrow(
      'there is no screen of the pane %1; there are screens of: none',
    );
  });
});

describe('runs of tmux as a cast', () => {
  const run = (t: number, args: readonly string[], stdout = '', more: Partial<ExecRecord> = {}): ExecRecord => ({
    type: 'exec',
    lane: 'tmux:1',
    t,
    file: 'tmux',
    args,
    stdin: null,
    stdout,
    stderr: '',
    code: 0,
    signal: null,
    ms: 5,
    ...more,
  });
  const runs = transcript(
    [
      run(0, ['-L', 'x', 'new-session', '-d', '-s', 'a', '-x', '100', '-y', '30', 'sh -c "true"']),
      run(100, ['-L', 'x', 'capture-pane', '-p', '-e', '-t', '=a:']),
      run(200, ['-L', 'x', 'resize-window', '-t', 'a:0', '-x', '90', '-y', '20']),
      run(300, ['-L', 'x', 'capture-pane', '-pet', '=b:'], 'other\n'),
      run(400, ['-L', 'x', 'capture-pane', '-p', '-t', '=a:'], 'one\n\u001b[1mtwo\u001b[0m\n\n\n'),
      run(500, ['-L', 'x', 'capture-pane', '-p', '-t', '=a:'], '', { code: 1, stderr: "can't find pane: a\n" }),
    ],
    { ...header, provider: 'tmux', protocol: 'exec' },
  );

  it('show the screens of a pane, with its sizes', () => {
    const { text } = castOf(runs, { ...size, pane: '=a:' });
    expect(castFaults(text)).toEqual([]);
    expect(text.split('\n')[0]).toContain('"term":{"cols":100,"rows":30}');
    expect(events(text)).toEqual([
      [0, 'r', '100x30'],
      [0.105, 'o', '\u001b[H\u001b[2J'],
      [0.095, 'r', '90x20'],
      [0.205, 'o', '\u001b[H\u001b[2Jone\r\n\u001b[1mtwo\u001b[0m'],
    ]);
    expect(() => castOf(runs, { ...size, pane: 'c' })).toThrow('there are screens of: =a:');
  });

  it('show commands and their output', () => {
    const { text } = castOf(runs, size);
    expect(castFaults(text)).toEqual([]);
    expect(events(text).at(0)?.[2]).toContain(`$ tmux -L x new-session -d -s a -x 100 -y 30 'sh -c "true"'`);
    expect(
      events(text)
        .slice(-2)
        .map(([, , data]) => data),
    ).toEqual(["\u001b[31mcan't find pane: a\r\n\u001b[0m", '\u001b[31m(exit status 1)\u001b[0m\r\n']);
  });
});
