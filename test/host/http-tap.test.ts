import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoopbackExchange } from '../../src/host/loopback.ts';
import { type HttpTap, startHttpTap } from '../../src/host/tap/http-tap.ts';
import { RawRecorder } from '../../src/host/tap/raw-recorder.ts';
import { Redactor } from '../../src/transcript/redact.ts';

const KEY = ['sk', '-ant-api03-invented_0123'].join('');

let upstream: Server;
let tap: HttpTap;
let exchanges: LoopbackExchange[];
let answer: RequestListener;
beforeEach(async () => {
  exchanges = [];
  upstream = createServer((incoming, outgoing) => answer(incoming, outgoing));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  const url = new URL(`http://127.0.0.1:${port}/v1`);
  tap = await startHttpTap({ upstream: url, onExchange: (exchange) => exchanges.push(exchange) });
});
afterEach(async () => {
  await tap.close();
  upstream.closeAllConnections();
  await new Promise((resolve) => upstream.close(resolve));
});

describe('startHttpTap', () => {
  it('hands requests and answers on as they are, apart from what concerns the connection', async () => {
    let seen: { url: string; headers: IncomingHttpHeaders; body: string } | undefined;
    answer = async (incoming, outgoing) => {
      seen = { url: incoming.url ?? '', headers: incoming.headers, body: await text(incoming) };
      outgoing.writeHead(429, { 'Retry-After': '3', 'content-type': 'application/json' }).end('{"error":"später"}');
    };
    const response = await fetch(`${tap.url}/messages?beta=true`, {
      method: 'POST',
      headers: { 'x-api-key': KEY, 'accept-encoding': 'gzip', 'content-type': 'application/json' },
      body: '{"model":"m"}',
    });
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('3');
    expect(await response.json()).toEqual({ error: 'später' });
    expect(seen).toMatchObject({ url: '/v1/messages?beta=true', body: '{"model":"m"}' });
    expect(seen?.headers).toMatchObject({
      'x-api-key': KEY,
      'accept-encoding': 'identity',
      host: `127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    });
    expect(exchanges).toMatchObject([
      { method: 'POST', path: '/v1/messages?beta=true', requestBody: '{"model":"m"}', status: 429, end: 'complete' },
    ]);
  });

  it('hands each piece on before the next one is made, and keeps when it came', async () => {
    const more: (() => void)[] = [];
    answer = (_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      outgoing.write('data: {"delta":"eins ü"}\n\n');
      more.push(() => outgoing.write('data: {"delta":"zwei"}\n\n'));
      more.push(() => outgoing.end('data: [DONE]\n\n'));
    };
    const response = await fetch(`${tap.url}/responses`);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    // Would wait for ever if anything were held back until the end.
    for (const piece of ['eins ü', 'zwei', 'DONE']) {
      expect((await reader.read()).value).toContain(piece);
      more.shift()?.();
    }
    expect((await reader.read()).done).toBe(true);
    await tap.close();
    const [{ chunks = [], end } = {}] = exchanges;
    expect(chunks.map((chunk) => chunk.text)).toEqual([
      'data: {"delta":"eins ü"}\n\n',
      'data: {"delta":"zwei"}\n\n',
      'data: [DONE]\n\n',
    ]);
    expect(end).toBe('complete');
    const times = chunks.map((chunk) => chunk.atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('breaks off where the upstream does, and says so', async () => {
    answer = (_incoming, outgoing) => {
      outgoing.writeHead(200);
      outgoing.write('half', () => outgoing.destroy());
    };
    const response = await fetch(tap.url);
    await expect(response.text()).rejects.toThrow();
    answer = (_incoming, outgoing) => void outgoing.destroy();
    await expect(fetch(tap.url)).rejects.toThrow();
    upstream.closeAllConnections();
    await new Promise((resolve) => upstream.close(resolve));
    await expect(fetch(tap.url)).rejects.toThrow();
    await tap.close();
    expect(exchanges.map(({ status, end }) => [status, end])).toEqual([
      [200, 'cut'],
      [null, 'cut'],
      [null, 'cut'],
    ]);
  });

  it('lets the upstream see that the provider left', async () => {
    const left = new Promise<void>((resolve) => {
      answer = (_incoming, outgoing) => {
        outgoing.on('close', resolve);
        outgoing.writeHead(200);
        outgoing.write('first');
      };
    });
    const stop = new AbortController();
    const response = await fetch(tap.url, { signal: stop.signal });
    await response.body!.getReader().read();
    stop.abort();
    await left;
    await tap.close();
    expect(exchanges).toMatchObject([{ end: 'client-left', chunks: [{ text: 'first' }] }]);
  });

  it('reads what is compressed nevertheless, and says what it cannot read', async () => {
    answer = (_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"ok":1}'));
    };
    expect(await (await fetch(tap.url)).json()).toEqual({ ok: 1 });
    answer = (_incoming, outgoing) => void outgoing.writeHead(200).end(Buffer.from([0, 1, 2]));
    expect(await (await fetch(tap.url)).arrayBuffer()).toHaveProperty('byteLength', 3);
    await tap.close();
    expect(exchanges.map(({ chunks }) => chunks.map((chunk) => chunk.text))).toEqual([
      ['{"ok":1}'],
      [expect.stringMatching(/^\[3 bytes \(identity\), sha256 [0-9a-f]{64}\]$/)],
    ]);
  });

  it('lets no credential reach the disk, however the answer is cut', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'reprise-http-'));
    try {
      const recorder = new RawRecorder(join(dir, 'raw'), { redactor: new Redactor() });
      const opaque = 'no-known-form';
      answer = (_incoming, outgoing) => {
        outgoing.writeHead(200, { 'set-cookie': `session=${opaque}` });
        outgoing.write(`{"access_token":"${opaque.slice(0, 5)}`, () => outgoing.end(`${opaque.slice(5)}","n":1}`));
      };
      const headers = { authorization: `Bearer ${opaque}`, 'x-api-key': KEY, cookie: `a=${opaque}` };
      await (await fetch(tap.url, { method: 'POST', headers, body: `{"refresh_token":"${opaque}"}` })).text();
      await tap.close();
      for (const exchange of exchanges) recorder.http('claude:1', exchange);
      recorder.close();
      const raw = readFileSync(join(dir, 'raw'), 'utf8');
      expect(raw).toContain('"status":200');
      for (const part of [opaque, opaque.slice(0, 5), opaque.slice(5), KEY]) expect(raw).not.toContain(part);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
