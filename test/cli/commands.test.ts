import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TRANSCRIPTS_DIRECTORY } from '../../src/cli/replay.ts';
import { reproText } from '../../src/cli/repro-file.ts';
import { CANARIES_DIRECTORY } from '../../src/explore/canaries.ts';
import type { ReproFile } from '../../src/explore/types.ts';
import { cli } from './fake-io.ts';

/** A tmux that cannot be started, and a terminal that was there before. */
const REPRO: ReproFile = {
  format: 1,
  reprise: '0.1.0',
  rule: 'live-sessions-are-kept',
  canary: 'boolean-probe',
  hash: '0000000000000000',
  scenario: {
    format: 1,
    pairs: 1,
    chats: [{ provider: 'codex', pair: 0 }],
    coTenant: false,
    steps: [{ at: 0, do: 'attach', chat: 0 }],
    faults: [{ at: 50, kind: 'tmux-broken', how: 'ENOENT', forMs: 40_000 }],
    choices: [],
  },
};

const home = process.cwd();
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-cli-'));
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

describe('repro', () => {
  it('breaks the rule again, with the bug in the core', async () => {
    const path = file('broken.json', reproText(REPRO));
    const { code, out, err } = await cli('repro', path);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toContain('A safety rule is broken: live-sessions-are-kept');
    expect(out).toContain('Known bug    boolean-probe, put into the core on purpose');
    expect(out).toContain('Replay       npm run reprise -- repro broken.json');
    expect(out).toMatch(/Same run {5}replayed 3\/3 with trace hash [0-9a-f]{16}/);
    expect(out).toContain('fault  at 50 ms the tmux command is missing from PATH (ENOENT) for 40 s');
    expect(out).toContain('The file was written for trace hash 0000000000000000');
    expect(out.split('\n').length).toBeLessThanOrEqual(62);
  });

  it('passes without the bug, and says that it used to break', async () => {
    const path = file('mended.json', reproText({ ...REPRO, canary: null }));
    const { code, out } = await cli('repro', path);
    expect(code).toBe(0);
    expect(out).toMatch(/^mended\.json: no rule is broken \(2 steps, faults and choices, .*replayed 3\/3/);
    expect(out).toContain('It used to break live-sessions-are-kept');
  });

  it('gives the same as JSON', async () => {
    const path = file('json.json', reproText(REPRO));
    const { code, out } = await cli('repro', path, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      file: 'json.json',
      canary: 'boolean-probe',
      asExpected: true,
      sameHashAsFile: false,
      replays: 3,
      divergence: null,
      violation: { subject: 'chat c1', rule: { id: 'live-sessions-are-kept' } },
      scenario: REPRO.scenario,
    });
  });

  it('wants a known bug that is known', async () => {
    const path = file('unknown.json', reproText({ ...REPRO, canary: 'no-such-bug' }));
    const { code, err } = await cli('repro', path);
    expect(code).toBe(2);
    expect(err).toMatch(/unknown\.json: there is no known bug 'no-such-bug' in .*; give its directory with --dir/);
  });
});

describe('report', () => {
  it('writes one page, the same bytes each time', async () => {
    const path = file('page.json', reproText(REPRO));
    expect(await cli('report', path, '--html', 'deep/er/page.html')).toEqual({
      code: 0,
      out: 'deep/er/page.html',
      err: '',
    });
    const first = readFileSync('deep/er/page.html', 'utf8');
    await cli('report', path, '--html', 'deep/er/page.html');
    expect(readFileSync('deep/er/page.html', 'utf8')).toBe(first);
    expect(first).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    expect(first).toContain('tmux-broken for 40 s');
  });

  it('draws a run that breaks nothing, too', async () => {
    const path = file('calm.json', JSON.stringify(REPRO.scenario));
    expect(await cli('report', path, '--html', 'calm.html')).toMatchObject({ code: 0, out: 'calm.html' });
    expect(readFileSync('calm.html', 'utf8')).toContain('This run keeps every rule.');
  });
});

describe('canaries', () => {
  it('finds a known bug, and writes what it takes to see it again', async () => {
    const { code, out } = await cli('canaries', '--only', 'two-initialize', '--json');
    expect(code).toBe(0);
    const report = JSON.parse(out);
    expect(report).toMatchObject({ seed: 1, budget: 5_000, found: 1, of: 1 });
    expect(report.canaries[0]).toMatchObject({
      id: 'two-initialize',
      found: true,
      byItsRule: true,
      finding: { replays: 3 },
    });
    const { repro, html, command } = report.canaries[0].files;
    expect(command).toBe(`npm run reprise -- repro ${repro}`);
    expect(readFileSync(html, 'utf8')).toContain('one-initialize');
    const again = await cli('repro', repro, '--json');
    expect(JSON.parse(again.out)).toMatchObject({ asExpected: true, sameHashAsFile: true });
  });

  it('says which are not found', async () => {
    const { code, out } = await cli('canaries', '--only', 'stale-reap-timer', '--runs', '1');
    expect(code).toBe(1);
    expect(out).toMatch(/^stale-reap-timer +NOT FOUND +- +1 +- +-$/m);
    expect(out).toContain('1 known bug, 1 was not found');
  });

  it('refuses what cannot be applied, cannot be read, or is not there', async () => {
    mkdirSync('bugs', { recursive: true });
    cpSync(join(CANARIES_DIRECTORY, 'two-initialize.json'), 'bugs/two-initialize.json');
    const canary = JSON.parse(readFileSync('bugs/two-initialize.json', 'utf8'));
    writeFileSync(
      'bugs/a.json',
      JSON.stringify({ ...canary, id: 'a', edits: [{ ...canary.edits[0], find: 'not there' }] }),
    );
    expect(await cli('canaries', '--dir', 'bugs')).toMatchObject({
      code: 2,
      err: expect.stringContaining('occurs 0 times, expected once'),
    });
    expect(await cli('canaries', '--only', 'b')).toMatchObject({
      code: 2,
      err: expect.stringContaining("there is no known bug 'b'; there are: "),
    });
    writeFileSync('bugs/a.json', '{');
    expect(await cli('canaries', '--dir', 'bugs')).toMatchObject({
      code: 2,
      err: expect.stringContaining('a.json: not readable as JSON'),
    });
    expect(await cli('canaries', '--dir', 'none')).toMatchObject({
      code: 2,
      err: expect.stringContaining('none: no such directory'),
    });
  });
});

