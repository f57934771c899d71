import { describe, expect, it } from 'vitest';
import { drain, inMacrotask } from '../../src/kernel/drain.ts';
import { Fence, Kernel } from '../../src/kernel/kernel.ts';
import { FilesPort } from '../../src/world/files-port.ts';
import { Machine } from '../../src/world/machine.ts';

const UID = 1000;

function bench(onChange: (changes: number, fence: Fence) => void = () => {}) {
  const kernel = new Kernel();
  const machine = new Machine(kernel);
  const fence = new Fence();
  let changes = 0;
  const files = new FilesPort({
    machine,
    uid: UID,
    fence,
    name: 'daemon#1',
    onChange: () => onChange(++changes, fence),
  });
  const run = <Value>(work: () => Promise<Value>): Promise<Value | null> =>
    inMacrotask(() => {
      let result: Value | null = null;
      void work().then((value) => {
        result = value;
      });
      drain();
      while (kernel.step()) drain();
      return result;
    });
  const names = (): readonly string[] => {
    const listed = machine.files.list('/home/dev/locks', 0);
    return typeof listed === 'string' ? [] : listed;
  };
  return { machine, files, run, names };
}

const AT = '/home/dev/locks/a.json';
describe('files of the simulated machine', () => {
  it('are made once, exchanged and removed', async () => {
    const { files, run, names } = bench();
    expect(await run(() => files.create(AT, 'one'))).toEqual({ ok: true, value: null });
    expect(await run(() => files.create(AT, 'two'))).toMatchObject({ ok: false, errno: 'EEXIST' });
    expect(await run(() => files.read(AT))).toEqual({ ok: true, value: 'one' });
    await run(() => files.replace(AT, 'three'));
    expect(await run(() => files.read(AT))).toEqual({ ok: true, value: 'three' });
    expect(names()).toEqual(['a.json']);
    await run(() => files.remove(AT));
    expect(await run(() => files.remove(AT))).toEqual({ ok: true, value: null });
    expect(names()).toEqual([]);
  });

  it('are not half-made on a full disk, nor where nobody may write', async () => {
    const { machine, files, run, names } = bench();
    await run(() => files.create(AT, 'one'));
    machine.files.full = true;
    expect(await run(() => files.create('/home/dev/locks/b.json', 'x'))).toMatchObject({
      ok: false,
      errno: 'ENOSPC',
    });
    expect(await run(() => files.replace(AT, 'two'))).toMatchObject({ ok: false, errno: 'ENOSPC' });
    machine.files.full = false;
    machine.files.set('/home/dev/locks', { kind: 'directory', mode: 0o500, uid: UID });
    expect(await run(() => files.create('/home/dev/locks/b.json', 'x'))).toMatchObject({
      ok: false,
      errno: 'EACCES',
    });
    expect(names()).toEqual(['a.json']);
    expect(await run(() => files.read(AT))).toEqual({ ok: true, value: 'one' });
  });

  it('are whole after a crash in the middle of making one', async () => {
    const { machine, files, run, names } = bench((_changes, fence) => fence.close());
    expect(await run(() => files.create(AT, 'one'))).toBeNull();
    // The daemon died when the file had its name, before the other name was gone.
    expect(names()).toEqual(['a.json', 'a.json.daemon#1-0.tmp']);
    expect(machine.files.read(AT, UID)).toEqual({ text: 'one' });
  });

  it('have a path without symbolic links', async () => {
    const { machine, files, run } = bench();
    machine.files.set('/home/dev/link', { kind: 'link', mode: 0o777, uid: UID, target: 'work' });
    machine.files.set('/home/dev/loop', { kind: 'link', mode: 0o777, uid: UID, target: 'loop' });
    expect(await run(() => files.realPath('/home/dev/link/sub'))).toEqual({ ok: true, value: '/home/dev/work/sub' });
    expect(await run(() => files.realPath('/home/dev/loop'))).toMatchObject({ ok: false, errno: 'ELOOP' });
    machine.missingDirectories.add('/home/dev/gone');
    expect(await run(() => files.realPath('/home/dev/gone/x'))).toMatchObject({ ok: false, errno: 'ENOENT' });
  });
});

describe('a reboot of the simulated machine', () => {
  it('leaves no process, and gives the same numbers to others under another name of the boot', async () => {
    const { machine } = bench();
    const start = () =>
      machine.start({
        argv: ['x'],
        program: () => {},
        parent: null,
        newGroup: true,
        uid: UID,
        cwd: '/',
        env: {},
        sink: { stdout() {}, stderr() {}, exited() {} },
      });
    const before = start();
    machine.reboot();
    expect(before.alive).toBe(false);
    expect(machine.processes.size).toBe(0);
    const after = start();
    expect(after.identity).toEqual({ ...before.identity, bootId: expect.not.stringMatching(before.bootId) });
  });
});
