import type { FileResult, Ports, ProcessIdentity } from '../ports.ts';
import { isGone } from '../process-identity.ts';
import { isIdentity } from './lock.ts';

/** The data of a daemon that lives, or that may live, is not used by a second one. `message` says what to do. */
export class DataInUseError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DataInUseError';
  }
}

/** How often to try when others come and go meanwhile. */
const ATTEMPTS = 4;

/**
 * At most one daemon uses one set of data (facts/sessions-and-locks.md S10, B3 8): its process is written down in a
 * file. A file whose process is proven gone is taken over; nothing is ever killed for it.
 */
export class DaemonGuard {
  readonly #ports: Pick<Ports, 'files' | 'processes' | 'log'>;
  readonly #path: string;
  readonly #text: string;

  private constructor(ports: Pick<Ports, 'files' | 'processes' | 'log'>, path: string) {
    const { pid, startTicks, bootId } = ports.processes.self;
    this.#ports = ports;
    this.#path = path;
    this.#text = `${JSON.stringify({ format: 1, pid, startTicks, bootId })}\n`;
  }

  /** Throws {@link DataInUseError} when another daemon is there, or when that cannot be known or written down. */
  static async enter(ports: Pick<Ports, 'files' | 'processes' | 'log'>, path: string): Promise<DaemonGuard> {
    const guard = new DaemonGuard(ports, path);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const created = await ports.files.create(path, guard.#text);
      if (created.ok) return guard;
      if (created.errno !== 'EEXIST') throw new DataInUseError(`${path} cannot be written: ${created.message}`);
      await guard.#makeWay();
    }
    throw new DataInUseError(`${path} keeps changing: several daemons are being started on the same data`);
  }

  /** The data is free again. */
  async leave(): Promise<void> {
    const removed = await this.#ports.files.remove(this.#path, this.#text);
    if (!removed.ok) this.#ports.log.event('daemon.file-left', { path: this.#path, reason: removed.message });
  }

  /** Removes the file of a daemon that is proven gone; throws otherwise. */
  async #makeWay(): Promise<void> {
    const { files, processes, log } = this.#ports;
    const text: FileResult<string> = await files.read(this.#path);
    if (!text.ok && text.errno === 'ENOENT') return;
    const owner = text.ok ? readOwner(text.value) : null;
    if (!text.ok || !owner) {
      const why = text.ok ? 'it is torn or of another format' : text.message;
      const advice = 'make sure that no daemon runs on this data, then remove it';
      throw new DataInUseError(`${this.#path} cannot be read (${why}): ${advice}`);
    }
    if (!isGone(owner, await processes.inspect(owner.pid))) {
      throw new DataInUseError(`the daemon with pid ${owner.pid} uses this data (${this.#path}): stop it first`);
    }
    await files.remove(this.#path, text.value);
    log.event('daemon.file-taken-over', { path: this.#path, pid: owner.pid });
  }
}

function readOwner(text: string): ProcessIdentity | null {
  try {
    const value: unknown = text.endsWith('\n') ? JSON.parse(text) : null;
    return isIdentity(value) ? value : null;
  } catch {
    return null;
  }
}
