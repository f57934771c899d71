import { describe, expect, it } from 'vitest';
import { Wire, type WireServer } from './wire.ts';

const script = {
  rules: [
    { when: { user: 'hi' }, reply: [{ do: 'text' as const, chunks: ['Hello ', 'there.'], gapMs: 20 }] },
    { when: { user: 'wait', round: 0 }, reply: [{ do: 'tool' as const, command: 'sleep 3; echo finished' }] },
    { when: { user: 'wait', round: 1 }, reply: [{ do: 'text' as const, chunks: ['Done.'] }] },
  ],
};

const config = { sandbox: 'danger-full-access', approvalPolicy: 'never' } as const;

function midTool(): { wire: Wire; server: WireServer; threadId: string; turnId: string } {
  const wire = new Wire({ script, config });
  const server = wire.server();
  server.initialize();
  const threadId = server.startThread();
  const turnId = server.startTurn(threadId, 'wait');
  wire.run(500);
  return { wire, server, threadId, turnId };
}

const tools = (wire: Wire) =>
  [...wire.machine.processes.values()].filter(({ argv, alive }) => alive && argv[0] === '/bin/bash');

/** facts/codex-wire.md 5. */
describe('end of the process', () => {
  it.each([
    ['end of file', (server: WireServer) => server.proc.feedEnd(), [0, null]],
    ['SIGTERM', (server: WireServer, wire: Wire) => wire.machine.kill(0, server.proc.pid, 'SIGTERM'), [0, null]],
    ['SIGINT', (server: WireServer, wire: Wire) => wire.machine.kill(0, server.proc.pid, 'SIGINT'), [null, 'SIGINT']],
    ['SIGHUP', (server: WireServer, wire: Wire) => wire.machine.kill(0, server.proc.pid, 'SIGHUP'), [null, 'SIGHUP']],
    [
      'SIGKILL',
      (server: WireServer, wire: Wire) => wire.machine.kill(0, server.proc.pid, 'SIGKILL'),
      [null, 'SIGKILL'],
    ],
  ] as const)('%s: no frame more, and the turn never ends', (name, stop, exit) => {
    const { wire, server } = midTool();
    const before = server.frames.length;
    expect(tools(wire)).toHaveLength(1);
    stop(server, wire);
    wire.run(100);
    expect(server.exit).toEqual(exit);
    expect(server.frames).toHaveLength(before);
    const orderly = name === 'end of file' || name === 'SIGTERM';
    // The child of the shell outlives a killed server; it is init's then, and ends by itself.
    expect(tools(wire)).toHaveLength(orderly ? 0 : 1);
    wire.run(5_000);
    expect(tools(wire)).toHaveLength(0);
    expect(server.truth.running.size).toBe(1);
  });

  it('takes 30 ms or more after end of file, and longer before it has started', () => {
    const wire = new Wire();
    const server = wire.server();
    server.proc.feedEnd();
    wire.run(20);
    expect(server.exit).toBeNull();
    wire.run(500);
    expect(server.exit).toEqual([0, null]);
    expect(server.frames).toEqual([]);
  });

  it('starts faster in a home that was used before', () => {
    const wire = new Wire();
    const times = [0, 1].map(() => {
      const from = wire.kernel.now;
      wire.server().initialize();
      return wire.kernel.now - from;
    });
    expect(times[0]).toBeGreaterThanOrEqual(230);
    expect(times[1]).toBeLessThan(150);
  });

  it('keeps a command running after an interrupt and reports its end', () => {
    const { wire, server, threadId, turnId } = midTool();
    expect(server.call('turn/interrupt', { threadId, turnId })).toEqual({});
    const before = server.frames.length;
    wire.run(5_000);
    expect(server.said(before)).toEqual(['item/commandExecution/outputDelta', 'item/completed commandExecution']);
  });
});

