import type { Credentials, Frontend, Log, Ports } from '../core/ports.ts';
import { createClock } from './clock.ts';
import { openDatabase } from './database.ts';
import { createExec } from './exec.ts';
import { createFiles } from './files.ts';
import { createIds } from './ids.ts';
import { createNetwork } from './network.ts';
import { createProcesses } from './processes.ts';

export interface HostOptions {
  /** Path of the SQLite file; created when missing. Its folder must exist. */
  readonly databaseFile: string;
  readonly frontend: Frontend;
  readonly log: Log;
  /** Accounts of providers. Default: the providers' own logins. */
  readonly credentials?: Credentials;
  /** Environment of commands and children that are started without one of their own. Default: this process's. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Whoever runs the daemon has logged in by other means; nothing is kept here. */
const AMBIENT_LOGIN: Credentials = {
  current: () => ({ accountId: 'ambient', fingerprint: 'ambient', env: {}, tokens: null }),
  refresh: async () => ({ kind: 'refused', permanent: false, reason: 'this daemon keeps no tokens' }),
};

export interface HostPorts extends Ports {
  /** Closes the database. Running children are the daemon's business. */
  close(): void;
}

/** The core's ports on the real machine. Throws when the database file cannot be opened. */
export function createHostPorts(options: HostOptions): HostPorts {
  const database = openDatabase(options.databaseFile);
  const clock = createClock();
  const env = options.env === undefined ? {} : { env: options.env };
  const exec = createExec(clock);
  const processes = createProcesses(clock);
  return {
    clock,
    ids: createIds(),
    exec: { run: (request) => exec.run({ ...env, ...request }) },
    processes: { ...processes, spawn: (request, events) => processes.spawn({ ...env, ...request }, events) },
    credentials: options.credentials ?? AMBIENT_LOGIN,
    files: createFiles(),
    network: createNetwork(),
    database,
    frontend: options.frontend,
    log: options.log,
    close: () => database.close(),
  };
}
