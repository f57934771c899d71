import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TOOLS } from '../../src/cli/stand-in/settings.ts';
import { lintTranscripts } from '../../src/transcript/lint.ts';
import { readTranscript } from '../../src/transcript/read.ts';
import { Redactor } from '../../src/transcript/redact.ts';
import { Stage } from './stage.ts';

let stage: Stage;
let real: string;
let out: string;
beforeEach(async () => {
  stage = new Stage();
  real = join(stage.folder, 'real');
  out = join(stage.folder, 'recordings');
  mkdirSync(real);
  // Tools of our own: what they print depends on their arguments, their folder and their stdin.
  const script =
    '#!/bin/sh\ncase "$1" in\n  cat) cat;;\n  slow) touch begun; until [ -e go ]; do sleep 0.05; done; echo slow;;\n  die) kill -9 $$;;\n  *) echo "$PWD got $*"; echo oops >&2; exit 3;;\nesac\n';
  for (const tool of TOOLS) writeFileSync(join(real, tool), script, { mode: 0o755 });
  await stage.make({ mode: 'record', out }, TOOLS);
});
afterEach(() => stage.dispose());

const UUID = '8d3f1b1e-4f0a-4c6f-9a39-0f6c2f6f2a11';
const OTHER = 'b7c9a2d4-1111-4222-8333-444455556666';
const tmux = (args: readonly string[], input = '') =>
  stage.run('tmux', args, { input, env: { REPRISE_REAL_TMUX: join(real, 'tmux') } });
const replay = () => stage.make({ transcripts: [out] }, TOOLS);

