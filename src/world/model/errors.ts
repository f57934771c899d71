import type { AnswerKey } from './ids.ts';
import { answerId } from './ids.ts';
import type { ModelProvider, StatusStep } from './script.ts';

interface Usual {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
}

/** Bodies to which the real clients' reactions were measured (facts/codex-wire.md 4, facts/claude-wire.md 4). */
const USUAL: Record<ModelProvider, Readonly<Record<number, Usual>>> = {
  openai: {
    400: { type: 'invalid_request_error', message: 'Unsupported parameter' },
    401: { type: 'invalid_request_error', message: 'Invalid bearer token', code: 'invalid_api_key' },
    403: { type: 'invalid_request_error', message: 'no access' },
    429: { type: 'rate_limit_error', message: 'Rate limit reached', code: 'rate_limit_exceeded' },
    500: { type: 'server_error', message: 'The server had an error while processing your request' },
    503: { type: 'server_error', message: 'The server is overloaded', code: 'server_is_overloaded' },
  },
  anthropic: {
    400: { type: 'invalid_request_error', message: 'messages: bad' },
    401: { type: 'authentication_error', message: 'invalid x-api-key' },
    403: { type: 'permission_error', message: 'no access' },
    404: { type: 'not_found_error', message: 'model: not found' },
    429: { type: 'rate_limit_error', message: 'slow down' },
    500: { type: 'api_error', message: 'Internal server error' },
    529: { type: 'overloaded_error', message: 'Overloaded' },
  },
};

/** An error response of the provider, ready to be sent. Throws for a status without a usual body when the step gives none. */
export function errorAnswer(
  provider: ModelProvider,
  step: StatusStep,
  key: AnswerKey,
): { readonly headers: Record<string, string>; readonly body: string } {
  const usual = USUAL[provider][step.status];
  const type = step.type ?? usual?.type;
  const message = step.message ?? usual?.message;
  if (type === undefined || message === undefined) {
    throw new Error(`model script: no usual ${provider} body for status ${step.status}; give "type" and "message"`);
  }
  const code = step.code ?? usual?.code;
  const requestId = answerId('req', key);
  const named = provider === 'openai' ? { message, type } : { type, message };
  const error = { ...named, ...(code === undefined ? {} : { code }), ...step.extra };
  return {
    headers: {
      'content-type': 'application/json',
      [provider === 'openai' ? 'x-request-id' : 'request-id']: requestId,
      ...(step.retryAfterS === undefined ? {} : { 'retry-after': String(step.retryAfterS) }),
      ...step.headers,
    },
    body: JSON.stringify(provider === 'openai' ? { error } : { type: 'error', error, request_id: requestId }),
  };
}
