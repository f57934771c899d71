import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../transcript/package-root.ts';

/** Root of this package, where `transcripts` and `scenarios` are. */
export const PACKAGE_ROOT = packageRoot();

export function packageVersion(): string {
  const text = readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