describe('runs of a tool', () => {
  it('are written down whole, without ids and places of the machine', async () => {
    const ended = await tmux(['new', '-s', UUID]);
    expect(ended).toMatchObject({ code: 3, out: `${stage.cwd} got new -s ${UUID}\n`, err: 'oops\n' });
    const read = readTranscript(readFileSync(join(out, 'tmux.ndjson')), 'tmux.ndjson');
    expect(read).toMatchObject({ ok: true, transcript: { header: { provider: 'tmux', protocol: 'exec' } } });
    expect(read.ok && read.transcript.records).toMatchObject([
      { type: 'exec', file: 'tmux', code: 3, signal: null, stdin: null, stderr: 'oops\n' },
    ]);
    expect(readFileSync(join(out, 'tmux.ndjson'), 'utf8')).not.toContain(UUID);
    expect(readFileSync(join(out, 'tmux.ndjson'), 'utf8')).toContain('<path:ws> got new -s <uuid:1>');
    expect(lintTranscripts(out, { redactor: new Redactor() })).toEqual([]);
  });

  it('are answered from the recording, in order, with the ids of today', async () => {
    await tmux(['new', '-s', UUID]);
    await tmux(['cat'], 'text');
    await tmux(['die']);
    await replay();
    expect(await tmux(['new', '-s', OTHER])).toMatchObject({
      code: 3,
      out: `${stage.cwd} got new -s ${OTHER}\n`,
      err: 'oops\n',
    });
    expect(await tmux(['cat'], 'text')).toMatchObject({ code: 0, out: 'text' });
    expect(await tmux(['die'])).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(stage.check()).toEqual({ failed: [], neverStarted: [], passed: 3 });
  });

  it('may be of several tools, each with a file and an order of its own', async () => {
    const run = (tool: string, ...args: string[]) =>
      stage.run(tool, args, { env: { PATH: `${stage.shims}:${real}:${process.env.PATH}` } });
    await run('zellij', 'list-sessions');
    await run('herdr', 'pane', 'list');
    await run('zellij', 'kill-session', 'a');
    expect(readdirSync(out).sort()).toEqual(['herdr.ndjson', 'zellij.ndjson']);
    await replay();
    expect(await run('herdr', 'pane', 'list')).toMatchObject({ code: 3, out: `${stage.cwd} got pane list\n` });
    expect(await run('zellij', 'list-sessions')).toMatchObject({ code: 3, out: `${stage.cwd} got list-sessions\n` });
    expect(await run('zellij', 'delete-session', 'a')).toMatchObject({
      code: 90,
      err: expect.stringMatching(/zellij\.ndjson:3\n.*expected "kill-session"/s),
    });
    const { failed, neverStarted, passed } = stage.check();
    expect(failed).toMatchObject([{ tool: 'zellij', status: 'mismatch' }]);
    expect(neverStarted).toEqual([expect.stringMatching(/zellij\.ndjson:3: zellij kill-session a$/)]);
    expect(passed).toBe(2);
  });

  it('must have the recorded arguments and stdin', async () => {
    await tmux(['cat'], 'text');
    await replay();
    expect(await tmux(['dog'])).toMatchObject({ code: 90, err: expect.stringContaining('$.args[0]') });
    expect(await tmux(['cat'], 'another')).toMatchObject({ code: 90, err: expect.stringContaining('$.stdin') });
    expect((await tmux(['cat'], 'text')).code).toBe(0);
    expect((await tmux(['cat'], 'text')).code).toBe(93);
    expect(
      stage
        .check()
        .failed.map(({ status }) => status)
        .sort(),
    ).toEqual(['mismatch', 'mismatch', 'nothing']);
  });

  it('must all happen', async () => {
    await tmux(['a']);
    await tmux(['b']);
    await replay();
    await tmux(['a']);
    expect(stage.check().neverStarted).toEqual([expect.stringMatching(/tmux\.ndjson:3: tmux b$/)]);
  });

  it('may begin in another order when they overlapped', async () => {
    const slow = tmux(['slow']);
    await expect.poll(() => existsSync(join(stage.cwd, 'begun')), { timeout: 20_000 }).toBe(true);
    await tmux(['cat'], 'x');
    writeFileSync(join(stage.cwd, 'go'), '');
    await slow;
    await replay();
    expect((await tmux(['slow'])).out).toBe('slow\n');
    expect((await tmux(['cat'], 'x')).out).toBe('x');
    expect(stage.check().failed).toEqual([]);
  });

  it('are recorded again from the start, and when they say the same, nothing changes', async () => {
    const record = async (...runs: string[][]) => {
      await stage.make({ mode: 'record', out }, TOOLS);
      for (const args of runs) await tmux(args);
      return stage.check().recorded;
    };
    const file = join(out, 'tmux.ndjson');
    expect(await record(['a', UUID], ['b'])).toEqual([{ file, saved: 'written' }]);
    const first = readFileSync(file, 'utf8');
    expect(JSON.parse(first.split('\n')[0]!).recorded).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(await record(['a', OTHER], ['b'])).toEqual([{ file, saved: 'unchanged' }]);
    expect(readFileSync(file, 'utf8')).toBe(first);
    expect(await record(['a', OTHER], ['c'])).toEqual([{ file, saved: 'written' }]);
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(4);
  });

  it('are counted in the header where something was taken out', async () => {
    await tmux(['a']);
    await tmux(['--token', 'ghp_abcdefghijklmnopqrstuvwxyz0123456789']);
    await tmux(['b', 'somebody@example.com']);
    const [header, ...runs] = readFileSync(join(out, 'tmux.ndjson'), 'utf8').trimEnd().split('\n');
    expect(JSON.parse(header!).redactions).toEqual({ email: 2, secret: 2 });
    expect(runs).toHaveLength(3);
    expect(lintTranscripts(out, { redactor: new Redactor() })).toEqual([]);
  });

  it('are all written down when they end at once', async () => {
    await Promise.all(Array.from({ length: 8 }, (_, i) => tmux(['at once', String(i)])));
    const read = readTranscript(readFileSync(join(out, 'tmux.ndjson')), 'tmux.ndjson');
    expect(read.ok && read.transcript.records.map((r) => r.type === 'exec' && r.args[1]).sort()).toEqual(
      Array.from({ length: 8 }, (_, i) => String(i)),
    );
  });

  it('are the real ones when the environment says so', async () => {
    const ended = await stage.run('tmux', ['a'], {
      env: { REPRISE_MODE: 'real', REPRISE_REAL_TMUX: join(real, 'tmux') },
    });
    expect(ended).toMatchObject({ code: 3, err: 'oops\n' });
  });
});
