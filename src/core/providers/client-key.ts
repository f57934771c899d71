import type { Credential } from '../ports.ts';
import type { ProviderCommand } from './types.ts';

/**
 * Names everything that must be equal for one process to serve two purposes. Of secrets it holds the digest alone; of the
 * fixed environment the names, since the values may be secrets and cannot change while the daemon runs.
 */
export function clientKey(purpose: string, command: ProviderCommand, credential: Credential): string {
  const { file, args, cwd, env } = command;
  const names = Object.keys({ ...env, ...credential.env }).sort();
  return JSON.stringify([purpose, file, args, cwd, names, credential.accountId, credential.fingerprint]);
}
