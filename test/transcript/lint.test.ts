import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HeaderRecord, LaneRecord } from '../../src/transcript/format.ts';
import type { LintOptions } from '../../src/transcript/lint.ts';
import { formatFinding, lintTranscript, lintTranscripts } from '../../src/transcript/lint.ts';
import { Redactor } from '../../src/transcript/redact.ts';
import { eof, exit, header, lane, records, recv, send, spawn, text } from './samples.ts';

const lint = (all: readonly LaneRecord[], head: HeaderRecord = header) =>
  lintTranscript(text(all, head), 'sample.ndjson');
const rules = (all: readonly LaneRecord[], head: HeaderRecord = header): string[] => [
  ...new Set(lint(all, head).map(({ rule }) => rule)),
];
const around = (...frames: readonly LaneRecord[]): LaneRecord[] => [
  spawn,
  ...frames,
  eof({ id: 's1' }),
  exit({ after: ['s1'] }),
];
const claude: HeaderRecord = { ...header, provider: 'claude' };

describe('lintTranscript', () => {
  it('finds nothing in a sound transcript', () => {
    expect(lintTranscript(text(), 'sample.ndjson')).toEqual([]);
  });

  it.each<[string, LaneRecord[], HeaderRecord?]>([
    ['secret', around(recv({ text: ['ghp', '_abcdefghijklmnopqrstuvwx'].join('') }))],
    ['secret', around(recv({ headers: { Authorization: 'opaque' } }))],
    ['secret', around(recv({ text: 'x' })), { ...header, scenario: ['ghp', '_abcdefghijklmnopqrstuvwx'].join('') }],
    [
      'secret',
      around(
        recv({ params: { delta: ['ghp', '_abcdefg'].join('') } }),
        recv({ params: { delta: 'hijklmnopqrstuvwx' } }),
      ),
    ],
    ['secret', around(recv({ text: '{"api_key":"of no known form"}' }))],
    ['secret', [{ ...spawn, args: ['app-server', '--token', 'opaque'] } as LaneRecord, exit()]],
    ['personal', around(recv({ text: 'from ada@mill.example' }))],
    ['personal', around(recv({ account_id: 'acme-7781' }))],
    ['machine-path', around(recv({ cwd: '/home/someone/project' }))],
    ['machine-path', around(recv({ text: 'see /tmp/x/y' }))],
    ['machine-path', around(recv({ text: 'C:\\Users\\me' }))],
    ['raw-id', around(recv({ id: '01a1fa79-6ec3-73e1-bcb0-8e39f2afd7af' }))],
    ['raw-time', around(recv({ at: 1_795_203_624_660 }))],
    ['raw-time', around(recv({ at: '2026-11-20T19:16:09.266Z' }))],
    ['prose', around(recv({ params: { developer_instructions: 'You are …' } }))],
    ['prose', around(recv({ type: 'system', subtype: 'init', tools: ['Bash'] })), claude],
    ['prose', around(recv({ type: 'user', message: { content: 'x'.repeat(200) } })), claude],
    ['long-text', around(recv({ delta: 'x'.repeat(5000) }))],
    ['never-captured', around(send({ turnId: '<turn:1>' }))],
    ['unknown-symbol', around(recv({ id: '<thred:1>' }))],
    ['unwritable', around(recv({ id: { $any: true } }))],
    ['unwritable', around(recv([{ $unordered: [{ $pattern: 'x' }] }]))],
    ['no-exit', [spawn, recv(1)]],
    ['redaction-count', around(recv({ text: '<email>' }))],
    ['duplicate-id', around(recv(1, { id: 'r1' }), recv(2, { id: 'r1' }))],
    ['unknown-after', around(recv(1, { after: ['r9'] }))],
    ['later-after', around(recv(1, { after: ['r1'] }), recv(2, { id: 'r1' }))],
    ['split-group', around(recv(1, { unordered: 'u' }), recv(2), recv(3, { unordered: 'u' }))],
    ['spawn-first', [recv(1), spawn, exit()]],
    ['after-exit', [spawn, exit(), recv(1)]],
    // Text that is JSON can never come as a line that is not.
    ['replay', around({ type: 'frame', lane, t: 0, dir: 'send', raw: '{"id":1}' })],
    ['replay', around(recv({ a: '<srv:one>', b: '<srv:two>' }))],
    ['file-name', around(recv(1)), { ...header, scenario: 'other' }],
  ])('has a rule %s that can be broken', (rule, all, head) => {
    expect(rules(all, head)).toContain(rule);
  });

  it.each<[string, string]>([
    ['read-json', '{"type":\n'],
    ['read-record', '{"type":"frame"}\n'],
    ['read-header', `${JSON.stringify(header)}\n`],
  ])('reports what cannot be read: %s', (rule, line) => {
    expect(lintTranscript(`${text()}${line}`, 'sample.ndjson')).toMatchObject([
      { rule, line: 14, file: 'sample.ndjson' },
    ]);
  });

  it('reports a file that is cut, and lines in another form', () => {
    expect(lintTranscript(`${text()}{"type":"ex`, 'sample.ndjson').map(({ rule }) => rule)).toEqual(['cut']);
    const spaced = text().replace('{"type":"spawn",', '{ "type":"spawn",');
    expect(lintTranscript(spaced, 'sample.ndjson')).toMatchObject([{ rule: 'form', line: 2 }]);
    const shuffled = text().replace('"type":"spawn","lane":"codex:1"', '"lane":"codex:1","type":"spawn"');
    expect(lintTranscript(shuffled, 'sample.ndjson')).toMatchObject([{ rule: 'form', line: 2 }]);
  });

  it('finds the marks of the machine that it knows', () => {
    const redactor = new Redactor({ hosts: ['analytical'], users: ['lovelace'], homes: ['/opt/ada'] });
    const found = lintTranscript(text(around(recv({ text: 'lovelace on analytical, /opt/ada/x' }))), 'sample.ndjson', {
      redactor,
    });
    expect(found.map(({ rule, message }) => [rule, message])).toEqual([
      ['personal', 'names the home of this machine'],
      ['personal', 'names the host of this machine'],
      ['personal', 'names the user of this machine'],
    ]);
  });

  it('tells what is too old, of unknown age, or of another version, each by a rule of its own', () => {
    const aged = (head: Partial<HeaderRecord>, options: LintOptions): string[] =>
      lintTranscript(text(records, { ...header, ...head }), 'sample.ndjson', options).map(({ rule }) => rule);
    const maxAge = { days: 180, today: '2026-11-21' };
    expect(aged({ recorded: '2026-05-25' }, { maxAge })).toEqual([]);
    expect(aged({ recorded: '2026-05-24' }, { maxAge })).toEqual(['expired']);
    expect(aged({ recorded: '2026-99-99' }, { maxAge })).toEqual(['expired']);
    expect(aged({}, { maxAge })).toEqual(['undated']);
    expect(aged({}, {})).toEqual([]);
    expect(aged({}, { current: { codex: '0.0.1', claude: '9' } })).toEqual([]);
    expect(aged({}, { current: { codex: '0.0.2' } })).toEqual(['other-version']);
  });

  it('does not take what is common to all machines for a path, an id or a time of one', () => {
    expect(
      rules(
        around(
          recv({
            a: '/tmp/claude-<n>/x',
            b: '/tmp/cc-socks/<pid:1>.sock',
            c: '/bin/bash',
            d: '<path:home>/x',
            agentPath: '/root/calc',
          }),
        ),
      ),
    ).toEqual([]);
    expect(rules(around(send({ id: '00000000-0000-4000-8000-000000000000' }), recv({ tokens: 1_234_567 })))).toEqual(
      [],
    );
  });

  it('says where, what, and what to do', () => {
    const [found] = lint(around(recv({ cwd: '/home/someone/x' })));
    expect(found && formatFinding(found)).toBe(
      'sample.ndjson:3: [machine-path] holds the path /home/someone/x of a machine; give the path a name when recording (places.paths), so that it becomes <path:…>',
    );
  });
});

describe('lintTranscripts', () => {
  it('goes through a folder, by file and line', () => {
    const dir = mkdtempSync(join(tmpdir(), 'reprise-lint-'));
    try {
      expect(lintTranscripts(dir)).toMatchObject([{ rule: 'empty' }]);
      mkdirSync(join(dir, 'codex'));
      writeFileSync(join(dir, 'codex', 'sample.ndjson'), text());
      expect(lintTranscripts(dir)).toEqual([]);
      writeFileSync(join(dir, 'codex', 'b.ndjson'), 'nonsense\n');
      writeFileSync(join(dir, 'codex', 'a.ndjson.partial'), '');
      writeFileSync(join(dir, 'notes.md'), 'not a transcript');
      expect(lintTranscripts(dir).map(({ file, rule }) => [file, rule])).toEqual([
        [join(dir, 'codex', 'b.ndjson'), 'read-json'],
        [join(dir, 'codex', 'a.ndjson.partial'), 'stray-file'],
      ]);
      expect(() => lintTranscripts(join(dir, 'nowhere'))).toThrow('ENOENT');
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
