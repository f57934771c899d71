import { describe, expect, it } from 'vitest';
import { rpcFailure, turnFailure } from '../../../../src/core/providers/codex/failures.ts';

describe('failures of codex turns', () => {
  it.each([
    [
      'refused key',
      'unexpected status 401 Unauthorized: Invalid bearer token, url: http://x/v1/responses',
      { httpConnectionFailed: { httpStatusCode: 401 } },
      'unauthorized',
      401,
    ],
    [
      'refused account',
      'unexpected status 403 Forbidden: no access, url: http://x',
      { httpConnectionFailed: { httpStatusCode: 403 } },
      'unauthorized',
      403,
    ],
    [
      'expired login',
      'Your access token could not be refreshed because your refresh token has expired. Please log out and sign in again.',
      'unauthorized',
      'unauthorized',
      null,
    ],
    ['tokens of the client', 'auth refresh request failed: code=-32000', 'other', 'unauthorized', null],
    ['late tokens', 'auth refresh request timed out after 10s', 'other', 'unauthorized', null],
    ['wrong tokens', 'invalid auth refresh response', 'other', 'unauthorized', null],
    [
      'too many requests',
      'exceeded retry limit, last status: 429 Too Many Requests',
      { responseTooManyFailedAttempts: { httpStatusCode: 429 } },
      'rate-limited',
      429,
    ],
    ['used up', 'You’ve hit your usage limit.', 'usageLimitExceeded', 'rate-limited', null],
    ['limit inside the stream', 'rate limit exceeded: Rate limit reached.', 'rateLimitExceeded', 'rate-limited', null],
    [
      'overloaded',
      'Selected model is at capacity. Please try a different model.',
      'serverOverloaded',
      'overloaded',
      null,
    ],
    ['too long', "Codex ran out of room in the model's context window.", 'contextWindowExceeded', 'rejected', null],
    [
      'internal error',
      'We’re currently experiencing high demand, which may cause temporary errors.',
      'internalServerError',
      'other',
      null,
    ],
    ['cut', 'stream disconnected before completion: error sending request', 'other', 'other', null],
  ])('%s', (_name, message, codexErrorInfo, failureClass, httpStatus) => {
    expect(turnFailure({ message, codexErrorInfo, additionalDetails: null })).toEqual({
      class: failureClass,
      message,
      httpStatus,
      mayHaveRun: true,
    });
  });

  it('keeps going without any details', () => {
    expect(turnFailure(null)).toMatchObject({ class: 'other', httpStatus: null });
  });
});

describe('refused requests', () => {
  it.each([
    [-32_600, 'thread not found: T', 'rejected', null],
    [-32_001, 'Server overloaded; retry later.', 'overloaded', null],
    [-32_000, '401 authentication_error: Invalid bearer token', 'unauthorized', 401],
  ])('%d %s', (code, message, failureClass, httpStatus) => {
    expect(rpcFailure({ code, message })).toEqual({ class: failureClass, message, httpStatus, mayHaveRun: false });
  });
});
