import { describe, expect, it } from 'vitest';
import { FileTree } from '../../src/world/files.ts';

const OWNER = 1000;
const OTHER = 1001;

function tree(): FileTree<string> {
  const files = new FileTree<string>((path) => path === '/gone');
  files.mkdir('/d', OWNER, 0o700);
  return files;
}

describe('the file tree', () => {
  it('holds sockets: bound once, refused when nobody listens, gone when unlinked', () => {
    const files = tree();
    expect(files.connect('/d/s', OWNER)).toBe('ENOENT');
    expect(files.bind('/d/s', OWNER, 'server')).toBeNull();
    expect(files.connect('/d/s', OWNER)).toBe('server');
    expect(files.bind('/d/s', OWNER, 'another')).toBe('EADDRINUSE');
    const node = files.get('/d/s');
    if (node?.kind === 'socket') node.listener = null;
    expect(files.connect('/d/s', OWNER)).toBe('ECONNREFUSED');
    expect(files.unlink('/d/s', OWNER)).toBeNull();
    expect(files.connect('/d/s', OWNER)).toBe('ENOENT');
  });

  it('asks for permissions, except of root', () => {
    const files = tree();
    files.bind('/d/s', OWNER, 'server');
    expect(files.connect('/d/s', OTHER)).toBe('EACCES');
    expect(files.connect('/d/s', 0)).toBe('server');
    files.get('/d')!.mode = 0o755;
    expect(files.connect('/d/s', OTHER)).toBe('EACCES');
    expect(files.unlink('/d/s', OTHER)).toBe('EACCES');
    files.get('/d')!.mode = 0o500;
    expect(files.connect('/d/s', OWNER)).toBe('server');
    expect(files.unlink('/d/s', OWNER)).toBe('EACCES');
    expect(files.bind('/d/t', OWNER, 'x')).toBe('EACCES');
    expect(files.append('/d/f', OWNER, 'x')).toBe('EACCES');
    expect(files.bind('/d/t', 0, 'x')).toBeNull();
  });

  it('tells why a path leads nowhere', () => {
    const files = tree();
    expect(files.connect('/gone/s', OWNER)).toBe('ENOENT');
    expect(files.bind('/gone/s', OWNER, 'x')).toBe('ENOENT');
    expect(files.bind('/d/missing/s', OWNER, 'x')).toBe('ENOENT');
    files.append('/d/f', OWNER, 'text');
    expect(files.connect('/d/f', OWNER)).toBe('ECONNREFUSED');
    expect(files.connect('/d/f/s', OWNER)).toBe('ENOTDIR');
    expect(files.unlink('/d', OWNER)).toBe('EISDIR');
    expect(files.mkdir('/d', OWNER, 0o700)).toBe('EEXIST');
    expect(files.connect(`/${'x'.repeat(107)}`, OWNER)).toBe('ENAMETOOLONG');
  });

  it('knows which directories there are', () => {
    const files = tree();
    expect(['/', '/anything/else', '/d', '/d/missing', '/gone'].map((path) => files.isDirectory(path))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it('writes files: appended to, or emptied first', () => {
    const files = tree();
    files.append('/d/f', OWNER, 'one');
    files.append('/d/f', OWNER, 'two');
    expect(files.get('/d/f')).toMatchObject({ content: 'onetwo' });
    expect(files.truncate('/d/f', OWNER)).toBeNull();
    expect(files.get('/d/f')).toMatchObject({ content: '' });
    expect(files.append('/dev/null', OWNER, 'x')).toBeNull();
    expect(files.get('/dev/null')).toBeUndefined();
  });
});
