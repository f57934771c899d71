import type { FileResult, Files } from '../core/ports.ts';
import { type Fence, type Kernel, Lane } from '../kernel/kernel.ts';
import { type FileErrno, STRERROR } from './files.ts';
import { latency } from './latency.ts';
import type { Machine } from './machine.ts';

export interface FilesPortOptions {
  readonly machine: Machine;
  readonly uid: number;
  readonly fence: Fence;
  /** Of the daemon, in traces. */
  readonly name: string;
  /** Called after each durable change, before the daemon learns of it: a crash may happen here. */
  readonly onChange: () => void;
}

type Outcome<Value> = { readonly value: Value } | FileErrno;

/** Files of the simulated machine as a daemon sees them. Each change is made in the steps of the real port. */
export class FilesPort implements Files {
  readonly #options: FilesPortOptions;
  readonly #kernel: Kernel;
  /** A daemon's file operations do not overtake each other. */
  readonly #lane = new Lane();
  #temporary = 0;

  constructor(options: FilesPortOptions) {
    this.#options = options;
    this.#kernel = options.machine.kernel;
  }

  realPath(path: string): Promise<FileResult<string>> {
    return this.#once('realpath', path, () => {
      const real = this.#tree.realPath(path, this.#options.uid);
      return typeof real === 'string' ? real : { value: real.path };
    });
  }

  makeFolder(path: string): Promise<FileResult<null>> {
    return this.#once('mkdir', path, () => {
      if (this.#tree.isDirectory(path)) return { value: null };
      return this.#tree.mkdir(path, this.#options.uid, 0o700) ?? { value: null };
    });
  }

  list(folder: string): Promise<FileResult<readonly string[]>> {
    return this.#once('scandir', folder, () => {
      const names = this.#tree.list(folder, this.#options.uid);
      return typeof names === 'string' ? names : { value: names };
    });
  }

  read(path: string): Promise<FileResult<string>> {
    return this.#once('open', path, () => this.#read(path));
  }

  async create(path: string, text: string): Promise<FileResult<null>> {
    const beside = await this.#writeBeside(path, text);
    if (!beside.ok) return beside;
    const linked = await this.#once('link', path, () =>
      this.#changed(this.#tree.link(beside.value, path, this.#options.uid)),
    );
    await this.#once(
      'unlink',
      beside.value,
      () => this.#tree.unlink(beside.value, this.#options.uid) ?? { value: null },
    );
    return linked;
  }

  async replace(path: string, text: string): Promise<FileResult<null>> {
    const beside = await this.#writeBeside(path, text);
    if (!beside.ok) return beside;
    return this.#once('rename', path, () => this.#changed(this.#tree.rename(beside.value, path, this.#options.uid)));
  }

  remove(path: string): Promise<FileResult<null>> {
    return this.#once('unlink', path, () => {
      const failed = this.#tree.unlink(path, this.#options.uid);
      return this.#changed(failed === 'ENOENT' ? null : failed);
    });
  }

  get #tree() {
    return this.#options.machine.files;
  }

  #read(path: string): Outcome<string> {
    const found = this.#tree.read(path, this.#options.uid);
    return typeof found === 'string' ? found : { value: found.text };
  }

  async #writeBeside(path: string, text: string): Promise<FileResult<string>> {
    const { name, uid } = this.#options;
    const beside = `${path}.${name}-${this.#temporary++}.tmp`;
    return this.#once('write', beside, () => {
      const failed = this.#tree.append(beside, uid, text);
      if (failed) this.#tree.unlink(beside, uid);
      return failed ?? { value: beside };
    });
  }

  #changed(failed: FileErrno | null): Outcome<null> {
    if (failed) return failed;
    this.#options.onChange();
    return { value: null };
  }

  /** One system call, at one instant. */
  #once<Value>(call: string, path: string, work: () => Outcome<Value>): Promise<FileResult<Value>> {
    const { fence, name } = this.#options;
    return new Promise((resolve) => {
      const run = () => {
        const outcome = work();
        const errno = typeof outcome === 'string' ? outcome : null;
        this.#kernel.record(name, `file ${call}`, `${path}${errno ? ` ${errno}` : ''}`);
        resolve(
          typeof outcome === 'string'
            ? {
                ok: false,
                errno: outcome,
                message: `${outcome}: ${STRERROR[outcome].toLowerCase()}, ${call} '${path}'`,
              }
            : { ok: true, value: outcome.value },
        );
      };
      this.#kernel.schedule(latency(this.#kernel, 0), run, { fence, lane: this.#lane });
    });
  }
}
