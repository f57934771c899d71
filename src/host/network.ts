import { createServer, type Server, type Socket } from 'node:net';
import type { Connection, ConnectionEvents, ListenResult, Network } from '../core/ports.ts';
import { holderOf } from './port-holder.ts';

const LOOPBACK = '127.0.0.1';

/** TCP on loopback, by `node:net`. */
export function createNetwork(): Network {
  return { listen };
}

function listen(port: number, accept: (connection: Connection) => ConnectionEvents): Promise<ListenResult> {
  return new Promise((resolve) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      take(socket, accept);
    });
    const failed = (error: unknown): void => {
      const errno = (error as NodeJS.ErrnoException).code ?? String(error);
      resolve({ kind: 'failed', errno, holderPid: errno === 'EADDRINUSE' ? holderOf(port) : null });
    };
    server.once('error', failed);
    try {
      server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
        server.off('error', failed);
        // A connection that cannot be accepted is the peer's loss; the others go on.
        server.on('error', () => {});
        resolve({ kind: 'listening', listener: { port, close: () => closeAll(server, sockets) } });
      });
    } catch (error) {
      failed(error);
    }
  });
}

function take(socket: Socket, accept: (connection: Connection) => ConnectionEvents): void {
  let over = false;
  socket.setEncoding('utf8').setNoDelay(true);
  const events = accept({
    send(data) {
      if (over || !socket.writable) return false;
      socket.write(data);
      return true;
    },
    close() {
      if (over) return;
      over = true;
      // What was queued is sent first; a peer that does not read must not keep the socket for ever.
      socket.end(() => socket.destroy());
      socket.resume();
      setTimeout(() => socket.destroy(), LINGER_MS).unref();
    },
  });
  const closed = (): void => {
    if (over) return;
    over = true;
    socket.destroy();
    events.closed();
  };
  socket.on('data', (chunk: string) => {
    if (!over) events.data(chunk);
  });
  socket.on('end', closed);
  socket.on('error', closed);
  socket.on('close', closed);
}

/** How long a connection that we closed may take to hand over its last bytes (ms). */
const LINGER_MS = 1_000;

function closeAll(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.end(() => socket.destroy());
    setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, LINGER_MS).unref();
  });
}
