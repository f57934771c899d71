import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  directoryOf,
  isWithin,
  type Lock,
  lockFileName,
  overlap,
  readLock,
  writeLock,
} from '../../../src/core/locks/lock.ts';

const LOCK: Lock = {
  id: 'lock_1',
  revision: 3,
  directory: '/repo',
  kind: 'auto',
  by: 'reprise-1 chat c1',
  lockedAt: 1_767_225_600_000,
  holders: [{ pid: 41, startTicks: 900, bootId: 'boot' }],
};

const path = fc
  .array(fc.string({ minLength: 1, maxLength: 90 }), { maxLength: 8 })
  .map((parts) => `/${parts.join('/')}`);

describe('directories', () => {
  it.each([
    ['/repo', '/repo', true],
    ['/repo/sub', '/repo', true],
    ['/repo2', '/repo', false],
    ['/repo', '/', true],
    ['/', '/repo', false],
  ])('%s is within %s: %s', (inner, outer, within) => {
    expect(isWithin(inner, outer)).toBe(within);
    expect(overlap(inner, outer)).toBe(overlap(outer, inner));
  });
});

describe('lock files', () => {
  it('are named so that one directory has one name, which fits a file system and says the directory', () => {
    fc.assert(
      fc.property(path, path, (one, other) => {
        const name = lockFileName(one, 'auto');
        expect(name.length).toBeLessThan(230);
        expect(name).not.toContain('/');
        expect([one, null]).toContain(directoryOf(name));
        expect(name === lockFileName(other, 'auto')).toBe(one === other);
      }),
    );
    expect(directoryOf(lockFileName('/home/me/a b', 'manual'))).toBe('/home/me/a b');
    expect(directoryOf('notes.txt')).toBeNull();
    expect(directoryOf('%ff.auto.json')).toBeNull();
  });

  it('are read back as written', () => {
    expect(readLock(writeLock(LOCK))).toEqual(LOCK);
  });

  it('give nothing when torn at any byte, or when anything is of another type', () => {
    const text = writeLock(LOCK);
    for (let end = 0; end < text.length; end++) expect(readLock(text.slice(0, end))).toBeNull();
    for (const key of Object.keys(LOCK)) {
      expect(readLock(`${JSON.stringify({ format: 1, ...LOCK, [key]: { odd: true } })}\n`)).toBeNull();
    }
    expect(readLock(`${JSON.stringify({ ...LOCK, format: 2 })}\n`)).toBeNull();
    fc.assert(fc.property(fc.json(), (json) => readLock(`${json}\n`) === null));
  });
});
