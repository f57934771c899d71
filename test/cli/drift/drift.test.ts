import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { haveAgain } from '../../../src/cli/drift/have-again.ts';
import { codexKit } from '../../../src/cli/fixtures/codex-kit.ts';
import { openLoopbackNamespace } from '../../../src/host/loopback-namespace.ts';
import type { LaneRecord } from '../../../src/transcript/format.ts';
import { eof, exit, header, lane, recv, send, spawn, text, transcript } from '../../transcript/samples.ts';
import { cli } from '../fake-io.ts';

const probe = await openLoopbackNamespace();
const refused = probe.kind === 'not-isolated';
const note = probe.kind === 'isolated' ? '' : ` (skipped: ${probe.reason})`;
if (probe.kind === 'isolated') await probe.close();

/** What the fake app-server does, recorded. */
const untimed: readonly LaneRecord[] = [
  { ...spawn, cwd: '<path:ws>', env: { CODEX_HOME: '<path:codexHome>' } } as LaneRecord,
  send({ id: '<rpc:1>', method: 'initialize', params: {} }),
  recv({ id: '<rpc:1>', result: { userAgent: 'fake' } }, { id: 'r1' }),
  send({ method: 'initialized' }, { after: ['r1'] }),
  send({ id: '<rpc:2>', method: 'thread/start', params: { cwd: '<path:ws>' } }),
  recv({ id: '<rpc:2>', result: { thread: { id: '<thread:1>' } } }),
  send({ id: '<rpc:3>', method: 'turn/start', params: { threadId: '<thread:1>' } }, { id: 's1' }),
  recv({ id: '<rpc:3>', result: { turn: { id: '<turn:1>' } } }),
  {
    type: 'http',
    lane: `${lane}/http`,
    t: 0,
    after: ['s1'],
    request: {
      method: 'POST',
      path: '/v1/responses',
      headers: { 'content-type': 'text/plain;charset=UTF-8' },
      body: { model: 'm', prompt_cache_key: '<thread:1>' },
    },
    response: {
      status: 200,
      headers: { 'content-type': 'text/plain' },
      chunks: [{ t: 17, text: 'to <thread:1>' }],
      end: 'complete',
    },
  },
  recv({
    method: 'item/agentMessage/delta',
    params: { threadId: '<thread:1>', turnId: '<turn:1>', delta: 'to <thread:1>' },
  }),
  recv(
    { method: 'turn/completed', params: { threadId: '<thread:1>', turn: { id: '<turn:1>', status: 'completed' } } },
    { id: 'r2' },
  ),
  eof({ id: 's2', after: ['r2'] }),
  exit({ after: ['s2'] }),
];

/** As far apart as the model's words need it: they are held back until what was done before them has been done. */
const records: readonly LaneRecord[] = untimed.map((record, i) => ({ ...record, t: 2 * i }));

