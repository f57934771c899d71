import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lintTranscripts } from '../../src/transcript/lint.ts';
import { Stage } from './stage.ts';

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});
afterEach(() => stage.dispose());

/** As the Codex SDK uses it: a process for each turn takes a prompt up to the end of stdin, and writes an event a line. */
const CODEX_EXEC = `#!${process.execPath}
if (process.argv[2] === '--version') {
  console.log('codex-cli 0.170.2');
  process.exit();
}
let prompt = '';
process.stdin.on('data', (chunk) => { prompt += chunk; });
process.stdin.on('end', () => {
  const at = process.argv.indexOf('resume');
  const thread_id = at < 0 ? crypto.randomUUID() : process.argv[at + 1];
  for (const event of [{ type: 'thread.started', thread_id }, { type: 'turn.completed', said: prompt.length }])
    console.log(JSON.stringify(event));
});
`;

const events = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

it('records and replays codex exec, and a turn that resumes the thread of another', async () => {
  // Whatever the real program is called: its recording is one of `codex`.
  const real = join(stage.folder, 'codex-0.170');
  writeFileSync(real, CODEX_EXEC, { mode: 0o755 });
  // The SDK says where codex is to work, and does not start it there.
  const turn = (input: string, ...more: string[]) =>
    stage.run('codex', ['exec', '--experimental-json', '--cd', where, ...more], {
      input,
      env: { REPRISE_REAL_CODEX: real },
    });
  let where = join(stage.folder, 'project');
  const conversation = async () => {
    const [first] = events((await turn('hello')).out);
    const second = await turn('and again', 'resume', first.thread_id);
    return { first, second: events(second.out) };
  };

  const out = join(stage.folder, 'recordings');
  await stage.make({ mode: 'record', out }, ['codex']);
  const { first, second } = await conversation();
  expect(second).toEqual([
    { type: 'thread.started', thread_id: first.thread_id },
    { type: 'turn.completed', said: 9 },
  ]);
  expect(lintTranscripts(out)).toEqual([]);
  const recorded = readFileSync(join(out, 'codex-exec-1.ndjson'), 'utf8');
  expect(recorded).not.toContain(first.thread_id);
  expect(recorded).not.toContain(where);
  expect(JSON.parse(recorded.split('\n')[0]!)).toMatchObject({ provider: 'ndjson', providerVersion: '0.170.2' });

  await stage.make({ transcripts: [out] }, ['codex']);
  where = join(stage.folder, 'elsewhere');
  const again = await conversation();
  expect(again.second).toEqual([
    { type: 'thread.started', thread_id: again.first.thread_id },
    { type: 'turn.completed', said: 9 },
  ]);
  expect(stage.check()).toEqual({ failed: [], neverStarted: [], passed: 2 });

  await stage.make({ transcripts: [out] }, ['codex']);
  expect(await turn('hullo')).toMatchObject({ code: 90, err: expect.stringContaining('expected "hello"') });
});
