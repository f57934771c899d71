import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it as plainIt, vi } from 'vitest';
import { TRANSCRIPTS_DIRECTORY } from '../../src/cli/replay.ts';
import { type Shims, withTranscripts } from '../../src/vitest/index.ts';
import { beginShims } from '../../src/vitest/shim-session.ts';

/** One turn, as OpenAI's Codex SDK has it: a process of its own, which is told the thread that goes on. */
function turn(prompt: string, env: Shims['env'], thread: readonly string[] = []): Promise<Record<string, unknown>[]> {
  const place = ['--sandbox', 'danger-full-access', '--cd', '/tmp/elsewhere', '--skip-git-repo-check'];
  const codex = spawn('codex', ['exec', '--experimental-json', ...place, ...thread], { env });
  let out = '';
  let err = '';
  codex.stdout.on('data', (data) => {
    out += data;
  });
  codex.stderr.on('data', (data) => {
    err += data;
  });
  codex.stdin.end(prompt);
  return new Promise((resolve, reject) => {
    codex.on('error', reject);
    codex.on('close', (code) => {
      if (code !== 0) reject(new Error(`codex ended with ${code}: ${err}`));
      else
        resolve(
          out
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line)),
        );
    });
  });
}

const it = withTranscripts({ folder: join(TRANSCRIPTS_DIRECTORY, 'codex-sdk'), mode: 'none' });

it('two_turns', async ({ shims }) => {
  expect(shims).toMatchObject({ mode: 'replay', recordings: expect.stringMatching(/two_turns$/) });
  const [started, , said] = await turn('hello', shims.env);
  expect(said).toMatchObject({ item: { text: 'Hello there.' } });
  const [resumed, , saidThen] = await turn('and now?', shims.env, ['resume', String(started!.thread_id)]);
  expect(resumed).toEqual(started);
  expect(saidThen).toMatchObject({ item: { text: 'Now what?' } });
});

describe('a test with shims', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'reprise-face-'));
    const real = join(folder, 'real-codex');
    const agent = `#!${process.execPath}
let prompt = '';
process.stdin.on('data', (chunk) => { prompt += chunk; });
process.stdin.on('end', () => console.log(JSON.stringify({ heard: prompt, thread_id: crypto.randomUUID() })));
`;
    writeFileSync(real, agent, { mode: 0o755 });
    vi.stubEnv('REPRISE_REAL_CODEX', real);
    vi.stubEnv('CI', '');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  const recordings = () => join(folder, 'recordings', 'a-test');
  const begin = (mode?: 'once' | 'all' | 'none') =>
    beginShims('a test!', { folder: join(folder, 'recordings'), only: ['codex'], ...(mode ? { mode } : {}) });

  plainIt('records when there is nothing to replay, and replays from then on', async () => {
    const first = await begin();
    expect(first.mode).toBe('record');
    expect(await turn('hi', first.env)).toMatchObject([{ heard: 'hi' }]);
    expect(existsSync(recordings())).toBe(false);
    first.end(true);
    expect(readdirSync(recordings())).toEqual(['codex-exec-1.ndjson']);

    rmSync(join(folder, 'real-codex'));
    const second = await begin();
    expect(second.mode).toBe('replay');
    expect(await turn('hi', second.env)).toMatchObject([{ heard: 'hi' }]);
    second.end(true);
    expect(existsSync(second.dir)).toBe(false);
  });

  plainIt('fails when something else is said, or nothing', async () => {
    const first = await begin();
    await turn('hi', first.env);
    first.end(true);
    const other = await begin();
    await expect(turn('ho', other.env)).rejects.toThrow('codex ended with 90');
    expect(() => other.end(true)).toThrow(/not as recorded:[\s\S]*expected "hi"[\s\S]*0 processes as recorded, 1 not/);
    const silent = await begin('none');
    expect(() => silent.end(true)).toThrow(/never started:\n.*codex-exec-1\.ndjson:2: codex exec/);
  });

  plainIt('keeps no recording of a test that failed, and none of nothing', async () => {
    const failed = await begin();
    await turn('hi', failed.env);
    failed.end(false);
    expect(existsSync(recordings())).toBe(false);
    await expect(begin('none')).rejects.toThrow(/a-test: there is no recording of this test/);
    const nothing = await begin();
    expect(() => nothing.end(true)).toThrow('nothing was recorded');
  });

  plainIt('records again what changed, and leaves the rest as it was', async () => {
    const first = await begin();
    await turn('one', first.env);
    await turn('two', first.env);
    first.end(true);
    const file = join(recordings(), 'codex-exec-1.ndjson');
    const before = readFileSync(file, 'utf8');
    const again = await begin('all');
    await turn('one', again.env);
    again.end(true);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(readdirSync(recordings())).toEqual(['codex-exec-1.ndjson']);
  });
});
