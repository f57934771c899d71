import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLIENT_PY, Stage, TRANSCRIPTS } from './stage.ts';

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});
afterEach(() => stage.dispose());

const file = (name: string): string => join(TRANSCRIPTS, `${name}.ndjson`);
const AS_RECORDED = { failed: [], neverStarted: [], passed: 1 };

const CONVERSATIONS = [
  ['codex/simple', { messages: ['hi'] }, ['Hello from the scripted model.']],
  ['codex/multi_turn', { messages: ['one', 'two', 'three'] }, ['First answer.', 'Second answer.', 'Third answer.']],
  ['codex/approval_accept', { messages: ['make it'], decision: 'accept' }, ['Made.']],
  ['claude/simple', { messages: ['hello'] }, ['Hello there.']],
  ['claude/multi_turn', { messages: ['one', 'two', 'three'] }, ['First.', 'Second.', 'Third.']],
  ['claude/approval_accept', { messages: ['make it'], decision: 'allow' }, ['Made.']],
] as const;

const python = (() => {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe('a client in JavaScript', () => {
  it.each(CONVERSATIONS)('has %s with the stand-in', async (name, conversation, said) => {
    await stage.make({ transcripts: [file(name)] });
    const { code, out, err } = await stage.converse(name.split('/')[0] as 'codex', conversation);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual(said);
    expect(stage.check()).toEqual(AS_RECORDED);
  });
});

describe('a client in Python', () => {
  it.runIf(python).each(CONVERSATIONS)('has %s with the stand-in', async (name, conversation, said) => {
    await stage.make({ transcripts: [file(name)] });
    const { code, out, err } = await stage.run('python3', [
      CLIENT_PY,
      name.split('/')[0]!,
      JSON.stringify(conversation),
    ]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual(said);
    expect(stage.check()).toEqual(AS_RECORDED);
  });

  it.skipIf(python)('is left out: there is no python3', () => {});
});

describe('a client that does something else', () => {
  it('is told what was expected, by a code that no provider has, and in a result file', async () => {
    await stage.make({ transcripts: [file('codex/simple')] });
    const { code, err } = await stage.converse('codex', { messages: ['ho'] });
    expect(code).toBe(90);
    expect(err).toContain('codex:1 send #4: differs from the transcript');
    expect(err).toContain('expected "hi"');
    expect(err).toContain('got      "ho"');
    const { failed } = stage.check();
    expect(failed).toMatchObject([{ status: 'mismatch', lane: 'codex:1', mismatch: { kind: 'different' } }]);
  });

  it('decides a request of the provider in another way', async () => {
    await stage.make({ transcripts: [file('codex/approval_accept')] });
    const { code, err } = await stage.converse('codex', { messages: ['make it'], decision: 'decline' });
    expect(code).toBe(90);
    expect(err).toMatch(/\$\.result\.decision\n +expected "accept"\n +got +"decline"/);
  });

  it('leaves out what was recorded', async () => {
    await stage.make({ transcripts: [file('codex/multi_turn')] });
    const { code, err } = await stage.converse('codex', { messages: ['one', 'two'] });
    expect(code).toBe(90);
    expect(err).toContain('eof: is not in the transcript');
    expect(stage.check().failed).toMatchObject([{ status: 'mismatch' }]);
  });

  it('starts another process than the recorded one', async () => {
    await stage.make({ transcripts: [file('codex/simple')] });
    const { code, err } = await stage.run('codex', ['app-server', '--verbose']);
    expect(code).toBe(90);
    expect(err).toContain('codex:1 spawn: differs from the transcript');
  });

  it('starts one process too many', async () => {
    await stage.make({ transcripts: [file('codex/simple')] });
    await stage.converse('codex', { messages: ['hi'] });
    const { code, err } = await stage.run('codex', ['app-server']);
    expect(code).toBe(93);
    expect(err).toContain('the one recorded process is played already');
    expect(stage.check()).toMatchObject({ passed: 1, failed: [{ status: 'nothing' }] });
  });

  it('never starts a recorded process', async () => {
    await stage.make({ transcripts: [file('codex/simple'), file('codex/multi_turn')] });
    await stage.converse('codex', { messages: ['hi'] });
    expect(stage.check()).toEqual({
      passed: 1,
      failed: [],
      neverStarted: [expect.stringContaining('multi_turn.ndjson:2: codex app-server')],
    });
  });

  it('gets at most 40 lines about it', async () => {
    await stage.make({ transcripts: [file('codex/simple')] });
    const wrong = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`key${i}`, i]));
    const { err } = await stage.run('codex', ['app-server'], { input: `${JSON.stringify(wrong)}\n` });
    expect(err.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
    expect(err).toMatch(/… \d+ more lines\n$/);
  });
});

describe('processes', () => {
  it('play a lane each, several at once, and none twice', async () => {
    const copies = Array.from({ length: 6 }, () => file('claude/simple'));
    await stage.make({ transcripts: copies });
    const ended = await Promise.all(copies.map(() => stage.converse('claude', { messages: ['hello'] })));
    expect(ended.map(({ code }) => code)).toEqual(copies.map(() => 0));
    expect(stage.check()).toEqual({ failed: [], neverStarted: [], passed: 6 });
  });

  it('are recognised by their arguments', async () => {
    await stage.make({ transcripts: [file('claude/multi_turn'), file('codex/simple')] });
    expect((await stage.converse('codex', { messages: ['hi'] })).code).toBe(0);
    expect((await stage.converse('claude', { messages: ['one', 'two', 'three'] })).code).toBe(0);
    expect(stage.check()).toEqual({ failed: [], neverStarted: [], passed: 2 });
  });

  it('that were killed are judged by what they had done', async () => {
    await stage.make({ transcripts: [file('claude/simple')] });
    const child = spawn('claude', readSpawn('claude/simple'), { cwd: stage.cwd, env: stage.env, stdio: 'pipe' });
    stage.track(child);
    child.stdin.write('{"request_id":"x","type":"control_request","request":{"subtype":"initialize"}}\n');
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { failed } = stage.check();
    expect(failed).toMatchObject([{ status: 'mismatch', mismatch: { act: 'signal SIGKILL' } }]);
  });

  it('that were to be killed pass when they were', async () => {
    await stage.make({ transcripts: [file('claude/kill9_mid_turn')] });
    const child = spawn('claude', readSpawn('claude/kill9_mid_turn'), {
      cwd: stage.cwd,
      env: stage.env,
      stdio: 'pipe',
    });
    stage.track(child);
    const sends = readFileSync(file('claude/kill9_mid_turn'), 'utf8')
      .split('\n')
      .filter((l) => l.includes('"dir":"send"') && l.includes('claude:1'));
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk));
    const until = async (part: string) => {
      while (!text.includes(part)) await once(child.stdout, 'data');
    };
    const send = (line: string) => {
      const body = JSON.stringify(JSON.parse(line).body);
      child.stdin.write(
        `${body.replace('<req:1>', 'a1').replace('<uuid:1>', '8d3f1b1e-4f0a-4c6f-9a39-0f6c2f6f2a11')}\n`,
      );
    };
    send(sends[0]!);
    await until('control_response');
    send(sends[1]!);
    await until('"and "');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(stage.check().failed.map(({ message }) => message)).toEqual([]);
  });

  it('tell their version without being one of the recorded', async () => {
    await stage.make({ transcripts: [file('claude/simple'), file('codex/simple')] });
    expect((await stage.run('codex', ['--version'])).out).toBe('codex-cli 0.169.0\n');
    expect((await stage.run('claude', ['--version'])).out).toBe('2.1.329 (Claude Code)\n');
    expect(stage.check().neverStarted).toHaveLength(2);
  });

  it('complain of recordings that cannot be read, with their place', async () => {
    const bad = join(stage.folder, 'bad.ndjson');
    writeFileSync(bad, `${readFileSync(file('codex/simple'), 'utf8').split('\n')[0]}\n{"type":"spawn"\n{}\n`);
    await stage.make({ transcripts: [bad] });
    const { code, err } = await stage.run('codex', ['app-server']);
    expect(code).toBe(93);
    expect(err).toMatch(/bad\.ndjson:2:16: not JSON/);
  });

  it('write a result where the environment says', async () => {
    await stage.make({ transcripts: [file('codex/simple')] });
    const result = join(stage.folder, 'result.json');
    await stage.converse('codex', { messages: ['hi'] }, { REPRISE_RESULT: result });
    expect(JSON.parse(readFileSync(result, 'utf8'))).toMatchObject({ status: 'pass', message: null, lane: 'codex:1' });
  });
});

function readSpawn(name: string): string[] {
  return JSON.parse(readFileSync(file(name), 'utf8').split('\n')[1]!).args;
}
