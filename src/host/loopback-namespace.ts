import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Server } from 'node:net';
import type { ProviderLaunch } from './provider-env.ts';

/**
 * A network namespace with nothing in it but loopback: what runs inside reaches our model server and no other host.
 * The server's socket is made inside and handed out, so the server itself runs here, outside.
 */
export interface LoopbackNamespace {
  readonly kind: 'isolated';
  /** Listens on 127.0.0.1 inside the namespace; for `startLoopback`. */
  readonly server: Server;
  /** The same launch inside the namespace. The process keeps its pid: `nsenter` becomes the program. */
  enter(launch: ProviderLaunch): ProviderLaunch;
  /** Lets the namespace go; it lives on while processes are in it. Idempotent. */
  close(): Promise<void>;
}

/** Not allowed or not possible here; `reason` says why, for people. Launches then rely on their settings alone. */
export interface NoNamespace {
  readonly kind: 'not-isolated';
  readonly reason: string;
}

/** Keeps the namespace alive, makes the socket and hands it over. Ends when this process lets go of it or dies. */
const HOLDER = `
const server = require('node:net').createServer();
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send('listening', server, () => server.close()));`;

const SETUP = 'ip link set lo up || ifconfig lo up || exit 1; exec "$@"';

/** Makes a namespace: as root directly, otherwise inside a user namespace of its own. Never rejects. */
export async function openLoopbackNamespace(): Promise<LoopbackNamespace | NoNamespace> {
  if (process.platform !== 'linux') {
    return { kind: 'not-isolated', reason: `network namespaces do not exist on ${process.platform}` };
  }
  const root = process.getuid?.() === 0;
  const flags = root ? ['--net'] : ['--net', '--map-root-user'];
  const inner = [process.execPath, '-e', HOLDER];
  const holder = spawn('unshare', [...flags, '--', 'sh', '-c', SETUP, 'sh', ...inner], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const made = await outcome(holder);
  if (!(made instanceof Server)) return { kind: 'not-isolated', reason: made };

  const target = ['--target', String(holder.pid), '--net', ...(root ? [] : ['--user', '--preserve-credentials'])];
  let closing: Promise<void> | undefined;
  return {
    kind: 'isolated',
    server: made,
    enter: ({ file, args, ...rest }) => ({ file: 'nsenter', args: [...target, '--', file, ...args], ...rest }),
    close() {
      closing ??= (async () => {
        made.close();
        if (holder.exitCode !== null || holder.signalCode !== null) return;
        const gone = once(holder, 'exit');
        if (holder.connected) holder.disconnect();
        await gone;
      })();
      return closing;
    },
  };
}

/** The server inside, or the reason why there is none. */
function outcome(holder: ChildProcess): Promise<Server | string> {
  return new Promise((resolve) => {
    let stderr = '';
    holder.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    holder.on('message', (_message, handle) =>
      resolve(handle instanceof Server ? handle : 'no socket was handed over'),
    );
    holder.on('error', (error) => resolve(error.message));
    holder.on('close', (code) => resolve(stderr.trim() || `unshare ended with exit code ${code}`));
  });
}
