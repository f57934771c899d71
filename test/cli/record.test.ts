import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lintTranscripts } from '../../src/transcript/lint.ts';
import { readTranscript } from '../../src/transcript/read.ts';

const MAIN = join(import.meta.dirname, 'record-main.ts');
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
/** Answers each request, tells what it knows, and ends with the input. */
const PROVIDER = `
import { createInterface } from 'node:readline';
const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'fetch') {
    const response = await fetch(process.env.ANTHROPIC_BASE_URL + '/v1/messages', {
      method: 'POST', headers: { 'x-api-key': process.env.ANTHROPIC_API_KEY }, body: '{"model":"m"}' });
    say({ id, result: await response.text() });
  } else if (method === 'hang') say({ method: 'hanging' });
  else say({ id, result: method === 'tell' ? params.names.map((name) => process.env[name]) : { session_id: crypto.randomUUID(), echo: params } });
});`;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'reprise-record-'));
  writeFileSync(join(dir, 'provider.mjs'), PROVIDER);
  for (const name of ['claude', 'codex']) {
    writeFileSync(join(dir, name), `#!/bin/sh\nexec ${process.execPath} ${dir}/provider.mjs "$@"\n`);
    chmodSync(join(dir, name), 0o755);
  }
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const path = (name: string): string => join(dir, name);
const request = (id: number, method: string, params: unknown = {}): string =>
  `${JSON.stringify({ id, method, params })}\n`;

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcessWithoutNullStreams {
  const own = { ...process.env, CI: '', REPRISE_RUN: 'one', HOME: dir, ...env };
  return spawn(process.execPath, ['--import', LOADER, MAIN, ...args], { cwd: dir, env: own });
}

async function run(args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}) {
  const child = start(args, env);
  const [out, err] = [buffer(child.stdout), buffer(child.stderr)];
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, out: (await out).toString(), err: (await err).toString() };
}
const record = (options: readonly string[], input = request(1, 'ask', { n: 1 }), env: NodeJS.ProcessEnv = {}) =>
  run(['record', ...options, '--', process.execPath, 'provider.mjs'], input, env);

function transcriptOf(name: string) {
  const read = readTranscript(readFileSync(path(name)), name);
  if (!read.ok) throw new Error(read.errors[0].message);
  return read.transcript;
}

