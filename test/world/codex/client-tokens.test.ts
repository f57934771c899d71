import { describe, expect, it } from 'vitest';
import { Wire, type WireServer } from './wire.ts';

const tokens = (number: number, account = 'acct') => ({
  accessToken: `token ${number}`,
  chatgptAccountId: account,
  chatgptPlanType: 'pro',
});
const script = {
  rules: [
    { when: { user: 'hi' }, reply: [{ do: 'text' as const, chunks: ['Hello.'] }] },
    { when: { user: 'again' }, reply: [{ do: 'text' as const, chunks: ['Hello.'] }] },
  ],
};

/** A server with tokens of its client; the model's API takes all but those of these numbers. */
function loggedIn(refused = [1]) {
  const seen: string[] = [];
  const wire = new Wire({
    script,
    faults: {
      model: ({ tokens: held }) => {
        seen.push(`${held?.account} ${held?.accessToken}`);
        return refused.some((number) => held?.accessToken === `token ${number}`)
          ? { kind: 'status', status: 401, message: 'Invalid bearer token' }
          : null;
      },
    },
  });
  const server = wire.server();
  server.initialize();
  expect(server.call('account/login/start', { type: 'chatgptAuthTokens', ...tokens(1) })).toEqual({
    type: 'chatgptAuthTokens',
  });
  return { wire, server, seen, threadId: server.startThread() };
}

const questions = (server: WireServer) =>
  server.frames.filter(({ method }) => method === 'account/chatgptAuthTokens/refresh');

function errors(server: WireServer): unknown[] {
  return server.frames.flatMap(({ method, params }) => (method === 'error' ? [params!.error] : []));
}

const failed = (message: string) => ({
  message,
  codexErrorInfo: 'other',
  additionalDetails: null,
  misalignment: null,
});

/** As measured with codex 0.169.0 on loopback; order and words. */
describe('tokens that the client has the keeping of', () => {
  it('are asked for when the API answers 401, and the request is repeated with the new ones', () => {
    const { wire, server, seen, threadId } = loggedIn();
    server.startTurn(threadId, 'hi');
    wire.run(500);
    expect(questions(server)).toEqual([
      {
        id: 0,
        method: 'account/chatgptAuthTokens/refresh',
        params: { reason: 'unauthorized', previousAccountId: 'acct' },
      },
    ]);
    server.raw(JSON.stringify({ id: 0, result: tokens(2) }));
    wire.run(500);
    expect(server.said().at(-1)).toBe('turn/completed completed');
    expect(seen).toEqual(['acct token 1', 'acct token 2']);
  });

  it('are asked for once for a request: a second 401 is the end of the turn', () => {
    const { wire, server, threadId } = loggedIn([1, 2]);
    server.startTurn(threadId, 'hi');
    wire.run(500);
    server.raw(JSON.stringify({ id: 0, result: tokens(2) }));
    wire.run(500);
    expect(questions(server)).toHaveLength(1);
    const [error] = errors(server);
    expect(error).toMatchObject({ codexErrorInfo: { httpConnectionFailed: { httpStatusCode: 401 } } });
    expect(error).toMatchObject({
      message: expect.stringMatching(/^unexpected status 401 Unauthorized: Invalid bearer token, url: /),
    });
  });

  it.each([
    ['an error', { error: { code: -32_090, message: 'log in again' } }, 'auth refresh request failed: code=-32090'],
    ['something else', { result: {} }, 'invalid auth refresh response'],
  ])('fail the turn when the answer is %s, and are asked for again by the next', (_, answer, message) => {
    const { wire, server, threadId } = loggedIn();
    server.startTurn(threadId, 'hi');
    wire.run(500);
    server.raw(JSON.stringify({ id: 0, ...answer }));
    wire.run(500);
    expect(errors(server)).toEqual([failed(message)]);
    expect(server.said().at(-1)).toBe('turn/completed failed');
    server.startTurn(threadId, 'again');
    wire.run(500);
    expect(questions(server)).toHaveLength(2);
  });

  it('are waited for 10 s; what comes after that changes nothing', () => {
    const { wire, server, seen, threadId } = loggedIn();
    server.startTurn(threadId, 'hi');
    wire.run(9_900);
    expect(errors(server)).toEqual([]);
    wire.run(500);
    expect(errors(server)).toEqual([failed('auth refresh request timed out after 10s')]);
    server.raw(JSON.stringify({ id: 0, result: tokens(2) }));
    wire.run(100);
    server.startTurn(threadId, 'again');
    wire.run(500);
    expect(seen).toEqual(['acct token 1', 'acct token 1']);
    expect(questions(server)).toHaveLength(2);
  });

  it('are asked for by one request at a time, and by the next one also when there are new ones', () => {
    const { wire, server, seen, threadId } = loggedIn();
    const other = server.startThread();
    server.startTurn(threadId, 'hi');
    server.startTurn(other, 'hi');
    wire.run(500);
    expect(questions(server)).toHaveLength(1);
    server.raw(JSON.stringify({ id: 0, result: tokens(2) }));
    wire.run(500);
    expect(questions(server)).toHaveLength(2);
    server.raw(JSON.stringify({ id: 1, result: tokens(3) }));
    wire.run(500);
    expect(seen).toEqual(['acct token 1', 'acct token 1', 'acct token 2', 'acct token 3']);
    expect(server.said().filter((said) => said === 'turn/completed completed')).toHaveLength(2);
  });

  it('are not waited for any more after an interrupt, and the next one asks at once', () => {
    const { wire, server, seen, threadId } = loggedIn();
    const other = server.startThread();
    const turnId = server.startTurn(threadId, 'hi');
    wire.run(500);
    server.startTurn(other, 'hi');
    wire.run(500);
    expect(questions(server)).toHaveLength(1);
    server.call('turn/interrupt', { threadId, turnId });
    expect(questions(server)).toHaveLength(2);
    server.raw(JSON.stringify({ id: 0, result: tokens(2) }));
    server.raw(JSON.stringify({ id: 1, result: tokens(3) }));
    wire.run(500);
    expect(seen).toEqual(['acct token 1', 'acct token 1', 'acct token 3']);
  });

  it('of another account are taken, and used', () => {
    const { wire, server, seen, threadId } = loggedIn();
    server.startTurn(threadId, 'hi');
    wire.run(500);
    server.raw(JSON.stringify({ id: 0, result: tokens(2, 'other') }));
    wire.run(500);
    expect(seen).toEqual(['acct token 1', 'other token 2']);
  });
});
