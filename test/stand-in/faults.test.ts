import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../src/transcript/overlay.ts';
import { Stage, TRANSCRIPTS } from './stage.ts';

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});
afterEach(() => stage.dispose());

const SIMPLE = join(TRANSCRIPTS, 'codex', 'simple.ndjson');
const MULTI = join(TRANSCRIPTS, 'codex', 'multi_turn.ndjson');
const DELTA = { frame: 'item/agentMessage/delta' } as const;

async function withFaults(faults: readonly Fault[], transcript = SIMPLE): Promise<void> {
  const path = join(stage.folder, 'faults.json');
  writeFileSync(path, JSON.stringify({ format: 1, seed: 7, faults }));
  await stage.make({ transcripts: [transcript], faults: path }, ['codex']);
}

/** Starts codex, speaks as recorded until the turn has begun, and collects what comes, chunk by chunk. */
async function raw(until: (text: string) => boolean) {
  const child = spawn('codex', ['app-server'], { cwd: stage.cwd, env: stage.env, stdio: 'pipe' });
  stage.track(child);
  child.stdin.on('error', () => {});
  const chunks: Buffer[] = [];
  const text = () => Buffer.concat(chunks).toString('utf8');
  let tail = '';
  child.stdout.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    tail = (tail + chunk.toString('latin1')).slice(-16_384);
  });
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  const send = (frame: object) => child.stdin.write(`${JSON.stringify(frame)}\n`);
  const seen = async (test: (text: string) => boolean) => {
    while (!test(tail)) {
      const more = await Promise.race([once(child.stdout, 'data'), ended.then(() => null)]);
      if (more === null) return;
    }
  };
  const clientInfo = { name: 'reprise', title: 'Reprise', version: '0.1.0' };
  const capabilities = { experimentalApi: false, requestAttestation: false };
  send({ id: 1, method: 'initialize', params: { clientInfo, capabilities } });
  await seen((all) => all.includes('"id":1,'));
  send({ method: 'initialized' });
  send({ id: 2, method: 'thread/start', params: { cwd: stage.cwd } });
  await seen((all) => all.includes('"id":2,'));
  const threadId = /"thread":\{"id":"([^"]+)"/.exec(text())?.[1];
  const input = [{ type: 'text', text: 'hi', text_elements: [] }];
  send({ id: 3, method: 'turn/start', params: { threadId, input } });
  await seen(until);
  return { child, chunks, text, ended };
}

const completed = (all: string) => all.includes('"method":"turn/completed"') && all.endsWith('\n');

describe('faults that a good client does not notice', () => {
  it.each<Fault>([
    { kind: 'split', at: DELTA, pieces: 9, gapMs: 0 },
    { kind: 'split', at: { any: true } },
    { kind: 'join', at: { frame: 'turn/started' }, count: 3 },
    { kind: 'crlf', at: DELTA },
    { kind: 'line-separator', at: DELTA },
    { kind: 'long-line', at: DELTA, bytes: 1_000_000 },
    { kind: 'late', at: { frame: 'turn/started' }, ms: 20 },
    { kind: 'duplicate', at: { frame: 'answer thread/start' } },
    { kind: 'noise', at: { start: true }, stream: 'stderr', text: 'warming up' },
  ])('%j', async (fault) => {
    await withFaults([fault]);
    const { code } = await stage.converse('codex', { messages: ['hi'] });
    expect(code).toBe(0);
    const check = stage.check();
    expect(check).toEqual({ failed: [], neverStarted: [], passed: 1 });
  });

  it('cuts a line where the seed says, at the same places each time', async () => {
    const texts: string[][] = [];
    for (let time = 0; time < 2; time++) {
      await withFaults([{ kind: 'split', at: { frame: 'turn/completed' }, pieces: 5, gapMs: 30 }]);
      const { child, chunks, ended } = await raw(completed);
      child.stdin.end();
      await ended;
      texts.push(chunks.map(String).slice(-5));
    }
    expect(texts[0]!.slice(1)).toEqual(texts[1]!.slice(1));
    expect(texts[0]!.at(-1)).toMatch(/\n$/);
    expect(texts[0]!.at(-2)).not.toMatch(/\n$/);
  });

  it('puts a raw U+2028 into the text', async () => {
    await withFaults([{ kind: 'line-separator', at: DELTA }]);
    const { child, text, ended } = await raw(completed);
    child.stdin.end();
    await ended;
    expect(
      text()
        .split('\n')
        .filter((line) => line.includes('\u2028')),
    ).toHaveLength(1);
  });

  it('makes a line of exactly so many bytes', async () => {
    await withFaults([{ kind: 'long-line', at: DELTA, bytes: 33_554_432 }]);
    const { child, chunks, ended } = await raw(completed);
    child.stdin.end();
    await ended;
    const lines = Buffer.concat(chunks).toString('latin1').split('\n');
    expect(lines.filter(({ length }) => length + 1 === 33_554_432)).toHaveLength(1);
  });
});

