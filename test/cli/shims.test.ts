import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findReal } from '../../src/cli/shims/find-real.ts';
import { packageRoot } from '../../src/transcript/package-root.ts';
import { cli } from './fake-io.ts';

const SIMPLE = join(packageRoot(), 'transcripts', 'codex', 'simple.ndjson');
let folder: string;
let shims: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-shims-'));
  shims = join(folder, 'shims');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('reprise shims', () => {
  it('makes an executable for each program that was recorded', async () => {
    expect(await cli('shims', shims, SIMPLE)).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('shims: codex (replayed'),
    });
    expect(readdirSync(shims).sort()).toEqual(['codex', 'package.json', 'shims.json']);
  });

  it('makes all five to record, and those that are named', async () => {
    await cli('shims', shims, '--record', join(folder, 'out'));
    expect(readdirSync(shims)).toEqual(expect.arrayContaining(['codex', 'claude', 'tmux', 'zellij', 'herdr']));
    await cli('shims', shims, '--record', join(folder, 'out'), '--only', 'tmux');
    expect(readdirSync(shims).sort()).toEqual(['package.json', 'shims.json', 'tmux']);
  });

  it.each([
    [[], 'give either TRANSCRIPTs to replay, or --record OUT, or --model'],
    [[SIMPLE, '--model'], 'give either'],
    [[SIMPLE, '--only', 'vim'], "--only takes codex, claude, tmux, zellij, herdr, not 'vim'"],
    [[SIMPLE, '--speed', 'fast'], 'the speed must be a number above 0'],
    [[SIMPLE, '--script', 'x.json'], '--script goes with --model'],
    [[SIMPLE, '--json'], '--json goes with --check'],
    [['gone.ndjson'], 'gone.ndjson: cannot be read: there is no such file'],
    [['--check'], 'make the shims: reprise shims'],
  ])('explains what is wrong with %j', async (args, message) => {
    const { code, err } = await cli('shims', shims, ...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(existsSync(shims)).toBe(false);
  });

  it('leaves folders alone that are not its own', async () => {
    mkdirSync(shims);
    writeFileSync(join(shims, 'precious'), '');
    expect(await cli('shims', shims, SIMPLE)).toMatchObject({
      code: 2,
      err: expect.stringContaining('holds other files'),
    });
    expect(readdirSync(shims)).toEqual(['precious']);
  });

  it('finds mistakes in faults before anything runs', async () => {
    const faults = join(folder, 'faults.json');
    writeFileSync(faults, '{"format":1,"faults":[{"kind":"drop","at":{"frame":"nothing"}}]}');
    expect(await cli('shims', shims, SIMPLE, '--faults', faults)).toMatchObject({
      code: 2,
      err: expect.stringContaining("no frame 'nothing'"),
    });
    writeFileSync(faults, '{"format":1,\n "faults":[}');
    expect(await cli('shims', shims, SIMPLE, '--faults', faults)).toMatchObject({
      code: 2,
      err: expect.stringContaining('faults.json:2:12: not JSON'),
    });
  });

  it('says what was never started', async () => {
    await cli('shims', shims, SIMPLE);
    const { code, out } = await cli('shims', shims, '--check');
    expect(code).toBe(1);
    expect(out).toContain('never started:');
    const json = JSON.parse((await cli('shims', shims, '--check', '--json')).out);
    expect(json).toMatchObject({
      ok: false,
      passed: 0,
      failed: [],
      neverStarted: [expect.stringContaining('codex app-server')],
    });
  });
});

describe('reprise stand-in', () => {
  const dryRun = (faults: string) =>
    cli('stand-in', SIMPLE, '--faults', faults, '--dry-run', '--', 'codex', 'app-server');

  it('says where faults would strike', async () => {
    const faults = join(folder, 'faults.json');
    writeFileSync(
      faults,
      '{"format":1,"faults":[{"kind":"kill","at":{"frame":"turn/started"}},{"kind":"hang","at":{"start":true}}]}',
    );
    const { code, out } = await dryRun(faults);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^faults\[0\] kill at .*simple\.ndjson:14: recv turn\/started\nfaults\[1\] hang at .*: start of codex:1\n?$/,
    );
  });

  it('needs to be told what it stands in for', async () => {
    expect(await cli('stand-in', SIMPLE)).toMatchObject({
      code: 2,
      err: expect.stringContaining('-- codex app-server'),
    });
    expect(await cli('stand-in', SIMPLE, '--dry-run', '--', 'codex')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--dry-run needs --faults'),
    });
  });
});

describe('the real program', () => {
  it('is the first on PATH that is no shim, or the one that is named', () => {
    const real = join(folder, 'real');
    for (const place of [shims, real]) {
      mkdirSync(place);
      writeFileSync(join(place, 'codex'), '', { mode: 0o755 });
    }
    writeFileSync(join(real, 'claude'), '');
    const PATH = `${shims}::${join(folder, 'none')}:${real}`;
    expect(findReal('codex', shims, { PATH })).toBe(join(real, 'codex'));
    expect(findReal('codex', shims, { PATH, REPRISE_REAL_CODEX: '/opt/codex' })).toBe('/opt/codex');
    expect(() => findReal('claude', shims, { PATH })).toThrow('REPRISE_REAL_CLAUDE');
  });
});
