import { describe, expect, it } from 'vitest';
import type { ClientEnd } from '../../../../src/core/providers/types.ts';
import { Heard, type Puppet, resultOf, SESSION, toolUse, value, withPuppet } from './puppet.ts';

const SLOW = { timeouts: { initializeMs: 500, acceptMs: 300, controlMs: 200 } };

describe('the start of the claude adapter', () => {
  it('asks for the protocol, resumes with its own flag, and initialises once', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started({ resume: SESSION });
      expect(puppet.proc.argv).toEqual([
        'claude',
        '--output-format',
        'stream-json',
        '--verbose',
        '--input-format',
        'stream-json',
        '--permission-prompt-tool=stdio',
        '--include-partial-messages',
        '--model=m',
        `--resume=${SESSION}`,
      ]);
      expect(puppet.proc.env).toEqual({ HOME: '/home/dev', CLAUDE_CODE_SDK_READS_SESSION_STATE: '1' });
      expect(puppet.received).toMatchObject([{ type: 'control_request', request: { subtype: 'initialize' } }]);
      expect(client.sessionId).toBe(SESSION);
      expect(client.identity).toEqual(puppet.proc.identity);
      await client.close();
    }));

  it('fails when there is no such program', () =>
    withPuppet(async (puppet) => {
      puppet.machine.executables.delete('claude');
      expect(await puppet.start()).toEqual({
        ok: false,
        failure: { class: 'unavailable', message: 'claude: spawn claude ENOENT', httpStatus: null, mayHaveRun: false },
      });
    }));

  it('gives up on a process that does not answer, and leaves nothing of it', () =>
    withPuppet(async (puppet) => {
      puppet.answersInitialize = false;
      puppet.endsWithStdin = false;
      expect(await puppet.start(SLOW)).toMatchObject({
        ok: false,
        failure: { class: 'timed-out', message: 'claude did not answer initialize within 500 ms' },
      });
      expect(puppet.proc.alive).toBe(false);
      expect(puppet.signals).toEqual(['SIGTERM at 2501']);
    }));

  it('fails with the last words of a process that ends', () =>
    withPuppet(async (puppet) => {
      puppet.answersInitialize = false;
      puppet.onStart = (proc) =>
        proc.after(30, () => {
          proc.stderr('no licence\n');
          proc.exit(3);
        });
      expect(await puppet.start()).toMatchObject({
        ok: false,
        failure: { class: 'transport', message: 'claude exited with code 3; stderr="no licence"', mayHaveRun: true },
      });
    }));

  it('fails with another class when the session cannot be resumed', () =>
    withPuppet(async (puppet) => {
      puppet.answersInitialize = false;
      const words = `No conversation found with session ID: ${SESSION}`;
      puppet.onStart = (proc) =>
        proc.after(30, () => {
          puppet.send(resultOf(null, { subtype: 'error_during_execution', is_error: true, errors: [words] }));
          proc.exit(1);
        });
      expect(await puppet.start({ resume: SESSION })).toMatchObject({
        ok: false,
        failure: { class: 'rejected', message: words, mayHaveRun: false },
      });
    }));
});

describe('lines', () => {
  it('may come in any pieces', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      const heard = new Heard(client);
      await puppet.sleep(5);
      const uuid = puppet.messages[0]!.uuid;
      const lines = [
        { type: 'command_lifecycle', command_uuid: uuid, state: 'started' },
        { type: 'assistant', message: { id: 'm', content: [{ type: 'text', text: 'grüß dich' }] } },
        resultOf(uuid),
      ].map((frame) => `${JSON.stringify(frame)}\n`);
      for (const piece of lines.join('').match(/[\s\S]{1,7}/g)!) puppet.proc.stdout(piece);
      await puppet.sleep(5);
      expect(heard.types).toBe('started message ended');
      expect(heard.events[1]).toMatchObject({ text: 'grüß dich' });
      await client.close();
    }));

  it('that are no frames are dropped and logged; frames that are new are ignored', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      const heard = new Heard(client);
      await puppet.sleep(5);
      const uuid = puppet.accept();
      puppet.send(
        'Welcome!\n',
        '\n',
        '[1]\n',
        '{"half":\n',
        { type: 'prompt_suggestion' },
        { type: 'system', subtype: 'new' },
      );
      puppet.finish(uuid);
      await puppet.sleep(5);
      expect(heard.types).toBe('started ended');
      expect(puppet.logged.filter((type) => type === 'claude.line.unparsable')).toHaveLength(3);
      await client.close();
    }));
});