describe('faults', () => {
  it('fails single requests to the model', () => {
    const wire = new Wire({
      script,
      faults: { model: ({ ofThread }) => (ofThread === 1 ? { kind: 'status', status: 401 } : null) },
    });
    const server = wire.server();
    server.initialize();
    const threadId = server.startThread();
    server.startTurn(threadId, 'hi');
    wire.run(500);
    expect(server.said().at(-1)).toBe('turn/completed failed');
    server.startTurn(threadId, 'hi');
    wire.run(500);
    expect(server.said().at(-1)).toBe('turn/completed completed');
  });

  it('hangs and cuts', () => {
    const wire = new Wire({
      script,
      faults: {
        model: ({ threadNumber }) =>
          [
            null,
            { kind: 'hang', at: 'request' },
            { kind: 'hang', at: 'stream' },
            { kind: 'cut', at: 'stream' },
            { kind: 'cut', at: 'request' },
          ][threadNumber] as never,
      },
    });
    const server = wire.server();
    server.initialize();
    const threads = [1, 2, 3, 4].map(() => server.startThread());
    for (const threadId of threads) server.startTurn(threadId, 'hi');
    wire.run(1_000);
    expect([...server.truth.running.keys()]).toEqual([threads[0], threads[1]]);
    const messages = server.frames.flatMap(({ method, params }) =>
      method === 'error' ? [(params!.error as { message: string }).message] : [],
    );
    expect(messages.sort()).toEqual([
      'stream disconnected before completion: Transport error: network error: error decoding response body',
      'stream disconnected before completion: error sending request',
    ]);
    wire.run(301_000);
    expect([...server.truth.running.keys()]).toEqual([threads[0]]);
  });

  it('does not come up', () => {
    const wire = new Wire({
      faults: {
        start: ({ number }) =>
          number === 1 ? { kind: 'exit', code: 1, stderr: 'database is locked\n', afterMs: 40 } : { kind: 'silent' },
      },
    });
    const first = wire.server();
    wire.run(100);
    expect([first.exit, first.stderr]).toEqual([[1, null], 'database is locked\n']);
    const second = wire.server();
    second.send('initialize', { clientInfo: { name: 'x', version: '1' } });
    wire.run(1_000);
    expect(second.frames).toEqual([]);
    second.proc.feedEnd();
    wire.run(100);
    expect(second.exit).toEqual([0, null]);
  });
});

describe('determinism', () => {
  const talk = (choices: readonly (readonly ['delay' | 'pick', number, number])[]) => {
    const wire = new Wire({ script, config, choices });
    const server = wire.server();
    server.initialize();
    const threadId = server.startThread();
    server.startTurn(threadId, 'hi');
    wire.run(5_000);
    server.startTurn(threadId, 'wait');
    wire.run(10_000);
    return { server, text: JSON.stringify(server.frames) };
  };

  it('says the same whenever it is asked the same', () => {
    expect(talk([]).text).toBe(talk([]).text);
  });

  it('may answer a turn/start after the turn has begun', () => {
    const orders = new Set<string>();
    for (let nth = 0; nth < 40; nth++) {
      const again = new Wire({ script, choices: [['delay', nth, 3]] });
      const other = again.server();
      other.initialize();
      const thread = other.startThread();
      other.startTurn(thread, 'hi');
      again.run(3_000);
      const before = other.frames.length;
      other.startTurn(thread, 'hi');
      again.run(3_000);
      orders.add(
        other
          .said(before)
          .filter((each) => each === 'response' || each === 'turn/started')
          .join(' '),
      );
    }
    expect([...orders].sort()).toEqual(['response turn/started', 'turn/started response']);
  });

  it('says the same in other times', () => {
    const stretched = talk([
      ['delay', 2, 4],
      ['delay', 7, 3],
      ['delay', 12, 4],
    ]);
    expect(stretched.text).not.toBe(talk([]).text);
    expect(stretched.server.said().filter((each) => each.startsWith('turn/completed'))).toEqual([
      'turn/completed completed',
      'turn/completed completed',
    ]);
  });
});
