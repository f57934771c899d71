import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { getResponse, type RequestHandler } from 'msw';

export interface LoopbackOptions {
  /** Answer the requests; their responses are sent as they stream. A response of type `error`, or a body that fails, tears the connection down. */
  readonly handlers: readonly RequestHandler[];
  /** Told of each exchange when it is over. */
  readonly onExchange?: (exchange: LoopbackExchange) => void;
  /** A socket that already listens on 127.0.0.1, e.g. in a network namespace. Default: a free port here. */
  readonly socket?: Server;
}

/** One HTTP exchange as it happened. Times are monotonic ms (`performance.now`). */
export interface LoopbackExchange {
  readonly method: string;
  readonly path: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: string;
  readonly startedAtMs: number;
  /** Null when the connection ended before a response head was sent. */
  readonly status: number | null;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly chunks: readonly { readonly atMs: number; readonly text: string }[];
  /** `cut`: by the handlers; `client-left`: the client closed the connection first; `closed`: the server was closed. */
  readonly end: 'complete' | 'cut' | 'client-left' | 'closed';
}

export interface Loopback {
  readonly port: number;
  /** `http://127.0.0.1:PORT`, without a path. */
  readonly url: string;
  /** Requests that no handler answered, or whose handler threw: the driver's own failures, never the client's. */
  readonly problems: readonly string[];
  /** Breaks off what is under way, and resolves when every connection is closed. Idempotent. */
  close(): Promise<void>;
}

/** Starts an HTTP server on 127.0.0.1 that answers with the given msw handlers. */
export async function startLoopback(options: LoopbackOptions): Promise<Loopback> {
  const problems: string[] = [];
  const underWay = new Set<AbortController>();
  let closing: Promise<void> | undefined;

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const left = new AbortController();
    underWay.add(left);
    outgoing.on('close', () => left.abort(new Error('the client closed the connection')));
    const startedAtMs = performance.now();
    const method = incoming.method ?? 'GET';
    const path = incoming.url ?? '/';
    const chunks: { atMs: number; text: string }[] = [];
    let requestBody = '';
    let response: Response | undefined;
    let end: LoopbackExchange['end'] = 'complete';
    try {
      requestBody = await readText(incoming);
      response = await ask(options.handlers, incoming, requestBody, left.signal);
      if (response.type === 'error') throw new Error('network error');
      await send(response, outgoing, (text) => chunks.push({ atMs: performance.now(), text }), left.signal);
    } catch (error) {
      end = closing ? 'closed' : left.signal.aborted ? 'client-left' : 'cut';
      if (error instanceof Problem && end === 'cut') {
        problems.push(error.message);
        outgoing.writeHead(501, { 'content-type': 'text/plain' }).end(error.message);
      } else {
        outgoing.destroy();
      }
    } finally {
      underWay.delete(left);
    }
    options.onExchange?.({
      method,
      path,
      requestHeaders: plainHeaders(incoming),
      requestBody,
      startedAtMs,
      status: outgoing.headersSent ? outgoing.statusCode : null,
      responseHeaders: response ? Object.fromEntries(response.headers) : {},
      chunks,
      end,
    });
  };

  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if (options.socket) server.listen(options.socket, resolve);
    else server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    problems,
    close() {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve());
        for (const controller of underWay) controller.abort(new Error('the server was closed'));
        server.closeAllConnections();
      });
      return closing;
    },
  };
}

/** A failure of the handlers themselves, to be told from an answer that is meant to break. */
class Problem extends Error {}

async function ask(
  handlers: readonly RequestHandler[],
  incoming: IncomingMessage,
  body: string,
  signal: AbortSignal,
): Promise<Response> {
  const method = incoming.method ?? 'GET';
  const url = `http://${incoming.headers.host ?? '127.0.0.1'}${incoming.url ?? '/'}`;
  const request = new Request(url, {
    method,
    headers: plainHeaders(incoming),
    signal,
    ...(method === 'GET' || method === 'HEAD' ? {} : { body }),
  });
  let response: Response | undefined;
  try {
    response = await getResponse([...handlers], request);
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Problem(`${method} ${incoming.url}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!response) throw new Problem(`${method} ${incoming.url}: no handler answers this request`);
  return response;
}

async function send(
  response: Response,
  outgoing: ServerResponse,
  sent: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.flushHeaders();
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  const stop = (): void => void reader?.cancel(signal.reason).catch(() => {});
  signal.addEventListener('abort', stop, { once: true });
  for (;;) {
    const next = await reader?.read();
    signal.throwIfAborted();
    if (!next || next.done) break;
    outgoing.write(next.value);
    sent(decoder.decode(next.value, { stream: true }));
  }
  signal.removeEventListener('abort', stop);
  await new Promise<void>((resolve) => {
    outgoing.once('close', resolve);
    outgoing.end();
  });
  if (!outgoing.writableFinished) throw new Error('the client closed the connection');
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

function plainHeaders(incoming: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined && name !== 'transfer-encoding')
      headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}
