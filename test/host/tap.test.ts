import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Child, ChildEvents, Processes, SpawnRequest } from '../../src/core/ports.ts';
import { createClock } from '../../src/host/clock.ts';
import { createProcesses } from '../../src/host/processes.ts';
import { passThrough } from '../../src/host/tap/pass-through.ts';
import { RawRecorder } from '../../src/host/tap/raw-recorder.ts';
import { sealFile, tapProcesses } from '../../src/host/tap.ts';
import { codexProfile } from '../../src/transcript/profile-codex.ts';
import type { RawRecord } from '../../src/transcript/raw.ts';
import { readRawLog } from '../../src/transcript/raw.ts';
import { Redactor } from '../../src/transcript/redact.ts';

const SCRIPT = join(import.meta.dirname, 'tap-child.mjs');
const TOKEN = ['tok', 'en-of-the-provider'].join('');
const redactor = new Redactor({ env: { PROVIDER_TOKEN: TOKEN } });
const request: SpawnRequest = {
  file: process.execPath,
  args: [SCRIPT, 'hello'],
  env: { PROVIDER_TOKEN: TOKEN, KEEP: 'me', DROP: 'me' },
  lane: 'codex:1',
};

let dir: string;
let raw: string;
let recorder: RawRecorder;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'reprise-tap-'));
  raw = join(dir, 'raw.ndjson');
  recorder = new RawRecorder(raw, { redactor });
});
afterEach(() => {
  recorder.close();
  rmSync(dir, { recursive: true });
});

/** A child and what its events said, with a promise for the next event that satisfies a test. */
class Watched {
  readonly log: string[] = [];
  out = '';
  #waiters: { test: () => boolean; resolve: () => void }[] = [];

  readonly events: ChildEvents = {
    stdout: (chunk) => this.#note(() => (this.out += chunk)),
    stderr: (chunk) => this.#note(() => this.log.push(`err ${chunk}`)),
    stdinError: (errno) => this.#note(() => this.log.push(`stdin ${errno}`)),
    stdoutError: (errno) => this.#note(() => this.log.push(`stdout ${errno}`)),
    stdoutEnd: () => {},
    exit: (code, signal) => this.#note(() => this.log.push(`exit ${code} ${signal}`)),
  };

  until(test: () => boolean): Promise<void> {
    if (test()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ test, resolve }));
  }

  untilExit = (): Promise<void> => this.until(() => this.log.some((entry) => entry.startsWith('exit')));

  #note(change: () => void): void {
    change();
    this.#waiters = this.#waiters.filter(({ test, resolve }) => {
      const done = test();
      if (done) resolve();
      return !done;
    });
  }
}

const start = async (
  processes: Processes,
  watched: Watched,
  changes: Partial<SpawnRequest> = {},
  events: ChildEvents = watched.events,
): Promise<Child> => {
  const result = await processes.spawn({ ...request, ...changes }, events);
  if (result.kind !== 'spawned') throw new Error(result.message);
  return result.child;
};
const ask = (value: unknown): string => `${JSON.stringify(value)}\n`;
const real = createProcesses(createClock());
const rawRecords = (): RawRecord[] => {
  recorder.flush();
  return readRawLog(readFileSync(raw, 'utf8'), raw);
};
const lines = (dirOf: string): string[] =>
  rawRecords().flatMap((r) => (r.k === 'line' && r.dir === dirOf ? [r.text] : []));

