import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadCanaries } from '../../src/explore/canaries.ts';
import { packageRoot } from '../../src/transcript/package-root.ts';
import { readTranscript } from '../../src/transcript/read.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-process-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function reprise(args: readonly string[], input = '', main = MAIN): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', LOADER, main, ...args], { cwd: folder });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.end(input);
  return new Promise((resolve) => {
    child.on('close', (code) =>
      resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }),
    );
  });
}

it('explores in several processes, prints one JSON document and nothing else, and ends', async () => {
  const { code, out, err } = await reprise(['explore', '--runs', '160', '--seed', '3', '--workers', '2', '--json']);
  expect(JSON.parse(out)).toMatchObject({ seed: 3, runs: 160, finding: null, files: null });
  expect(code).toBe(0);
  // How often it tells its progress depends on the machine.
  expect(err).toMatch(/^(?:exploring: [\d,]+ of 160\n)*$/);
  expect(existsSync(join(folder, '.reprise'))).toBe(false);
});

it('finds a bug in the core, writes files about it, and replays them', async () => {
  const canary = (await loadCanaries()).find(({ id }) => id === 'app-server-not-restarted')!;
  const copy = join(folder, 'copy');
  cpSync(join(packageRoot(), 'src'), join(copy, 'src'), { recursive: true });
  cpSync(join(packageRoot(), 'package.json'), join(copy, 'package.json'));
  symlinkSync(join(packageRoot(), 'node_modules'), join(copy, 'node_modules'));
  for (const { file, find, replace } of canary.edits) {
    const path = join(copy, 'src/core', file);
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(find, () => replace),
    );
  }
  const main = join(copy, 'src/cli/main.ts');
  const found = await reprise(['explore', '--runs', '100'], '', main);
  expect(found.code).toBe(1);
  const command = /^Replay {7}npm run reprise -- repro (\S+)$/m.exec(found.out);
  expect(readFileSync(join(folder, command![1]!.replace('.json', '.html')), 'utf8')).toContain('<svg');
  const again = await reprise(['repro', command![1]!, '--json'], '', main);
  expect(again.code).toBe(1);
  expect(JSON.parse(again.out)).toMatchObject({ canary: null, asExpected: true, sameHashAsFile: true, replays: 3 });
  expect(await reprise(['repro', command![1]!, '--json'])).toMatchObject({ code: 0 });
});

it('ends with 2 and a message, not a stack trace, for bad usage', async () => {
  const { code, out, err } = await reprise(['explore', '--runz', '5']);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^reprise explore: there is no option --runz; there are: --runs, .*\nusage: reprise explore/);
});

it('records what goes through it, and ends like the command', async () => {
  const provider = join(folder, 'codex');
  const answer = '{"id":1,"result":{"userAgent":"made up"}}';
  writeFileSync(
    provider,
    `#!/bin/sh\n[ "$1" = --version ] && { echo codex-cli 1.2.3; exit; }\nread -r line\necho '${answer}'\necho careful >&2\nexit 7\n`,
  );
  chmodSync(provider, 0o755);
  const request = '{"id":1,"method":"initialize","params":{"clientInfo":{"name":"x","title":"X","version":"1"}}}';
  const { code, out, err } = await reprise(
    ['record', '--out', 'talk.ndjson', '--mode', 'all', '--', './codex', 'app-server'],
    `${request}\n`,
  );
  expect({ code, out }).toEqual({ code: 7, out: `${answer}\n` });
  expect(err).toBe('careful\n');
  const read = readTranscript(readFileSync(join(folder, 'talk.ndjson')), 'talk.ndjson');
  if (!read.ok) throw new Error(read.errors[0].message);
  const { header, records } = read.transcript;
  expect(header).toMatchObject({ provider: 'codex', providerVersion: '1.2.3', scenario: 'talk' });
  expect(records[0]).toMatchObject({ type: 'spawn', args: ['app-server'], cwd: '<path:ws>' });
  expect(records.at(-1)).toMatchObject({ type: 'exit', code: 7 });
  expect(existsSync(join(folder, 'talk.ndjson.partial'))).toBe(false);
});
