import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TRANSCRIPTS_DIRECTORY } from '../../src/cli/replay.ts';
import { cli } from './fake-io.ts';

const home = process.cwd();
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-import-'));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

const LOG = 'STDIN: {"id":1,"method":"tools/list"}\nnoise\nSTDOUT: {"id":1,"result":{}}\n';
const simple = join(TRANSCRIPTS_DIRECTORY, 'codex', 'simple.ndjson');

describe('import', () => {
  it('writes a transcript that lint accepts, and says what it left out', async () => {
    writeFileSync('mcp.log', LOG);
    const { code, out, err } = await cli('import', 'mcp.log', '--out', 'new/mcp.ndjson');
    expect({ code, out }).toEqual({
      code: 0,
      out: 'new/mcp.ndjson: 5 records of ndjson from stdio-log; 4 notes on what was not carried over, or is assumed',
    });
    expect(err.split('\n')).toEqual([
      'mcp.log:2: the line: it names no stream, and no frame is open before it',
      "mcp.log: how the process was started: the file does not say it: 'agent' is assumed",
      'mcp.log: how the process ended: the file does not say it: that its stdin was closed, and exit code 0, are assumed',
      'mcp.log: when it was said: the lines have no times: everything happens at 0 ms',
    ]);
    expect(await cli('lint', 'new')).toMatchObject({ code: 0 });
    expect(readdirSync('new')).toEqual(['mcp.ndjson']);
    expect((await cli('import', 'mcp.log', '--out', 'new/mcp.ndjson')).out).toContain('; as it was; ');
  });

  it('gives one JSON document', async () => {
    writeFileSync('mcp.log', LOG);
    const { code, out, err } = await cli('import', 'mcp.log', '--out', 'mcp.ndjson', '--json', '--provider', 'codex');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({
      file: 'mcp.log',
      out: 'mcp.ndjson',
      saved: 'written',
      format: 'stdio-log',
      provider: 'codex',
      records: 5,
      losses: [{ line: 2, what: 'the line' }, { line: null }, { line: null }, { line: null }],
      findings: [],
    });
  });

  it.each<[string, string, string, string]>([
    [
      'what is no recording',
      'hello\n',
      'a.ndjson',
      'nothing was imported: no line of the first 50 looks like one of four-record',
    ],
    ['an empty file', '', 'a.ndjson', 'nothing was imported: it holds no line of text'],
    [
      'a file without frames',
      '{"type":"runtime_exit","status":"success"}\n',
      'a.ndjson',
      'nothing in it could be carried over',
    ],
  ])('of %s ends with 2 and leaves the file of before', async (_case, text, out, reason) => {
    writeFileSync('a.log', text);
    writeFileSync(out, 'precious\n');
    const said = await cli('import', 'a.log', '--out', out);
    expect(said).toMatchObject({ code: 2, out: '' });
    expect(said.err).toContain(
      `a.log: ${reason}`.replace('a.log: nothing in', 'a.log: nothing was imported: nothing in'),
    );
    expect(readFileSync(out, 'utf8')).toBe('precious\n');
    expect(readdirSync('.').sort()).toEqual(['a.log', out]);
  });

  it('is refused when its words are wrong, or a file cannot be had', async () => {
    writeFileSync('a.log', LOG);
    mkdirSync('dir.ndjson');
    const complaint = async (...args: string[]): Promise<string> => {
      const { code, err } = await cli('import', ...args);
      expect(code).toBe(2);
      expect(err).not.toContain('    at ');
      return err;
    };
    expect(await complaint('a.log')).toContain('say where to write the transcript: --out FILE');
    expect(await complaint('a.log', '--out', 'a.txt')).toContain("--out must be a name and .ndjson, not 'a.txt'");
    expect(await complaint('a.log', '--out', 'a.ndjson', '--from', 'x')).toContain(
      '--from is one of four-record, stdio-log',
    );
    expect(await complaint('a.log', '--out', 'a.ndjson', '--provider', 'x')).toContain(
      '--provider is one of codex, claude',
    );
    expect(await complaint('b.log', '--out', 'a.ndjson')).toContain('b.log: cannot be read: there is no such file');
    expect(await complaint('a.log', '--out', 'dir.ndjson')).toContain(
      'dir.ndjson: cannot be written: it is a directory',
    );
    expect(existsSync('a.ndjson')).toBe(false);
  });

  it('mends a damaged transcript, and not in its place', async () => {
    writeFileSync('simple.ndjson', `${readFileSync(simple, 'utf8').slice(0, 4_000)}\n{}\n`);
    const { code, err } = await cli('import', 'simple.ndjson', '--out', 'mended/simple.ndjson');
    expect(code).toBe(0);
    expect(err).toMatch(/^simple\.ndjson:\d+: this line and all after it: column \d+: /);
    expect(await cli('lint', 'mended')).toMatchObject({ code: 0 });
    expect((await cli('import', 'simple.ndjson', '--out', './simple.ndjson')).err).toContain(
      'is the file that is read',
    );
  });
});

describe('export', () => {
  it('writes a cast', async () => {
    expect(await cli('export', simple, '--cast', 'new/simple.cast', '--columns', '100', '--rows', '30')).toEqual({
      code: 0,
      out: 'new/simple.cast: 27 events',
      err: '',
    });
    expect(readFileSync('new/simple.cast', 'utf8')).toMatch(/^\{"version":3,"term":\{"cols":100,"rows":30\}/);
  });

  it('writes a four-record file, which import takes', async () => {
    const { code, out, err } = await cli('export', simple, '--four-record', 'simple.four');
    expect({ code, out }).toEqual({ code: 0, out: 'simple.four: 23 records; 3 notes on what was not carried over' });
    expect(err).toContain(`${simple}:2: how the process was started: the format has no place for it`);
    expect((await cli('import', 'simple.four', '--out', 'back.ndjson')).out).toMatch(
      /^back\.ndjson: 23 records of codex from four-record/,
    );
    const { out: json } = await cli('export', simple, '--four-record', 'simple.four', '--json');
    expect(JSON.parse(json)).toMatchObject({ out: 'simple.four', losses: [{ line: 2 }, { line: 11 }, { line: 25 }] });
  });

  it.each([
    [[simple], 'say what to write: either --cast OUT or --four-record OUT'],
    [[simple, '--cast', 'a', '--four-record', 'b'], 'say what to write: either'],
    [[simple, '--cast', simple], 'OUT is the file that is read'],
    [[simple, '--cast', 'a', '--lane', 'x:1'], 'there is no lane x:1; there are: codex:1'],
    [[simple, '--cast', 'a', '--pane', '%1'], 'there is no screen of the pane %1'],
    [[simple, '--cast', 'a', '--rows', '0'], '--rows must be a whole number from 1'],
    [[simple, '--four-record', 'a', '--rows', '3'], '--rows is for --cast'],
    [['none.ndjson', '--cast', 'a'], 'none.ndjson: cannot be read'],
  ])('%j is refused', async (args, reason) => {
    const { code, out, err } = await cli('export', ...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(reason);
    expect(existsSync('a')).toBe(false);
  });
});