describe('reprise record', () => {
  it('does what transcripts/guides/record.md shows', async () => {
    const guide = readFileSync(join(import.meta.dirname, '../../transcripts/guides/record.md'), 'utf8');
    const blocks = [...guide.matchAll(/```sh\n(.*?)```/gs)].map((match) => match[1] ?? '').slice(1, 4);
    const reprise = `"${process.execPath}" --import "${LOADER}" "${MAIN}"`;
    const commands = blocks
      .join('\n')
      .replaceAll('node "$REPRISE"', reprise)
      .replaceAll('reprise lint', `${reprise} lint`);
    const shell = spawn('sh', ['-ec', commands], { cwd: dir, env: { ...process.env, CI: '', HOME: dir } });
    const [out, err] = [buffer(shell.stdout), buffer(shell.stderr)];
    const code = await new Promise((resolve) => shell.on('close', resolve));
    expect({ code, err: (await err).toString() }).toEqual({ code: 0, err: '' });
    expect((await out).toString().match(/ended with 0/g)).toHaveLength(3);
    expect((await out).toString()).toContain('nothing to complain of');
    const body = '"cwd":"<path:ws>","key":"<secret:env>"';
    expect(readFileSync(path('first/hello.ndjson'), 'utf8')).toContain(body);
    expect(guide).toContain(body);
  });

  it('records any NDJSON child, and again gives the same file', async () => {
    const first = await record(['--out', 'a.ndjson']);
    expect(first).toMatchObject({ code: 0, err: '', out: expect.stringContaining('"session_id"') });
    const text = readFileSync(path('a.ndjson'), 'utf8');
    const { header, records } = transcriptOf('a.ndjson');
    expect(header).toMatchObject({ provider: 'ndjson', protocol: 'ndjson', scenario: 'a', providerVersion: 'unknown' });
    expect(header.recorded).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(records.map((r) => (r.type === 'frame' ? r.body : r.type))).toEqual([
      'spawn',
      { id: '<rpc:1>', method: 'ask', params: { n: 1 } },
      { id: '<rpc:1>', result: { session_id: '<uuid:1>', echo: { n: 1 } } },
      'eof',
      'exit',
    ]);
    expect(await record(['--out', 'a.ndjson', '--mode', 'all'])).toMatchObject({ code: 0, err: '' });
    expect(readFileSync(path('a.ndjson'), 'utf8')).toBe(text);
    expect(readdirSync(dir)).not.toContain('a.ndjson.partial');
    expect(lintTranscripts(dir)).toEqual([]);
  });

  it('keeps nothing of a program that cannot be started', async () => {
    expect(await run(['record', '--out', 'a.ndjson', '--', 'no-such-program'])).toMatchObject({
      code: 127,
      err: expect.stringMatching(/no-such-program cannot be started: .*ENOENT; nothing was recorded/),
    });
    expect(readdirSync(dir).filter((name) => name.startsWith('a.'))).toEqual([]);
    expect(await record(['--out', 'a.ndjson'])).toMatchObject({ code: 0, err: '' });
  });

  it('takes out every class of secret that is planted, and lint agrees', async () => {
    const planted = {
      GITHUB: ['ghp', '_abcdefghijklmnopqrstuvwxyz'].join(''),
      MY_TOKEN: 'value-of-a-variable',
      MAIL: 'ada@mill.example',
      PLACE: join(dir, 'notes'),
      HEADER: 'x-api-key: abcdefgh1234',
      NESTED: '{"password":"correct horse"}',
    };
    const names = Object.keys(planted);
    const argument = ['--api-key', 'opaque-argument'];
    const command = ['record', '--out', 'a.ndjson', '--', process.execPath, 'provider.mjs', ...argument];
    const result = await run(command, request(1, 'tell', { names }), planted);
    expect(JSON.parse(result.out).result).toEqual(Object.values(planted));
    const text = readFileSync(path('a.ndjson'), 'utf8');
    for (const value of [
      planted.GITHUB,
      planted.MY_TOKEN,
      planted.MAIL,
      dir,
      'abcdefgh1234',
      'correct horse',
      'opaque-argument',
    ])
      expect(text).not.toContain(value);
    expect(transcriptOf('a.ndjson').header.redactions).toMatchObject({ email: 1, secret: 5 });
    expect(lintTranscripts(dir)).toEqual([]);
  });

  it('keeps an earlier file when a recording is unsafe, and the log that holds the credential does not stay', async () => {
    await record(['--out', 'a.ndjson']);
    const earlier = readFileSync(path('a.ndjson'), 'utf8');
    // Not as the recorder writes it: it has no way to do this.
    const about = { k: 'about', lane: 'ndjson:1', t: 0, provider: 'ndjson', scenario: 'a', providerVersion: null };
    const rest = { platform: 'x', recorder: ['ghp', '_abcdefghijklmnopqrstuvwxyz'].join(''), recorded: '2026-01-01' };
    writeFileSync(path('b.ndjson.partial'), `${JSON.stringify({ ...about, ...rest, paths: {}, ports: {} })}\n`);
    const unsafe = await run(['record', '--recover', 'b.ndjson.partial', '--out', 'a.ndjson']);
    expect(unsafe).toMatchObject({ code: 2, err: expect.stringMatching(/not written: .*credentials \(github\)/) });
    expect(readFileSync(path('a.ndjson'), 'utf8')).toBe(earlier);
    expect(existsSync(path('b.ndjson.partial'))).toBe(false);
    writeFileSync(path('b.ndjson.partial'), 'not a log\n');
    const broken = await run(['record', '--recover', 'b.ndjson.partial', '--out', 'a.ndjson']);
    expect(broken).toMatchObject({ code: 2, err: expect.stringContaining('b.ndjson.partial:1: not a record') });
    expect(readFileSync(path('b.ndjson.partial'), 'utf8')).toBe('not a log\n');
  });

  it('gives each process of a run a file of its own in a folder, several at once', async () => {
    const results = await Promise.all([1, 2, 3].map((n) => record(['--out', 'talks'], request(1, 'ask', { n }))));
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(readdirSync(path('talks')).sort()).toEqual(['ndjson-1.ndjson', 'ndjson-2.ndjson', 'ndjson-3.ndjson']);
    const asked = [1, 2, 3].map((n) => JSON.stringify(transcriptOf(`talks/ndjson-${n}.ndjson`).records));
    for (const n of [1, 2, 3]) expect(asked.filter((text) => text.includes(`"params":{"n":${n}}`))).toHaveLength(1);
    const env = { REPRISE_RUN: 'two' };
    for (let n = 1; n <= 3; n++)
      expect((await record(['--out', 'talks', '--mode', 'all'], request(1, 'ask', { n: 9 }), env)).code).toBe(0);
    expect(readdirSync(path('talks'))).toHaveLength(3);
    expect(await record(['--out', 'talks'], '', { ...env, CI: '1' })).toMatchObject({
      code: 2,
      err: expect.stringContaining('ndjson-4.ndjson: there is no such recording'),
    });
    // What is there was recorded by another run.
    expect((await record(['--out', 'talks'], '', env)).err).toContain('--mode new for what is missing');
    expect((await record(['--out', 'talks', '--mode', 'new'], '', env)).code).toBe(0);
    expect(readdirSync(path('talks')).sort()[3]).toBe('ndjson-6.ndjson');
  });

  it('replays in the mode once what is there, without the provider', async () => {
    const first = await record(['--out', 'a.ndjson']);
    rmSync(path('provider.mjs'));
    const second = await record(['--out', 'a.ndjson']);
    expect(second).toMatchObject({ code: 0, err: '' });
    const withoutId = (text: string): string => text.replace(/[0-9a-f-]{36}/, 'ID');
    expect(withoutId(second.out)).toBe(withoutId(first.out));
    const other = await record(['--out', 'a.ndjson'], request(1, 'ask', { n: 2 }));
    expect(other.code).not.toBe(0);
    expect(other.err).toContain('params');
  });

  it('records nothing in the mode none, which CI has, and says what is missing', async () => {
    for (const [options, env] of [
      [['--mode', 'none'], {}],
      [[], { CI: 'true' }],
    ] as const) {
      const { code, out, err } = await record(['--out', 'a.ndjson', ...options], '', env);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain('a.ndjson: there is no such recording');
    }
    expect(await record(['--out', 'a.ndjson', '--mode', 'once'], '', { CI: 'true' })).toMatchObject({ code: 0 });
  });

  it('leaves a log when it is killed, and makes a transcript of it', async () => {
    const child = start(['record', '--out', 'a.ndjson', '--', process.execPath, 'provider.mjs']);
    child.stdin.write(request(1, 'ask', { n: 1 }) + request(2, 'hang'));
    let out = '';
    await new Promise<void>((resolve) =>
      child.stdout.on('data', (data) => {
        out += data;
        if (out.includes('hanging')) resolve();
      }),
    );
    // The log is written after the client has got its bytes.
    while (!readFileSync(path('a.ndjson.partial'), 'utf8').includes('hanging'))
      await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('close', resolve));
    writeFileSync(path('a.ndjson.partial'), `${readFileSync(path('a.ndjson.partial'), 'utf8')}{"k":"li`);
    expect(lintTranscripts(dir)[1]).toMatchObject({ rule: 'stray-file', fix: expect.stringContaining('--recover') });
    const again = await record(['--out', 'a.ndjson']);
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining('record --recover a.ndjson.partial') });
    const recovered = await run(['record', '--recover', 'a.ndjson.partial']);
    expect(recovered).toMatchObject({ code: 0, out: expect.stringMatching(/a\.ndjson: 5 records; it has no end/) });
    expect(transcriptOf('a.ndjson').records.map(({ type }) => type)).toEqual(['spawn', ...Array(4).fill('frame')]);
    expect(lintTranscripts(dir).map(({ rule }) => rule)).toEqual(['no-exit']);
    expect((await run(['record', '--recover', 'a.ndjson.partial'])).err).toContain('there is no such file');
  });

  it('dates a recording anew when it is told to', async () => {
    await record(['--out', 'a.ndjson']);
    const today = transcriptOf('a.ndjson').header.recorded!;
    const old = readFileSync(path('a.ndjson'), 'utf8').replace(today, '2020-01-01');
    writeFileSync(path('a.ndjson'), old);
    expect((await run(['lint', '--max-age', '180d', '.'])).out).toContain('[expired]');
    await record(['--out', 'a.ndjson', '--mode', 'all']);
    expect(readFileSync(path('a.ndjson'), 'utf8')).toBe(old);
    await record(['--out', 'a.ndjson', '--mode', 'all', '--renew']);
    expect(readFileSync(path('a.ndjson'), 'utf8')).toBe(old.replace('2020-01-01', today));
    expect((await run(['lint', '--max-age', '180d', '.'])).code).toBe(0);
    expect((await run(['lint', '--current', 'ndjson=2', '.'])).code).toBe(1);
    expect((await run(['lint', '--current', 'ndjson=2', '--warn', 'other-version', '.'])).code).toBe(0);
  });

  it('records the requests to the model, too', async () => {
    const server = createServer((_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      outgoing.write('data: {"type":"one"}\n\n', () => outgoing.end('data: {"type":"two"}\n\n'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'an-invented-key' };
    const options = ['record', '--http', '--mode', 'all', '--provider-version', '1.2.3', '--out', 'a.ndjson'];
    for (let time = 0; time < 2; time++)
      expect(await run([...options, '--', './claude'], request(1, 'fetch'), env)).toMatchObject({ code: 0, err: '' });
    server.close();
    const { header, records } = transcriptOf('a.ndjson');
    expect(header).toMatchObject({ provider: 'claude', providerVersion: '1.2.3' });
    const exchange = records.find((r) => r.type === 'http');
    expect(exchange).toMatchObject({
      lane: 'claude:1/http',
      request: { method: 'POST', path: '/v1/messages', headers: { 'x-api-key': '<secret:env>' }, body: { model: 'm' } },
      response: { status: 200, end: 'complete' },
    });
    expect(readFileSync(path('a.ndjson'), 'utf8')).not.toContain('an-invented-key');
    const unknown = await record(['--http', '--out', 'b.ndjson']);
    expect(unknown).toMatchObject({
      code: 2,
      err: expect.stringContaining("it knows 'codex app-server' and 'claude'"),
    });
    const nowhere = await run([...options, '--', './codex'], '', { ...env });
    expect(nowhere).toMatchObject({ code: 2, err: expect.stringContaining('--upstream URL') });
  });
});