describe('replay', () => {
  const simple = () => readFileSync(join(TRANSCRIPTS_DIRECTORY, 'codex/simple.ndjson'), 'utf8');

  it('takes a recording', async () => {
    const path = file('simple.ndjson', simple());
    expect(await cli('replay', path)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^as recorded {2}simple\.ndjson/),
    });
  });

  it('shows where the adapter and the recording part ways', async () => {
    const path = file('other.ndjson', simple().replace('"method":"initialize"', '"method":"initialise"'));
    const { code, out } = await cli('replay', path);
    expect(code).toBe(1);
    expect(out).toMatch(/^DIFFERENT {4}other\.ndjson$/m);
    expect(out).toContain('other.ndjson:3');
    const json = JSON.parse((await cli('replay', path, '--json')).out);
    expect(json).toMatchObject({ replayed: 1, failed: 1, transcripts: [{ file: 'other.ndjson', provider: 'codex' }] });
  });

  it('names line and remedy for what is no transcript, or has no script', async () => {
    const bad = file('bad.ndjson', `${simple().split('\n')[0]}\n{"type":"frame"\n`);
    expect(await cli('replay', bad)).toMatchObject({ code: 2, err: expect.stringMatching(/bad\.ndjson:2:\d+: /) });
    const strange = file('strange.ndjson', simple().replace('"scenario":"simple"', '"scenario":"strange"'));
    const { code, err } = await cli('replay', strange);
    expect(code).toBe(2);
    expect(err).toContain(
      "strange.ndjson:1: no drive script says what the client does in the codex scenario 'strange'",
    );
    expect(await cli('replay', 'none.ndjson')).toMatchObject({
      code: 2,
      err: expect.stringContaining('there is no such file'),
    });
  });
});

describe('lint', () => {
  it('complains of what it finds, by file and line', async () => {
    mkdirSync('lint', { recursive: true });
    writeFileSync('lint/simple.ndjson', readFileSync(join(TRANSCRIPTS_DIRECTORY, 'codex/simple.ndjson')));
    expect(await cli('lint', 'lint')).toEqual({ code: 0, out: 'lint: nothing to complain of', err: '' });
    writeFileSync('lint/other.ndjson', readFileSync('lint/simple.ndjson'));
    const { code, out } = await cli('lint', 'lint');
    expect(code).toBe(1);
    expect(out).toMatch(/^lint\/other\.ndjson:1: \[file-name\] .*; name the file simple\.ndjson$/m);
    expect(JSON.parse((await cli('lint', 'lint', '--json')).out).findings).toHaveLength(1);
  });

  it('takes files and folders', async () => {
    mkdirSync('some', { recursive: true });
    const simple = readFileSync(join(TRANSCRIPTS_DIRECTORY, 'codex/simple.ndjson'));
    writeFileSync('some/simple.ndjson', simple);
    writeFileSync('cut.ndjson', simple.subarray(0, 3000));
    const { code, out } = await cli('lint', 'some', 'cut.ndjson');
    expect(code).toBe(1);
    expect(out).toMatch(/^cut\.ndjson:\d+: \[cut\]/m);
    expect(out).not.toContain('some/');
    expect(await cli('lint', 'none')).toMatchObject({ code: 2, err: expect.stringContaining('none: cannot be read') });
  });

  it('reads lines no longer than it is told', async () => {
    const simple = join(TRANSCRIPTS_DIRECTORY, 'codex/simple.ndjson');
    const { code, out } = await cli('lint', '--max-line', '300', simple);
    expect(code).toBe(1);
    expect(out).toMatch(/:8: \[read-too-long\] column 301 \(byte \d+\): the line has \d+ characters, more than 300/);
    const refused = { code: 2, err: expect.stringContaining('With --max-line') };
    expect(await cli('replay', '--max-line', '300', simple)).toMatchObject(refused);
    const shims = ['shims', '--max-line', '300', join(folder, 'shims'), simple];
    expect(await cli(...shims)).toMatchObject(refused);
    const dryRun = ['--dry-run', '--faults', join(folder, 'faults.json'), simple, '--', 'codex', 'app-server'];
    writeFileSync(join(folder, 'faults.json'), '{"format":1,"seed":1,"faults":[{"kind":"crlf","at":{"any":true}}]}');
    expect(await cli('stand-in', '--max-line', '300', ...dryRun)).toMatchObject(refused);
    expect(await cli('stand-in', ...dryRun)).toMatchObject({ code: 0 });
    expect(await cli('export', '--max-line', '300', simple, '--cast', join(folder, 'a.cast'))).toMatchObject(refused);
  });
});