describe('faults that the recording cannot follow', () => {
  it('kills the process, and writes down that it did', async () => {
    await withFaults([{ kind: 'kill', at: DELTA }]);
    const { ended } = await raw(() => false);
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(stage.check()).toEqual({ failed: [], neverStarted: [], passed: 1 });
  });

  it('exits with the words and the code that are given', async () => {
    await withFaults([{ kind: 'exit', at: { start: true }, code: 7, stderr: 'no such luck' }]);
    expect(await stage.run('codex', ['app-server'])).toMatchObject({ code: 7, err: 'no such luck\n' });
    expect(stage.check().failed).toEqual([]);
  });

  it('breaks off within a line', async () => {
    await withFaults([{ kind: 'cut', at: { frame: 'turn/completed' } }]);
    const { text, ended } = await raw(() => false);
    expect(await ended).toEqual([1, null]);
    const last = text().split('\n').at(-1)!;
    expect(last.length).toBeGreaterThan(0);
    expect(() => JSON.parse(last)).toThrow();
  });

  it('answers under an id that nobody used, and writes down what the client did then', async () => {
    await withFaults([{ kind: 'wrong-id', at: { frame: 'answer turn/start' } }]);
    const { child, text, ended } = await raw((all) => all.includes('1000003'));
    expect(text()).toContain('"id":1000003');
    child.stdin.write('{"id":4,"method":"turn/interrupt"}\n');
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
    expect(stage.check()).toMatchObject({ failed: [], passed: 1 });
  });

  it('hangs: nothing comes any more, and the client has to end it', async () => {
    await withFaults([{ kind: 'hang', at: { frame: 'turn/started' } }]);
    const { child, text, ended } = await raw((all) => all.includes('"id":3,'));
    child.kill('SIGTERM');
    expect(await ended).toEqual([null, 'SIGTERM']);
    expect(text()).not.toContain('turn/started');
    expect(stage.check().failed).toEqual([]);
  });

  it('reads no more: what the client writes fails with EPIPE', async () => {
    await withFaults([{ kind: 'close-stdin', at: { frame: 'turn/started' } }]);
    const { child, ended } = await raw((all) => all.includes('"id":3,'));
    child.stdin.removeAllListeners('error');
    const broken = once(child.stdin, 'error') as unknown as Promise<[NodeJS.ErrnoException]>;
    const again = setInterval(() => child.stdin.write('{}\n'), 5);
    const [{ code }] = await broken;
    clearInterval(again);
    expect(code).toBe('EPIPE');
    child.kill('SIGTERM');
    await ended;
  });
});

describe('a fault that does not strike', () => {
  it('fails the process that it was for', async () => {
    await withFaults([{ kind: 'join', at: { frame: 'turn/completed' } }]);
    const { code, err } = await stage.converse('codex', { messages: ['hi'] });
    expect(code).toBe(92);
    expect(err).toMatch(/these faults never struck:\n +faults\[0\] join at .*simple\.ndjson:\d+: recv turn\/completed/);
    expect(stage.check().failed).toMatchObject([{ status: 'unfired' }]);
  });

  it('is an error of the file when it never could', async () => {
    await withFaults([{ kind: 'drop', at: { frame: 'turn/started', nth: 2 } }]);
    const { code, err } = await stage.run('codex', ['app-server']);
    expect(code).toBe(93);
    expect(err).toContain('faults[0].at:');
    expect(err).toContain("no frame 'turn/started' number 2");
  });

  it('counts the frames of a name', async () => {
    await withFaults([{ kind: 'kill', at: { frame: 'turn/completed', nth: 2 } }], MULTI);
    const { out } = await stage.converse('codex', { messages: ['one', 'two', 'three'] });
    expect(out).toBe('');
    expect(stage.check()).toEqual({ failed: [], neverStarted: [], passed: 1 });
  });
});
