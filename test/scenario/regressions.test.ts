import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ReproFile } from '../../src/explore/types.ts';
import { packageRoot } from '../../src/transcript/package-root.ts';
import '../../src/vitest/index.ts';

const directory = join(packageRoot(), 'scenarios', 'regressions');
const files = readdirSync(directory).filter((name) => name.endsWith('.json'));

/** Each was found by exploration and has been mended since. */
describe('saved regressions', () => {
  it.each(files)('%s', async (name) => {
    const { scenario } = JSON.parse(readFileSync(join(directory, name), 'utf8')) as ReproFile;
    await expect(scenario).toKeepEveryRule();
  });
});
