import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, ioReason } from '../errors.ts';
import { PACKAGE_ROOT, packageVersion } from '../package.ts';
import { NAMES } from '../stand-in/settings.ts';
import { CONFIG_FILE, type ShimConfig, type ShimName, STATE } from './config.ts';

/** Where a build puts the bundled shim. */
export const BUILT_SHIM = join(PACKAGE_ROOT, 'dist', 'shim.cjs');

const CLIPS = join('transcripts', 'claude');

/**
 * Makes a folder for PATH with an executable for each name. What an earlier call made there is replaced, its state included.
 * Throws {@link InputError} when the folder holds something else or cannot be written.
 */
export async function makeShims(folder: string, names: readonly ShimName[], config: ShimConfig): Promise<void> {
  const code = await shimCode();
  try {
    clear(folder);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, CONFIG_FILE), `${JSON.stringify(config, null, 2)}\n`);
    // Says that the shims are CommonJS wherever the folder lies, and which version made them.
    const manifest = { name: 'reprise-shims', private: true, version: packageVersion(), type: 'commonjs' };
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    const text = `${shebang()}\nglobalThis.REPRISE_SHIM = ${JSON.stringify(config)};\n${code}`;
    // Whose words the model of claude has; it looks for them in its package, which here is the folder.
    if (config.mode === 'model') cpSync(join(PACKAGE_ROOT, CLIPS), join(folder, CLIPS), { recursive: true });
    for (const name of names) writeFileSync(join(folder, name), text, { mode: 0o755 });
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${folder}: cannot be written: ${ioReason(error)}; choose another place`);
  }
}

/** Built, or from the sources where they are what runs. */
async function shimCode(): Promise<string> {
  if (import.meta.url.endsWith('.ts')) return (await import('./bundle.ts')).bundleShim();
  if (!existsSync(BUILT_SHIM))
    throw new InputError(`${BUILT_SHIM} is missing: run npm run build, or install reprise again`);
  return readFileSync(BUILT_SHIM, 'utf8');
}

function clear(folder: string): void {
  if (!existsSync(folder)) return;
  const found = readdirSync(folder);
  if (found.length > 0 && !found.includes(CONFIG_FILE)) {
    throw new InputError(`${folder}: holds other files; give a folder that is empty or has shims in it`);
  }
  for (const name of [...NAMES, CONFIG_FILE, 'package.json', STATE, 'transcripts'])
    rmSync(join(folder, name), { recursive: true, force: true });
}

/** This Node, whatever PATH the client gives its children; by name where the path does not fit into a first line. */
function shebang(): string {
  const fits = process.execPath.length < 120 && !/\s/.test(process.execPath);
  return fits ? `#!${process.execPath}` : '#!/usr/bin/env node';
}
