import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFiles } from '../../src/host/files.ts';

const files = createFiles();
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);

describe('files of the machine', () => {
  it('are made by one of many who try, as a whole, and leave nothing beside them', async () => {
    const texts = Array.from({ length: 20 }, (_, index) => `${index}\n`.repeat(1_000));
    const made = await Promise.all(texts.map((text) => files.create(at('a'), text)));
    const winners = texts.filter((_, index) => made[index]!.ok);
    expect(winners).toHaveLength(1);
    expect(made.filter((each) => !each.ok)).toEqual(Array(19).fill(expect.objectContaining({ errno: 'EEXIST' })));
    expect(readFileSync(at('a'), 'utf8')).toBe(winners[0]);
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('are replaced as a whole, and removed', async () => {
    writeFileSync(at('a'), 'old');
    expect(await files.replace(at('a'), 'new')).toEqual({ ok: true, value: null });
    expect(await files.read(at('a'))).toEqual({ ok: true, value: 'new' });
    expect(readdirSync(folder)).toEqual(['a']);
    expect(await files.remove(at('a'))).toEqual({ ok: true, value: null });
    expect(await files.remove(at('a'))).toEqual({ ok: true, value: null });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('have a path without symbolic links', async () => {
    mkdirSync(at('real/sub'), { recursive: true });
    symlinkSync('real', at('link'));
    symlinkSync('loop', at('loop'));
    const real = await files.realPath(at('real/sub'));
    expect(await files.realPath(`${at('link')}/./sub/`)).toEqual(real);
    expect(await files.realPath(at('none'))).toMatchObject({ ok: false, errno: 'ENOENT' });
    expect(await files.realPath(at('loop'))).toMatchObject({ ok: false, errno: 'ELOOP' });
  });

  it('answer with the system’s error and leave nothing behind', async () => {
    writeFileSync(at('file'), '');
    expect(await files.create(at('none/a'), 'x')).toMatchObject({ ok: false, errno: 'ENOENT' });
    expect(await files.create(at('file/a'), 'x')).toMatchObject({ ok: false, errno: 'ENOTDIR' });
    expect(await files.list(at('file'))).toMatchObject({ ok: false, errno: 'ENOTDIR' });
    expect(await files.read(at('none'))).toMatchObject({ ok: false, errno: 'ENOENT' });
    expect(await files.makeFolder(at('x/y'))).toEqual({ ok: true, value: null });
    expect(await files.makeFolder(at('x/y'))).toEqual({ ok: true, value: null });
    for (const name of ['b', 'B', 'a']) writeFileSync(at(`x/${name}`), '');
    expect(await files.list(at('x'))).toEqual({ ok: true, value: ['B', 'a', 'b', 'y'] });
    expect(readdirSync(folder)).toEqual(['file', 'x']);
  });
});
