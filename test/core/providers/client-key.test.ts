import { describe, expect, it } from 'vitest';
import type { Credential } from '../../../src/core/ports.ts';
import { clientKey } from '../../../src/core/providers/client-key.ts';
import type { ProviderCommand } from '../../../src/core/providers/types.ts';

const COMMAND: ProviderCommand = { file: 'codex', args: ['app-server'], cwd: '/w', env: { PATH: '/bin', B: '1' } };
const CREDENTIAL: Credential = { accountId: 'dev', fingerprint: 'f1', env: { TOKEN: 'secret-1' }, tokens: null };
const KEY = clientKey('p1', COMMAND, CREDENTIAL);

describe('the key of a shared client', () => {
  it.each([
    ['purpose', clientKey('p2', COMMAND, CREDENTIAL)],
    ['program', clientKey('p1', { ...COMMAND, file: 'codex-2' }, CREDENTIAL)],
    ['arguments', clientKey('p1', { ...COMMAND, args: ['app-server', '-c'] }, CREDENTIAL)],
    ['folder', clientKey('p1', { ...COMMAND, cwd: '/other' }, CREDENTIAL)],
    ['variables', clientKey('p1', { ...COMMAND, env: { PATH: '/bin' } }, CREDENTIAL)],
    ['account', clientKey('p1', COMMAND, { ...CREDENTIAL, accountId: 'other' })],
    ['login', clientKey('p1', COMMAND, { ...CREDENTIAL, fingerprint: 'f2' })],
    ['variables of the login', clientKey('p1', COMMAND, { ...CREDENTIAL, env: { TOKEN: 'secret-1', MORE: 'x' } })],
  ])('is another with another %s', (_, key) => {
    expect(key).not.toBe(KEY);
  });

  it('is the same after a token was refreshed, and whatever the order of variables', () => {
    const tokens = { accessToken: 'new', chatgptAccountId: 'a', chatgptPlanType: null };
    expect(clientKey('p1', COMMAND, { ...CREDENTIAL, tokens })).toBe(KEY);
    expect(clientKey('p1', { ...COMMAND, env: { B: '1', PATH: '/bin' } }, CREDENTIAL)).toBe(KEY);
  });

  it('cannot be taken for another by shifting text from one part to the next', () => {
    const one = clientKey('p1', { ...COMMAND, args: ['a', 'b'] }, CREDENTIAL);
    expect(one).not.toBe(clientKey('p1', { ...COMMAND, args: ['a","b'] }, CREDENTIAL));
    expect(one).not.toBe(clientKey('p1', { ...COMMAND, args: ['ab'] }, CREDENTIAL));
  });

  it('holds no secret', () => {
    const tokens = { accessToken: 'secret-2', chatgptAccountId: 'a', chatgptPlanType: null };
    const key = clientKey('p1', { ...COMMAND, env: { KEY: 'secret-3' } }, { ...CREDENTIAL, tokens });
    expect(key).not.toContain('secret');
  });
});