describe('the end', () => {
  const ends = (client: { onEnd(listener: (end: ClientEnd) => void): unknown }): ClientEnd[] => {
    const seen: ClientEnd[] = [];
    client.onEnd((end) => seen.push(end));
    return seen;
  };

  it('fails the running turn, what it had begun, and what waits', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      const seen = ends(client);
      const running = new Heard(client);
      const waiting = new Heard(client);
      await puppet.sleep(5);
      puppet.accept();
      puppet.send(toolUse('t1', 'make'), { ...Object(askFor('q1', 't2')) });
      await puppet.sleep(5);
      const interrupt = (await running.turn()).interrupt();
      await puppet.sleep(5);
      puppet.machine.kill(0, puppet.proc.pid, 'SIGKILL');
      await puppet.sleep(5);
      expect(running.types).toBe('started tool:started approval approval-withdrawn tool:failed ended');
      const failure = { class: 'transport', message: 'claude was killed by SIGKILL', httpStatus: null };
      expect(running.end?.failure).toEqual({ ...failure, mayHaveRun: true });
      expect(await waiting.outcome).toEqual({ ok: false, failure: { ...failure, mayHaveRun: false } });
      expect(await interrupt).toEqual({ ok: true, value: null });
      expect(seen).toEqual([{ kind: 'exited', code: null, signal: 'SIGKILL', message: failure.message }]);
      expect(await new Heard(client).outcome).toMatchObject({
        ok: false,
        failure: { class: 'transport', mayHaveRun: false },
      });
      expect(ends(client)).toEqual(seen);
      expect(await client.close()).toEqual(seen[0]);
    }));

  it('of a message that was written and not yet taken says that it may have run', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      const heard = new Heard(client);
      await puppet.sleep(5);
      puppet.proc.exit(1);
      expect(await heard.outcome).toMatchObject({ ok: false, failure: { class: 'transport', mayHaveRun: true } });
      expect(heard.events).toEqual([]);
    }));

  it('by close lets a running turn finish', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      puppet.endsWithStdin = false;
      const running = new Heard(client);
      const waiting = new Heard(client);
      await puppet.sleep(5);
      const uuid = puppet.accept();
      const closed = client.close();
      expect(await waiting.outcome).toMatchObject({ ok: false, failure: { class: 'aborted', mayHaveRun: false } });
      expect(await new Heard(client).outcome).toMatchObject({ ok: false, failure: { class: 'aborted' } });
      await puppet.sleep(500);
      puppet.finish(uuid);
      await puppet.sleep(5);
      puppet.proc.exit(0);
      expect(await closed).toEqual({ kind: 'closed', code: 0, signal: null, message: 'claude exited with code 0' });
      expect(running.end?.status).toBe('completed');
      expect(puppet.signals).toEqual([]);
      expect(puppet.messages).toHaveLength(1);
    }));

  it('by close comes to SIGTERM after 2 s and to SIGKILL after 5 s more, for the whole group, and once', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      puppet.endsWithStdin = false;
      puppet.ignoresSigterm = true;
      const helper = puppet.machine.start({
        argv: ['helper'],
        program: () => {},
        parent: puppet.proc,
        newGroup: false,
        uid: 1000,
        cwd: '/w',
        env: {},
        sink: { stdout: () => {}, stderr: () => {}, exited: () => {} },
      });
      helper.onSignal = () => true;
      const began = puppet.kernel.now;
      const [first, second] = await Promise.all([client.close(), client.close()]);
      expect(first).toEqual({ kind: 'closed', code: null, signal: 'SIGKILL', message: 'claude was killed by SIGKILL' });
      expect(second).toBe(first);
      expect(puppet.signals).toEqual([`SIGTERM at ${began + 2_000}`]);
      expect(puppet.kernel.now).toBe(began + 7_000);
      expect(helper.alive).toBe(false);
    }));

  it('names the process by pid and start time in every signal', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      puppet.endsWithStdin = false;
      const signalled: unknown[] = [];
      const signal = puppet.ports.processes.signal;
      Object.assign(puppet.ports.processes, {
        signal: (...args: Parameters<typeof signal>) => {
          signalled.push(args);
          return signal(...args);
        },
      });
      await client.close();
      expect(signalled).toEqual([[client.identity, 'SIGTERM', 'group']]);
    }));

  it('by a broken pipe fails everything, and the process is not left behind', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      puppet.endsWithStdin = false;
      const seen = ends(client);
      const heard = new Heard(client);
      await puppet.sleep(5);
      puppet.accept();
      await puppet.sleep(5);
      puppet.daemon.children.get(puppet.proc.pid)!.breakStdin();
      await puppet.sleep(500);
      expect(await new Heard(client).outcome).toMatchObject({ ok: false, failure: { class: 'transport' } });
      expect(seen).toEqual([]);
      await puppet.sleep(600);
      expect(seen).toEqual([{ kind: 'broken', code: null, signal: null, message: "claude's stdin: EPIPE" }]);
      expect(heard.end?.failure).toMatchObject({ class: 'transport', mayHaveRun: true });
      await puppet.sleep(10);
      expect(puppet.proc.alive).toBe(false);
    }));

  it('right after a broken pipe says how the process ended', () =>
    withPuppet(async (puppet) => {
      const client = await puppet.started();
      const seen = ends(client);
      puppet.daemon.children.get(puppet.proc.pid)!.breakStdin();
      await puppet.sleep(100);
      puppet.proc.stderr('out of memory\n');
      puppet.proc.exit(9);
      await puppet.sleep(10_000);
      expect(seen).toEqual([
        { kind: 'broken', code: 9, signal: null, message: 'claude exited with code 9; stderr="out of memory"' },
      ]);
    }));
});

function askFor(requestId: string, toolUseId: string): object {
  return {
    type: 'control_request',
    request_id: requestId,
    request: { subtype: 'can_use_tool', tool_name: 'Bash', input: { command: 'x' }, tool_use_id: toolUseId },
  };
}

it('has defaults for all its times', () =>
  withPuppet(async (puppet: Puppet) => {
    const client = value(await puppet.start({ timeouts: {} }));
    const heard = new Heard(client);
    expect(await heard.outcome).toMatchObject({
      ok: false,
      failure: { class: 'timed-out', message: 'claude did not accept the message within 30000 ms', mayHaveRun: true },
    });
    await client.close();
  }));
