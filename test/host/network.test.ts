import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { Connection, Listener } from '../../src/core/ports.ts';
import { createNetwork } from '../../src/host/network.ts';
import { holderOf } from '../../src/host/port-holder.ts';

const network = createNetwork();
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

interface Seen {
  readonly listener: Listener;
  readonly connections: Connection[];
  readonly heard: string[];
}

/** Listens on a port that is free. */
async function listening(): Promise<Seen> {
  const connections: Connection[] = [];
  const heard: string[] = [];
  const accept = (connection: Connection) => {
    connections.push(connection);
    return { data: (chunk: string) => void heard.push(chunk), closed: () => void heard.push('closed') };
  };
  for (let port = 25_300; port < 25_400; port++) {
    const result = await network.listen(port, accept);
    if (result.kind === 'failed') continue;
    cleanUp.push(() => result.listener.close());
    return { listener: result.listener, connections, heard };
  }
  throw new Error('no free port from 25300 to 25399');
}

async function peer(port: number): Promise<{ readonly socket: Socket; readonly heard: string[] }> {
  const socket = connect({ port, host: '127.0.0.1' }).setEncoding('utf8');
  cleanUp.push(() => socket.destroy());
  const heard: string[] = [];
  socket.on('data', (chunk) => heard.push(String(chunk)));
  socket.on('end', () => heard.push('end'));
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, heard };
}

const until = async (what: () => boolean): Promise<void> => {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 5));
};

it('takes connections, carries text both ways in order, and tells once of the end', async () => {
  const { listener, connections, heard } = await listening();
  const { socket, heard: answered } = await peer(listener.port);
  socket.write('grüße ');
  socket.write('again\n');
  await until(() => heard.join('') === 'grüße again\n');
  expect(connections[0]!.send('one')).toBe(true);
  expect(connections[0]!.send('two')).toBe(true);
  await until(() => answered.join('') === 'onetwo');
  socket.destroy();
  await until(() => heard.at(-1) === 'closed');
  expect(connections[0]!.send('late')).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(heard.filter((each) => each === 'closed')).toHaveLength(1);
});

it('sends what is queued before it closes, and says nothing of its own closing', async () => {
  const { listener, connections, heard } = await listening();
  const { heard: answered } = await peer(listener.port);
  await until(() => connections.length === 1);
  connections[0]!.send('refused: another one sits here\n');
  connections[0]!.close();
  connections[0]!.close();
  await until(() => answered.at(-1) === 'end');
  expect(answered.join('')).toBe('refused: another one sits here\nend');
  expect(connections[0]!.send('more')).toBe(false);
  expect(heard).toEqual([]);
});

it('names who holds a port that is taken: this process, and another one', async () => {
  const { listener } = await listening();
  const { port } = listener;
  const refused = await network.listen(port, () => ({ data: () => {}, closed: () => {} }));
  expect(refused).toEqual({ kind: 'failed', errno: 'EADDRINUSE', holderPid: process.pid });
  await listener.close();
  const script = `require('node:net').createServer().listen(${port}, '127.0.0.1', () => console.log('up'))`;
  const other = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  cleanUp.push(() => other.kill('SIGKILL'));
  await new Promise((resolve) => other.stdout.once('data', resolve));
  expect(await network.listen(port, () => ({ data: () => {}, closed: () => {} }))).toEqual({
    kind: 'failed',
    errno: 'EADDRINUSE',
    holderPid: other.pid,
  });
  expect(holderOf(port)).toBe(other.pid);
});

it('frees the port when it closes, with every connection', async () => {
  const { listener, connections } = await listening();
  const { heard } = await peer(listener.port);
  await until(() => connections.length === 1);
  await listener.close();
  await until(() => heard.at(-1) === 'end');
  expect(holderOf(listener.port)).toBeNull();
  const again = await network.listen(listener.port, () => ({ data: () => {}, closed: () => {} }));
  expect(again.kind).toBe('listening');
  if (again.kind === 'listening') await again.listener.close();
});

it.each([
  [1, 'EACCES'],
  [70_000, 'ERR_SOCKET_BAD_PORT'],
])('does not reject for a port that it may not have: %i', async (port, errno) => {
  const result = await network.listen(port, () => ({ data: () => {}, closed: () => {} }));
  // Root may have port 1.
  if (result.kind === 'listening') await result.listener.close();
  else expect(result).toEqual({ kind: 'failed', errno, holderPid: null });
});
