import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { editedFiles, loadCanaries, withCanaryCore } from '../../src/explore/canaries.ts';
import { allRules } from '../../src/scenario/all-rules.ts';

const directories: string[] = [];

async function emptyDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'reprise-test-'));
  directories.push(directory);
  return directory;
}

afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true });
});

async function directoryWith(canary: unknown): Promise<string> {
  const directory = await emptyDirectory();
  await writeFile(join(directory, 'one.json'), typeof canary === 'string' ? canary : JSON.stringify(canary));
  return directory;
}

const GOOD = {
  id: 'x',
  title: 't',
  source: 's',
  rules: ['one-initialize'],
  edits: [{ file: 'a.ts', find: 'b', replace: 'c' }],
};

describe('known bugs', () => {
  it('trip every rule: a rule that was never seen broken is no check', async () => {
    const canaries = await loadCanaries();
    const tripped = new Set(canaries.flatMap(({ rules }) => rules.slice(0, 1)));
    const rules = allRules().map(({ id }) => id);
    expect(rules.filter((id) => !tripped.has(id))).toEqual([]);
    expect(new Set(canaries.map(({ id }) => id)).size).toBe(canaries.length);
  });

  it('apply to the core as it is', async () => {
    const edited = await Promise.all((await loadCanaries()).map(editedFiles));
    expect(edited.length).toBeGreaterThan(45);
  });

  it('are refused when an edit no longer applies', async () => {
    const edits = [{ file: 'daemon.ts', find: 'text that is not there', replace: '' }];
    const loading = withCanaryCore({ ...GOOD, edits }, async () => {});
    await expect(loading).rejects.toThrow(
      'canary x: src/core/daemon.ts: the text to replace occurs 0 times, expected once',
    );
    const gone = withCanaryCore({ ...GOOD, edits: [{ ...edits[0]!, file: 'gone.ts' }] }, async () => {});
    await expect(gone).rejects.toThrow('canary x: src/core/gone.ts does not exist (any more)');
  });

  it.each<[string, unknown, string]>([
    ['not JSON', '{', 'one.json: not readable as JSON'],
    ['no title', { ...GOOD, title: '' }, 'one.json: title must be a text'],
    ['an unknown rule', { ...GOOD, rules: ['nope'] }, 'one.json: there is no rule nope; known: '],
    ['no edits', { ...GOOD, edits: [] }, 'one.json: edits must list at least one edit'],
    ['an edit outside the core', { ...GOOD, edits: [{ file: '../x.ts', find: '', replace: '' }] }, 'inside src/core'],
    ['null', 'null', 'one.json: id must be a text'],
  ])('are refused when malformed: %s', async (_case, canary, message) => {
    await expect(loadCanaries(await directoryWith(canary))).rejects.toThrow(message);
  });

  it('are missed when the directory holds none', async () => {
    await expect(loadCanaries('/does/not/exist')).rejects.toThrow('no such directory');
    await expect(loadCanaries(await emptyDirectory())).rejects.toThrow('holds no canaries');
  });
});
