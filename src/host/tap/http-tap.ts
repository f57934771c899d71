/** Stands between a provider and its model API: a reverse proxy on 127.0.0.1 that hands every byte on at once and notes what it was. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, request as plainRequest, type ServerResponse } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { LoopbackExchange } from '../loopback.ts';

export interface HttpTapOptions {
  /** Where the provider would send its requests, e.g. `https://api.anthropic.com`. */
  readonly upstream: URL;
  /** Told of each exchange when it is over. */
  readonly onExchange: (exchange: LoopbackExchange) => void;
}

export interface HttpTap {
  readonly port: number;
  /** What the provider is to be told instead of the upstream: the same path on this proxy. */
  readonly url: string;
  /** Breaks off what is under way and resolves when every exchange was told of. Idempotent. */
  close(): Promise<void>;
}

/** They concern one connection, and there are two. */
const HOP_BY_HOP = new Set(
  'connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade host accept-encoding'.split(
    ' ',
  ),
);

/** Rejects when no port can be had. An upstream that cannot be reached breaks the provider's connection, as it would be broken without us. */
export async function startHttpTap(options: HttpTapOptions): Promise<HttpTap> {
  const underWay = new Set<Promise<void>>();
  let closing: Promise<void> | undefined;
  const server = createServer((incoming, outgoing) => {
    const exchange = pass(incoming, outgoing, options, () => closing !== undefined);
    underWay.add(exchange);
    void exchange.finally(() => underWay.delete(exchange));
  });
  // A provider that would like a web socket goes on with HTTP.
  server.on('upgrade', (_incoming, socket) => socket.end('HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\n\r\n'));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}${options.upstream.pathname.replace(/\/$/, '')}`,
    close() {
      closing ??= (async () => {
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        await Promise.all([closed, ...underWay]);
      })();
      return closing;
    },
  };
}

/** Never rejects. */
async function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { upstream, onExchange }: HttpTapOptions,
  isClosing: () => boolean,
): Promise<void> {
  const startedAtMs = performance.now();
  const sent: Buffer[] = [];
  const received: { readonly atMs: number; readonly bytes: Buffer }[] = [];
  const head = { status: null as number | null, headers: {} as Record<string, string> };
  const method = incoming.method ?? 'GET';
  const path = incoming.url ?? '/';
  const end = await new Promise<LoopbackExchange['end']>((over) => {
    const left = (): void => over(isClosing() ? 'closed' : 'client-left');
    const request = (upstream.protocol === 'https:' ? secureRequest : plainRequest)({
      protocol: upstream.protocol,
      hostname: upstream.hostname.replace(/^\[|\]$/g, ''),
      port: upstream.port,
      method,
      path,
      // A body that is not compressed can be read, and arrives piece by piece as the model speaks.
      headers: [...passedOn(incoming.rawHeaders), 'host', upstream.host, 'accept-encoding', 'identity'],
    });
    const cut = (): void => {
      over('cut');
      outgoing.destroy();
    };
    outgoing.on('close', () => {
      if (!outgoing.writableFinished) left();
      request.destroy();
    });
    outgoing.on('error', () => {});
    request.on('error', cut);
    request.on('response', (response) => {
      head.status = response.statusCode ?? 502;
      head.headers = plain(response);
      outgoing.writeHead(head.status, response.statusMessage, passedOn(response.rawHeaders));
      outgoing.flushHeaders();
      response.on('data', (bytes: Buffer) => {
        if (!outgoing.write(bytes)) {
          response.pause();
          outgoing.once('drain', () => response.resume());
        }
        received.push({ atMs: performance.now(), bytes });
      });
      response.on('error', cut);
      response.on('aborted', cut);
      response.on('end', () => outgoing.end(() => over('complete')));
    });
    incoming.on('data', (bytes: Buffer) => sent.push(bytes));
    incoming.on('error', left);
    incoming.pipe(request);
  });
  const requestHeaders = plain(incoming);
  onExchange({
    method,
    path,
    requestHeaders,
    requestBody: readable(Buffer.concat(sent), requestHeaders['content-encoding']),
    startedAtMs,
    status: head.status,
    responseHeaders: head.headers,
    chunks: readableChunks(received, head.headers['content-encoding']),
    end,
  });
}

/** Names and values in turn, as they came, without those of the connection. */
function passedOn(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, raw[i + 1] as string);
  }
  return kept;
}

function plain(message: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(message.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

/** Pieces as they came; what was compressed nevertheless is one text, at the time of its first piece. */
function readableChunks(
  received: readonly { readonly atMs: number; readonly bytes: Buffer }[],
  encoding: string | undefined,
): LoopbackExchange['chunks'] {
  const first = received[0];
  if (first === undefined) return [];
  const whole = Buffer.concat(received.map(({ bytes }) => bytes));
  if ((encoding ?? 'identity') !== 'identity' || !isText(whole))
    return [{ atMs: first.atMs, text: readable(whole, encoding) }];
  const decoder = new TextDecoder();
  return received.map(({ atMs, bytes }) => ({ atMs, text: decoder.decode(bytes, { stream: true }) }));
}

const isText = (bytes: Buffer): boolean => !bytes.includes(0);

/** The text of a body, or what is known of one that has none. */
function readable(bytes: Buffer, encoding = 'identity'): string {
  const plainBytes = decompressed(bytes, encoding);
  if (plainBytes !== null && isText(plainBytes)) return plainBytes.toString('utf8');
  const digest = createHash('sha256').update(bytes).digest('hex');
  return `[${bytes.length} bytes (${encoding}), sha256 ${digest}]`;
}

function decompressed(bytes: Buffer, encoding: string): Buffer | null {
  try {
    if (encoding === 'identity') return bytes;
    if (encoding === 'gzip' || encoding === 'x-gzip') return gunzipSync(bytes);
    if (encoding === 'br') return brotliDecompressSync(bytes);
    return encoding === 'deflate' ? inflateSync(bytes) : null;
  } catch {
    return null;
  }
}