let folder: string;
let recording: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-drift-test-'));
  recording = join(folder, 'sample.ndjson');
  writeFileSync(recording, text(records, { ...header, providerVersion: '9.9.8' }));
  vi.stubEnv('REPRISE_PROVIDERS', join(folder, 'providers'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const FAKE = readFileSync(new URL('./fake-codex.mjs', import.meta.url), 'utf8');

/** The fake, with a line of it changed. */
function fake(from = '', to = ''): string {
  expect(FAKE).toContain(from);
  const file = join(folder, 'codex.mjs');
  writeFileSync(
    file,
    FAKE.replace(from, () => to),
  );
  return file;
}

const drift = (file: string, ...more: string[]) => cli('drift', 'codex', '--with', file, ...more, recording);
const json = async (file: string) => JSON.parse((await drift(file, '--json')).out);

describe('reprise drift', () => {
  it.skipIf(refused)(`has a recorded conversation again and finds it unchanged${note}`, async () => {
    const kept = join(folder, 'kept');
    const { code, out, err } = await drift(fake(), '--keep', kept);
    expect(out).toContain('codex 9.9.9, held against 1 recording of 9.9.8');
    expect(out).toContain('the recordings hold for codex 9.9.9: 0 breaking, 0 dangerous, 0 minor, 0 info');
    expect(out).toContain('the schema of the recorded 9.9.8 is not there');
    expect(out).toContain('run `npm run providers -- codex@9.9.8`');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    // What was said this time has the form of the recording.
    const said = readFileSync(join(kept, 'sample.ndjson'), 'utf8').split('\n').slice(1);
    expect(said.map((line) => line.replace(/"t":\d+/g, ''))).toContain(
      text(records)
        .split('\n')[10]!
        .replace(/"t":\d+/g, ''),
    );
  });

  it.skipIf(refused)(`reports drift as a document${note}`, async () => {
    const document = await json(fake("'completed';", "'finished';"));
    expect(document).toMatchObject({
      format: 1,
      provider: 'codex',
      recorded: ['9.9.8'],
      with: '9.9.9',
      recordings: 1,
      failOn: 'dangerous',
      exitCode: 1,
      counts: { breaking: 0, dangerous: 1, minor: 0, info: 0 },
      notLookedAt: [],
      methods: null,
    });
    expect(document.findings).toEqual([
      {
        severity: 'dangerous',
        sources: ['conversation'],
        change: 'value-changed',
        use: 'read',
        frame: 'turn/completed',
        path: '$.params.turn.status',
        was: 'completed',
        now: 'finished',
        recordings: ['sample'],
      },
    ]);
    const again = await json(join(folder, 'codex.mjs'));
    expect(again).toEqual(document);
  });

  it.skipIf(refused)(`fails from the level that is asked for${note}`, async () => {
    const more = fake('const MORE = {};', 'const MORE = { tokens: 3 };');
    expect(await drift(more)).toMatchObject({ code: 0, out: expect.stringContaining('1 minor') });
    expect(await drift(more, '--fail-on', 'minor')).toMatchObject({ code: 1, out: expect.stringContaining('drift: ') });
  });

  it.skipIf(refused)(`sees in the schema what is used${note}`, async () => {
    const document = await json(fake("enum: ['completed', 'failed']", "enum: ['done', 'failed']"));
    expect(document.findings).toMatchObject([
      {
        severity: 'dangerous',
        sources: ['schema'],
        change: 'value-removed',
        path: '$.params.turn.status',
        was: 'completed',
      },
    ]);
  });

  it.skipIf(refused)(`keeps the recorded answers for the recorded questions${note}`, async () => {
    const warm = `await fetch(baseUrl + '/responses', { method: 'POST', body: JSON.stringify({ model: 'small' }) });`;
    const document = await json(fake('    const answer = await', `    ${warm}\n    const answer = await`));
    expect(document.findings).toMatchObject([
      { severity: 'dangerous', change: 'frame-added', use: 'model', frame: 'POST /v1/responses' },
    ]);
  });

  it.skipIf(refused)(`sees a program that ends too early${note}`, async () => {
    const { code, out } = await drift(
      fake('    const turnId = crypto', '    process.exit(7);\n    const turnId = crypto'),
    );
    expect(code).toBe(1);
    expect(out).toMatch(
      /BREAKING \(1\)\n {2}process {2}the conversation stopped: "eof \(stdin closed\)" waits for "turn\/completed"/,
    );
  });

  it.skipIf(refused)(`says that it could not look when a part could not be looked at${note}`, async () => {
    const silent = fake(
      'else if (sub ===',
      "else if (sub === 'generate-json-schema') process.exit(4);\nelse if (sub ===",
    );
    const { code, out } = await drift(silent);
    expect(code).toBe(3);
    expect(out).toContain('could not look: schema of 9.9.9: ');
    expect(out).toContain('not everything could be looked at, so this is no answer');
    // Drift that is seen is an answer all the same.
    writeFileSync(silent, readFileSync(silent, 'utf8').replace("'completed';", "'finished';"));
    expect((await drift(silent)).code).toBe(1);
  });

  it.skipIf(refused)(`leaves no process behind when one does not end${note}`, async () => {
    const pidFile = join(folder, 'pid');
    const binary = fake(
      "  lines.on('close', () => process.exit(0));",
      `  writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));\n  setInterval(() => {}, 1000);`,
    );
    const setting = { kit: codexKit, binary, version: '9.9.9', fixture: {}, stallMs: 500 };
    const { stopped } = await haveAgain(transcript(records), setting);
    expect(stopped).toBe('the process did not end');
    expect(() => process.kill(Number(readFileSync(pidFile, 'utf8')), 0)).toThrow('ESRCH');
  });

  it('says how to install a version that is not there, with an exit code of its own', async () => {
    const reason = `@openai/codex@0.1.2 is not in ${join(folder, 'providers', 'codex-0.1.2')}: run \`npm run providers -- codex@0.1.2\`, or point REPRISE_PROVIDERS to a folder that has it`;
    expect(await drift('0.1.2')).toEqual({ code: 3, out: '', err: `reprise drift: could not look: ${reason}` });
    const { code, out } = await drift('0.1.2', '--json');
    expect({ code, ...JSON.parse(out) }).toEqual({
      code: 3,
      format: 1,
      provider: 'codex',
      exitCode: 3,
      notLookedAt: [reason],
    });
    expect(existsSync(join(folder, 'providers'))).toBe(false);
  });

  it('does not take a folder, or a file that is not there, for a program', async () => {
    mkdirSync(join(folder, 'dir'));
    for (const name of ['dir', 'none']) {
      const { code, err } = await drift(join(folder, name));
      expect(code).toBe(3);
      expect(err).toContain(`${join(folder, name)} cannot be run: `);
    }
  });

  it.each([
    [['drift'], 'drift: it needs codex|claude [FILE…]'],
    [['drift', 'codex'], 'say which version to look at: --with VERSION'],
    [['drift', 'tmux', '--with', '3.3.0'], "'tmux' is no provider; say codex or claude"],
    [['drift', 'codex', '--with', '1.2.3', '--fail-on', 'all'], 'must be one of breaking, dangerous, minor, info'],
    [['drift', 'codex', '--with', '1.2.3', 'none.ndjson'], 'none.ndjson: cannot be read'],
  ])('refuses %j', async (args, complaint) => {
    expect(await cli(...args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(complaint) });
  });

  it('refuses a recording of another provider', async () => {
    const { code, err } = await cli('drift', 'claude', '--with', '1.2.3', recording);
    expect(code).toBe(2);
    expect(err).toContain(':1: a recording of codex, not of claude');
  });

  it('explains its exit codes', async () => {
    const { out } = await cli('help', 'drift');
    for (const words of ['Exit code 0: no drift', '1: drift;', '2: bad usage', '3: could not look'])
      expect(out).toContain(words);
  });
});
