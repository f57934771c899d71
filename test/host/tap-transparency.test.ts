/** The same conversations with a provider as it is and with the tap in its place: a client must not be able to tell. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRawLog } from '../../src/transcript/raw.ts';
import { Client, eventually, inOrphanedGroup, stateOf, type Via } from './client.ts';

let dir: string;
let raw: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'reprise-transparent-'));
  raw = join(dir, 'raw.ndjson');
});
afterEach(() => rmSync(dir, { recursive: true }));

const BARE: Via = { kind: 'bare' };
const tapped = (): Via => ({ kind: 'tapped', raw });
type Options = ConstructorParameters<typeof Client>[1];

/** What a client sees of a conversation, without and with the tap. */
async function both<T>(talk: (client: Client) => Promise<T>, options?: Options): Promise<{ bare: T; tapped: T }> {
  return { bare: await talk(new Client(BARE, options)), tapped: await talk(new Client(tapped(), options)) };
}

const seen = async (client: Client) => {
  const ended = await client.ended;
  return { ...ended, out: client.out.toString('base64'), err: client.err };
};

describe.skipIf(process.platform !== 'linux')('a tapped provider', () => {
  it('writes the same bytes, to both streams, and ends with the same code', async () => {
    const bytes = Buffer.from([0, 0xff, 0xfe, 10, 0xf0, 0x9f, 13, 10]).toString('base64');
    const result = await both(async (client) => {
      client.send({ op: 'bytes', text: bytes }, { op: 'err', text: 'öops' }, { op: 'flood', n: 2_000 });
      client.send({ op: 'exit', n: 3 });
      client.process.stdin.end();
      return seen(client);
    });
    expect(result.tapped).toEqual(result.bare);
    expect(result.bare).toMatchObject({ code: 3 });
  });

  it('ends when the client closes stdin before it wrote anything', async () => {
    const result = await both(async (client) => {
      client.process.stdin.end();
      return seen(client);
    });
    expect(result.tapped).toEqual(result.bare);
  });

  it.each(['SIGKILL', 'SIGABRT', 'SIGINT', 'SIGQUIT', 'SIGALRM', 'SIGSEGV'])(
    'dies by %s of its own',
    async (signal) => {
      const result = await both(async (client) => {
        client.send({ op: 'kill', text: signal });
        return client.ended;
      });
      expect(result).toEqual({ bare: { code: null, signal }, tapped: { code: null, signal } });
    },
  );

  it('dies by SIGPIPE, which a Node program would survive', async () => {
    const result = await both((client) => client.ended, { command: ['/bin/sh', '-c', 'kill -PIPE $$'] });
    expect(result.tapped).toEqual({ code: null, signal: 'SIGPIPE' });
    expect(result.tapped).toEqual(result.bare);
  });

  it.each([false, true])('gets each signal once (to the group: %s), and its tools as they would', async (group) => {
    const result = await both(
      async (client) => {
        await client.untilOut('ready');
        client.send({ op: 'tool' });
        await client.untilErr('tool ready');
        for (const signal of ['SIGUSR1', 'SIGHUP', 'SIGUSR2'] as const) {
          client.signal(signal, signal === 'SIGUSR1' && group);
          await client.untilOut(`"${signal}"`);
        }
        if (group) await client.untilErr('tool SIGUSR1');
        client.send({ op: 'echo', text: 'still here' });
        await client.untilOut('still here');
        const exited = new Promise((resolve) => client.process.once('exit', resolve));
        client.signal('SIGTERM');
        await exited;
        // The tool lives on, and holds stderr open.
        client.signal('SIGKILL', true);
        await client.ended;
        return { out: client.out.toString(), err: client.err };
      },
      { group: true },
    );
    expect(result.tapped).toEqual(result.bare);
    expect(result.bare.err.includes('tool SIGUSR1')).toBe(group);
    const signals = readRawLog(readFileSync(raw, 'utf8'), raw).filter((record) => record.k === 'signal');
    expect(signals.map(({ signal, scope }) => `${signal} ${scope}`)).toEqual([
      `SIGUSR1 ${group ? 'group' : 'process'}`,
      'SIGHUP process',
      'SIGUSR2 process',
      'SIGTERM process',
    ]);
  });

  it('answers SIGTERM as it likes', async () => {
    const result = await both(async (client) => {
      await client.untilOut('ready');
      client.signal('SIGTERM');
      return seen(client);
    });
    expect(result.tapped).toEqual(result.bare);
    expect(result.bare).toMatchObject({ code: 7, signal: null });
  });

  it.each([false, true])('is gone after SIGKILL (to the group: %s)', async (group) => {
    const result = await both(
      async (client) => {
        const pid = await client.providersPid();
        client.signal('SIGKILL', group);
        const ended = await client.ended;
        await eventually(() => stateOf(pid) === null || stateOf(pid) === 'Z');
        return ended;
      },
      { group: true },
    );
    expect(result.tapped).toEqual({ code: null, signal: 'SIGKILL' });
    expect(result.tapped).toEqual(result.bare);
  });

  it('stops and goes on with its group', async () => {
    const result = await both(
      async (client) => {
        const pid = await client.providersPid();
        client.signal('SIGSTOP', true);
        await eventually(() => stateOf(pid) === 'T' && stateOf(client.process.pid!) === 'T');
        client.send({ op: 'echo', text: 'after the pause' });
        client.signal('SIGCONT', true);
        await client.untilOut('after the pause');
        await client.untilOut('SIGCONT');
        client.signal('SIGTERM');
        await client.ended;
        return [...new Set(client.out.toString().split('\n'))].sort();
      },
      { group: true },
    );
    expect(result.tapped).toEqual(result.bare);
  });

  it('is not stopped by SIGTSTP where nobody could wake it: it leads a session', async () => {
    const result = await both(
      async (client) => {
        await client.untilOut('ready');
        client.signal('SIGTSTP');
        client.send({ op: 'echo', text: 'still here' });
        await client.untilOut('still here');
        client.signal('SIGTERM');
        return client.ended;
      },
      { group: true },
    );
    expect(result).toMatchObject({ bare: { code: 7 }, tapped: { code: 7 } });
  });

  // The kernel never stops an orphaned process group that way, such as that of a job in the background of a script.
  it.skipIf(inOrphanedGroup())('is stopped by SIGTSTP to it alone, and goes on', async () => {
    const talk = async (client: Client) => {
      const pid = await client.providersPid();
      client.signal('SIGTSTP');
      await eventually(() => stateOf(pid) === 'T' && stateOf(client.process.pid!) === 'T');
      client.signal('SIGCONT');
      await client.untilOut('SIGCONT');
      client.signal('SIGTERM');
      return client.ended;
    };
    expect(await both(talk)).toMatchObject({ bare: { code: 7 }, tapped: { code: 7 } });
  });

  it('is held up by a client that does not read, and still hears it', async () => {
    const lines = 1_000;
    const result = await both(async (client) => {
      await client.untilOut('ready');
      client.process.stdout.pause();
      client.send({ op: 'pour', n: lines });
      const taken = await settled(client);
      client.signal('SIGUSR1');
      client.process.stdout.resume();
      await client.untilOut('SIGUSR1');
      client.process.stdin.end();
      await client.ended;
      return { taken, bytes: client.out.length };
    });
    expect(result.bare.taken).toBeLessThan(lines / 2);
    // Of 64 KiB each: what the pipes to and from the tap and its own buffers hold.
    expect(result.tapped.taken - result.bare.taken).toBeLessThanOrEqual(16);
    expect(result.tapped.bytes).toBe(result.bare.bytes);
  });

  it('sees that nobody reads any more', async () => {
    const result = await both(async (client) => {
      await client.untilOut('ready');
      client.process.stdout.destroy();
      client.send({ op: 'flood', n: 20_000 });
      const { code, signal } = await client.ended;
      return { code, signal, epipe: client.err.includes('EPIPE') };
    });
    expect(result.tapped).toEqual(result.bare);
    expect(result.bare).toEqual({ code: 1, signal: null, epipe: true });
  });

  it('lets the client see that it does not read any more', async () => {
    const result = await both(
      async (client) => {
        await client.untilOut('ready');
        while (client.stdinError === null) {
          client.process.stdin.write('x'.repeat(100_000));
          await new Promise((resolve) => setImmediate(resolve));
        }
        client.signal('SIGKILL', true);
        await client.ended;
        return client.stdinError;
      },
      { group: true, command: ['/bin/sh', '-c', 'exec 0<&-; echo ready; while :; do sleep 0.05; done'] },
    );
    expect(result.tapped).toBe(result.bare);
  });

  it('lets the client see the end of an output, before its own end', async () => {
    const command = ['/bin/sh', '-c', 'echo bye; exec 1>&-; read -r line; echo "$line" >&2; exit 5'];
    const result = await both(
      async (client) => {
        await new Promise((resolve) => client.process.stdout.once('end', resolve));
        client.send({ op: 'go' });
        return seen(client);
      },
      { command },
    );
    expect(result.tapped).toEqual(result.bare);
    expect(result.bare).toMatchObject({ code: 5, err: '{"op":"go"}\n' });
  });

  it('leaves whole lines behind when the tap is killed at any moment', async () => {
    for (const after of [1, 40, 400]) {
      const file = join(dir, `killed-${after}`);
      const client = new Client({ kind: 'tapped', raw: file });
      await client.untilOut('ready');
      client.send({ op: 'flood', n: 3_000 });
      await client.untilOut(`"i":${after},`);
      client.signal('SIGKILL');
      await client.ended;
      expect(existsSync(file)).toBe(true);
      expect(readRawLog(readFileSync(file, 'utf8'), file)[0]).toMatchObject({ k: 'spawn' });
    }
  });
});

/** How much was taken in the end: the same answer several times, each asked for after the one before. */
async function settled(client: Client): Promise<number> {
  let same = 0;
  let last = -1;
  for (let asked = 1; same < 10; asked++) {
    client.send({ op: 'count' });
    await client.until(() => client.err.split('"poured"').length > asked);
    const now = Number(/.*"poured":(\d+)/s.exec(client.err)?.[1]);
    same = now === last && now > 0 ? same + 1 : 0;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return last;
}
