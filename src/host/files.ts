import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, realpath, rename, rm, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileResult, Files } from '../core/ports.ts';

/**
 * Files of the machine. What is written is on the disk when a call resolves (`fsync` of the file and its folder). A
 * crash can leave `NAME.UUID.tmp` beside a file; it means nothing.
 */
export function createFiles(): Files {
  return {
    realPath: (path) => attempt(() => realpath(path)),
    makeFolder: (path) =>
      attempt(async () => {
        await mkdir(path, { recursive: true, mode: 0o700 });
        return null;
      }),
    list: (folder) => attempt(async () => (await readdir(folder)).sort()),
    read: (path) => attempt(() => readFile(path, 'utf8')),
    create: (path, text) =>
      attempt(async () => {
        const whole = await writeBeside(path, text);
        // `link` fails when something is there, unlike `rename`.
        await link(whole, path).finally(() => unlink(whole));
        await syncFolder(path);
        return null;
      }),
    replace: (path, text) =>
      attempt(async () => {
        const whole = await writeBeside(path, text);
        await rename(whole, path).catch(async (error) => {
          await unlink(whole);
          throw error;
        });
        await syncFolder(path);
        return null;
      }),
    remove: (path) =>
      attempt(async () => {
        await rm(path, { force: true });
        await syncFolder(path);
        return null;
      }),
  };
}

/** Writes a whole file beside `path`; leaves nothing when that fails, on a full disk for one. */
async function writeBeside(path: string, text: string): Promise<string> {
  const beside = `${path}.${randomUUID()}.tmp`;
  const file = await open(beside, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    await unlink(beside);
    throw error;
  } finally {
    await file.close();
  }
  return beside;
}

/** Makes a change of names in the folder of `path` survive a power loss. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function attempt<Value>(work: () => Promise<Value>): Promise<FileResult<Value>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { ok: false, errno: code ?? 'EIO', message };
  }
}