describe('tapProcesses', () => {
  /** The same conversation, tapped or not. */
  async function converse(processes: Processes): Promise<Watched> {
    const watched = new Watched();
    const child = await start(processes, watched);
    await watched.until(() => watched.out.includes('ready'));
    expect(child.write(ask({ op: 'echo', text: 'one' }) + ask({ op: 'err', text: 'oops' }))).toBe(true);
    await watched.until(() => watched.out.includes('one') && watched.log.length > 0);
    await processes.signal(child.identity, 'SIGUSR1', 'process');
    await watched.until(() => watched.out.includes('SIGUSR1'));
    child.write(ask({ op: 'flood', n: 300 }));
    await watched.until(() => watched.out.includes('"i":299'));
    child.end();
    child.end();
    expect(child.write('late')).toBe(false);
    await watched.untilExit();
    return watched;
  }

  it('changes nothing', async () => {
    const bare = await converse(real);
    const tapped = await converse(tapProcesses(real, { recorder, keepEnv: ['KEEP', 'PROVIDER_TOKEN', 'ABSENT'] }));
    expect(tapped.out).toBe(bare.out);
    expect(tapped.log).toEqual(bare.log);
  });

  it('writes down what happened, in order, without credentials', async () => {
    const watched = await converse(tapProcesses(real, { recorder, keepEnv: ['KEEP', 'PROVIDER_TOKEN', 'ABSENT'] }));
    expect(rawRecords()[0]).toMatchObject({
      k: 'spawn',
      lane: 'codex:1',
      args: [SCRIPT, 'hello'],
      env: { KEEP: 'me', PROVIDER_TOKEN: '<secret:env>' },
    });
    expect(lines('recv').join('\n')).toBe(watched.out.replaceAll(TOKEN, '<secret:env>'));
    expect(lines('send')).toHaveLength(3);
    expect(lines('err')).toEqual(['oops']);
    expect(readFileSync(raw, 'utf8')).not.toContain(TOKEN);
    const kinds = rawRecords().map((r) => (r.k === 'line' ? r.dir : r.k));
    expect(kinds.filter((kind) => kind !== 'recv' && kind !== 'err')).toEqual([
      'spawn',
      'send',
      'send',
      'signal',
      'send',
      'eof',
      'exit',
    ]);
    expect(rawRecords().at(-2)).toMatchObject({ k: 'line', text: 'bye, without a newline', cut: true });
    const times = rawRecords().map(({ t }) => t);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('writes an answer that is given at once after what it answers', async () => {
    const watched = new Watched();
    let child: Child | null = null;
    const stdout = (chunk: string): void => {
      if (chunk.includes('ready')) child?.write(ask({ op: 'echo', text: 'at once' }));
      watched.events.stdout(chunk);
    };
    child = await start(tapProcesses(real, { recorder }), watched, {}, { ...watched.events, stdout });
    await watched.until(() => watched.out.includes('at once'));
    child.end();
    await watched.untilExit();
    const kinds = rawRecords().map((r) => (r.k === 'line' ? r.dir : r.k));
    expect(kinds).toEqual(['spawn', 'recv', 'send', 'recv', 'eof', 'recv', 'exit']);
  });

  it('seals into a transcript that can be replayed', async () => {
    await converse(tapProcesses(real, { recorder }));
    recorder.flush();
    const options = {
      profile: codexProfile,
      scenario: 'talk',
      providerVersion: '0',
      platform: 'x',
      recorder: 'test',
      redactor,
      places: { paths: { script: SCRIPT } },
    };
    const out = join(dir, 'talk.ndjson');
    expect(sealFile(raw, out, options, ({ header }) => header.scenario !== 'talk').saved).toBe('refused');
    expect(existsSync(out)).toBe(false);
    expect(sealFile(raw, out, options)).toMatchObject({
      saved: 'written',
      transcript: { header: { scenario: 'talk' }, cut: false },
    });
    expect(sealFile(raw, out, options).saved).toBe('unchanged');
    expect(readFileSync(out, 'utf8').split('\n')[1]).toContain('"args":["<path:script>","hello"]');
  });

  it('writes down a child that cannot be started, and a signal only if it was sent', async () => {
    const tapped = tapProcesses(real, { recorder });
    const watched = new Watched();
    const result = await tapped.spawn({ ...request, file: join(dir, 'nothing') }, watched.events);
    expect(result).toMatchObject({ kind: 'not-started', errno: 'ENOENT' });
    const child = await start(tapped, watched, { lane: 'codex:2' });
    await watched.until(() => watched.out.includes('ready'));
    expect(await tapped.signal({ ...child.identity, startTicks: 1 }, 'SIGTERM', 'process')).toBe('ESRCH');
    expect(await tapped.signal(child.identity, 'SIGTERM', 'group')).toBe('ok');
    await watched.untilExit();
    expect(await tapped.signal(child.identity, 'SIGTERM', 'process')).toBe('ESRCH');
    expect(rawRecords().filter((r) => r.k === 'spawn')).toMatchObject([{ notStarted: 'ENOENT' }, { lane: 'codex:2' }]);
    expect(rawRecords().filter((r) => r.k === 'signal')).toMatchObject([{ signal: 'SIGTERM', scope: 'group' }]);
    expect(rawRecords().at(-1)).toMatchObject({ k: 'exit', code: 7, signal: null });
  });

  it('leaves alone what it is told to leave alone, and goes on when the disk does not', async () => {
    const tapped = tapProcesses(real, { recorder, laneOf: () => null });
    const watched = new Watched();
    (await start(tapped, watched)).end();
    await watched.untilExit();
    expect(rawRecords()).toEqual([]);
    recorder.close();
    const deaf = new Watched();
    const child = await start(tapProcesses(real, { recorder }), deaf);
    await deaf.until(() => deaf.out.includes('ready'));
    child.end();
    await deaf.untilExit();
    expect(deaf.log).toEqual(['exit 0 null']);
    recorder.flush();
    expect(recorder.failure?.message).toBe('the log is closed');
    recorder = new RawRecorder(join(dir, 'other'), { redactor });
  });
});

describe('passThrough', () => {
  const run = (input: PassThrough, changes = {}) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const [out, err] = [buffer(stdout), buffer(stderr)];
    const { file, args, env = {} } = request;
    const ended = passThrough({ file, args, env, lane: 'codex:1', recorder, stdin: input, stdout, stderr, ...changes });
    return { ended, out, err, stdout };
  };

  it('passes every byte, also what is no UTF-8, and the exit code', async () => {
    const bytes = Buffer.from([0, 0xff, 0xfe, 10, 0xf0, 0x9f]);
    const script =
      ask({ op: 'bytes', text: bytes.toString('base64') }) +
      ask({ op: 'err', text: 'oops' }) +
      ask({ op: 'flood', n: 500 }) +
      ask({ op: 'exit', n: 3 });
    const bare = spawn(request.file, [...request.args], { env: { ...request.env }, stdio: 'pipe' });
    const bareOut = buffer(bare.stdout);
    bare.stdin.end(script);
    const input = new PassThrough();
    input.end(script);
    const tapped = run(input);
    expect(await tapped.ended).toEqual({ kind: 'exited', code: 3, signal: null });
    expect((await tapped.out).equals(await bareOut)).toBe(true);
    expect((await tapped.err).toString()).toBe('oops\n');
    expect(rawRecords().map(({ k }) => k)).toContain('eof');
  });

  it('passes the end of stdin on', async () => {
    const input = new PassThrough();
    input.end(ask({ op: 'echo', text: 'x' }));
    const { ended, out } = run(input);
    expect(await ended).toMatchObject({ code: 0 });
    expect((await out).toString()).toContain('bye, without a newline');
  });

  it('forwards signals, once, and says by which the child ended', async () => {
    const signals = new PassThrough();
    const input = new PassThrough();
    const { ended, stdout } = run(input, { signals });
    await new Promise((resolve) => stdout.once('data', resolve));
    signals.emit('SIGUSR1');
    await new Promise((resolve) => stdout.once('data', resolve));
    input.write(ask({ op: 'kill', text: 'SIGKILL' }));
    expect(await ended).toEqual({ kind: 'exited', code: null, signal: 'SIGKILL' });
    expect(lines('recv').filter((line) => line.includes('SIGUSR1'))).toHaveLength(1);
    expect(rawRecords().filter((r) => r.k === 'signal')).toMatchObject([{ signal: 'SIGUSR1' }]);
    expect(signals.listenerCount('SIGUSR1')).toBe(0);
  });

  it('lets the child see that nobody reads any more', async () => {
    const input = new PassThrough();
    const { ended, out, stdout } = run(input);
    out.catch(() => {});
    await new Promise((resolve) => stdout.once('data', resolve));
    stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    input.end(ask({ op: 'flood', n: 2000 }));
    // An unhandled EPIPE ends a Node program with code 1.
    expect(await ended).toMatchObject({ code: 1 });
    expect(rawRecords().filter((r) => r.k === 'broken')).toMatchObject([{ stream: 'stdout', errno: 'EPIPE' }]);
  });

  it('says that the child could not be started', async () => {
    const { ended } = run(new PassThrough(), { file: join(dir, 'nothing') });
    expect(await ended).toMatchObject({ kind: 'not-started', errno: 'ENOENT' });
    expect(rawRecords()).toMatchObject([{ k: 'spawn', notStarted: 'ENOENT' }]);
  });
});
