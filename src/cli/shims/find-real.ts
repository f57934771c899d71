import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { InputError } from '../errors.ts';

/**
 * The program of this name that would run without the shims: `REPRISE_REAL_CODEX` and so on, or the first on PATH that is in
 * another folder than `shims`. Throws {@link InputError} when there is none.
 */
export function findReal(name: string, shims: string, env: NodeJS.ProcessEnv): string {
  const variable = `REPRISE_REAL_${name.toUpperCase()}`;
  const chosen = env[variable];
  if (chosen !== undefined && chosen !== '') return resolve(chosen);
  const own = real(shims);
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const file = join(folder, name);
    if (folder !== '' && real(folder) !== own && isExecutable(file)) return file;
  }
  throw new InputError(`there is no ${name} on PATH but the shim itself; install it, or say where it is: ${variable}`);
}

function real(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return resolve(folder);
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
