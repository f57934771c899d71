import { describe, expect, it } from 'vitest';
import { cli } from './fake-io.ts';

describe('reprise', () => {
  it.each([{ args: [] }, { args: ['--help'] }, { args: ['-h'] }, { args: ['help'] }])(
    'lists its commands for %j',
    async ({ args }) => {
      const { code, out, err } = await cli(...args);
      expect(code).toBe(0);
      expect(err).toBe('');
      for (const name of ['demo', 'explore', 'repro', 'canaries', 'report', 'replay', 'record', 'lint']) {
        expect(out).toMatch(new RegExp(`^ {2}${name} +\\S`, 'm'));
      }
    },
  );

  it('tells its version', async () => {
    expect(await cli('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  });

  it.each([['demo'], ['explore'], ['repro'], ['canaries'], ['report'], ['replay'], ['record'], ['lint']])(
    '%s explains itself in two ways',
    async (name) => {
      const asked = await cli('help', name);
      expect(asked).toMatchObject({ code: 0, err: '' });
      expect(asked.out).toMatch(new RegExp(`^reprise ${name}`));
      expect(await cli(name, '--help')).toEqual(asked);
    },
  );

  it.each([
    [['explode'], "there is no command 'explode'; there are: demo, explore"],
    [['help', 'explode'], "there is no command 'explode'"],
    [
      ['explore', '--run', '3'],
      'explore: there is no option --run; there are: --runs, --seed, --workers, --json, --help',
    ],
    [['explore', '-x'], 'explore: there is no option -x'],
    [['explore', '--runs'], 'explore: --runs needs a value: --runs N'],
    [['explore', '--runs', 'many'], "--runs must be a whole number from 1 to 2147483648, not 'many'"],
    [['explore', '--runs=0'], "not '0'"],
    [['explore', '--runs', '1.5'], "not '1.5'"],
    [['explore', '--seed=-9999999999'], '--seed must be a whole number'],
    [['explore', '--json=yes'], '--json takes no value'],
    [['explore', 'more'], "unexpected 'more': it takes no operands"],
    [['explore', '--', 'more'], "it takes no '--'"],
    [['repro'], 'repro: it needs FILE'],
    [['repro', 'a', 'b'], "unexpected 'b': it takes FILE"],
    [['report', 'a'], 'say where to write the page: --html OUT'],
    [['canaries', '--workers', '0'], '--workers must be a whole number from 1 to 256'],
    [['record', '--', 'codex'], 'say where to write the transcript: --out FILE'],
    [['record', '--out', 'a.txt', '--', 'codex'], "--out must be a file that ends in .ndjson or a folder, not 'a.txt'"],
    [['record', '--out', 'a.ndjson'], "say what to run behind '--'"],
    [
      ['record', '--out', 'a.ndjson', '--mode', 'some', '--', 'codex'],
      "--mode must be one of once, new, all, none, not 'some'",
    ],
    [
      ['record', '--out', 'a.ndjson', '--provider', 'x', '--', 'codex'],
      "--provider must be one of codex, claude, ndjson, not 'x'",
    ],
  ])('%j is a usage error', async (args, message) => {
    const { code, out, err } = await cli(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
    expect(err).toMatch(/usage: reprise |try 'reprise help'/);
    expect(err).not.toMatch(/^\s+at /m);
  });
});
