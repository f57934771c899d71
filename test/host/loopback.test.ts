import { request } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Loopback, type LoopbackExchange, startLoopback } from '../../src/host/loopback.ts';
import { RealPace } from '../../src/host/pace.ts';
import { type ModelScript, modelHandlers, type ReplyStep } from '../../src/world/model/index.ts';

let pace: RealPace;
let loopback: Loopback;
let exchangeOver: Promise<LoopbackExchange>;

beforeEach(() => {
  pace = new RealPace();
});
afterEach(async () => {
  pace.stop();
  await loopback.close();
});

async function start(reply: readonly ReplyStep[]): Promise<string> {
  const script: ModelScript = { rules: [{ when: { user: 'x' }, reply }] };
  let over: (exchange: LoopbackExchange) => void = () => {};
  exchangeOver = new Promise((resolve) => {
    over = resolve;
  });
  loopback = await startLoopback({
    handlers: modelHandlers(script, { pacer: pace }),
    onExchange: (done) => over(done),
  });
  return `${loopback.url}/v1/responses`;
}

const post = (url: string, user = 'x', signal: AbortSignal | null = null): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'thread-id': 't' },
    body: JSON.stringify({ model: 'm', stream: true, input: [{ role: 'user', content: user }] }),
    signal,
  });

it('streams over a real socket and logs the exchange', async () => {
  const url = await start([{ do: 'text', chunks: ['a', 'b'], gapMs: 1 }]);
  const response = await post(url);
  expect(response.headers.get('x-request-id')).toBe('req_t_1');
  expect(response.headers.has('x-reprise-delivery')).toBe(false);
  const text = await response.text();
  expect(text).toContain('response.completed');
  const exchange = await exchangeOver;
  expect(exchange).toMatchObject({ method: 'POST', path: '/v1/responses', status: 200, end: 'complete' });
  expect(exchange.chunks.map((chunk) => chunk.text).join('')).toBe(text);
  expect(exchange.chunks).toHaveLength(3);
  expect(JSON.parse(exchange.requestBody)).toMatchObject({ model: 'm' });
});

it('sends nothing past a closed gate, and goes on when it is released', async () => {
  const url = await start([
    { do: 'text', chunks: ['a'] },
    { do: 'gate', name: 'g' },
  ]);
  const response = await post(url);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  await pace.reached('g');
  const first = await reader?.read();
  expect(first?.value).toContain('"delta":"a"');
  expect(first?.value).not.toContain('response.completed');
  pace.release('g');
  expect((await reader?.read())?.value).toContain('response.completed');
});

it('tears the connection down in the middle of the body', async () => {
  const url = await start([{ do: 'text', chunks: ['a'] }, { do: 'gate', name: 'cut' }, { do: 'cut' }]);
  const response = await post(url);
  pace.release('cut');
  await expect(response.text()).rejects.toThrow();
  expect(await exchangeOver).toMatchObject({ status: 200, end: 'cut' });
  expect(loopback.problems).toEqual([]);
});

it('tears the connection down before the head', async () => {
  const url = await start([{ do: 'cut' }]);
  const code = await new Promise((resolve) => {
    const outgoing = request(url, { method: 'POST', headers: { 'content-type': 'application/json' } }, () =>
      resolve('answered'),
    );
    outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    outgoing.end(JSON.stringify({ model: 'm', stream: true, input: [{ role: 'user', content: 'x' }] }));
  });
  expect(code).toBe('ECONNRESET');
  expect(await exchangeOver).toMatchObject({ status: null, end: 'cut', chunks: [] });
});

it('notices that the client left a hanging request', async () => {
  const url = await start([{ do: 'gate', name: 'g' }, { do: 'hang' }]);
  const client = new AbortController();
  const response = post(url, 'x', client.signal);
  await pace.reached('g');
  pace.release('g');
  client.abort();
  await expect(response).rejects.toThrow();
  expect(await exchangeOver).toMatchObject({ status: null, end: 'client-left' });
});

it('notices that the client left in the middle of a wait', async () => {
  const url = await start([
    { do: 'text', chunks: ['a'] },
    { do: 'wait', ms: 3_600_000 },
  ]);
  const client = new AbortController();
  const response = await post(url, 'x', client.signal);
  client.abort();
  await expect(response.text()).rejects.toThrow();
  expect(await exchangeOver).toMatchObject({ status: 200, end: 'client-left' });
});

it('closes while a request hangs', async () => {
  const url = await start([{ do: 'headers' }, { do: 'hang' }]);
  const response = await post(url);
  await Promise.all([loopback.close(), loopback.close()]);
  await expect(response.text()).rejects.toThrow();
  expect(await exchangeOver).toMatchObject({ end: 'closed' });
});

it('reports requests that no handler answers as its own problem', async () => {
  const url = await start([{ do: 'hang' }]);
  expect((await post(url.replace('responses', 'nonsense'))).status).toBe(501);
  expect(loopback.problems).toEqual(['POST /v1/nonsense: no handler answers this request']);
});
