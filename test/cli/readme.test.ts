import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/transcript/package-root.ts';
import { cli } from './fake-io.ts';

const ROOT = packageRoot();
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

function all(pattern: RegExp): string[] {
  return [...README.matchAll(pattern)].map((match) => match[1]!);
}

it('names scripts, files and folders that exist', () => {
  const named = all(/npm run (?:--silent )?([\w:-]+)/g);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  const paths = all(/`((?:src|scenarios|transcripts|test)(?:\/[\w./-]*)?)`/g);
  expect(paths.length).toBeGreaterThan(12);
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

it('lists the commands that there are', async () => {
  const { out } = await cli('help');
  const known = [...out.matchAll(/^ {2}([\w-]+) /gm)].map((match) => match[1]!);
  expect(new Set([...all(/^\| `([\w-]+) [^`]*` \| /gm), 'demo'])).toEqual(new Set(known));
});

it('has a scenario that is one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-readme-'));
  try {
    const file = join(folder, 'helper.json');
    writeFileSync(file, /```json\n([\s\S]*?)```/.exec(README)![1]!);
    const { code, out } = await cli('repro', file, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ violation: null, unfired: [], replays: 3 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
