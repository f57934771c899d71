import { homedir, hostname, userInfo } from 'node:os';
import { Redactor } from '../../transcript/redact.ts';

/** Knows the credentials in the environment and the marks of this machine. */
export function redactorOfThisMachine(): Redactor {
  return new Redactor({
    env: process.env,
    homes: [homedir()],
    hosts: [hostname()],
    users: [userInfo().username],
  });
}

/** Today (UTC), as headers have it. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}
