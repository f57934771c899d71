import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Stage } from './stage.ts';

let stage: Stage;
let out: string;
const server = `reprise-${process.pid}`;
beforeEach(() => {
  stage = new Stage();
  out = join(stage.folder, 'recordings');
});
afterEach(() => {
  if (real !== null) endServer();
  stage.dispose();
});

const real = ((): string | null => {
  try {
    return execFileSync('sh', ['-c', 'command -v tmux'], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
})();

function endServer(): void {
  try {
    execFileSync(real!, ['-L', server, 'kill-server'], { stdio: 'ignore' });
  } catch {
    // It has ended by itself.
  }
}

const tmux = async (...args: string[]): Promise<string> => {
  const {
    code,
    out: text,
    err,
  } = await stage.run('tmux', ['-L', server, ...args], { env: { REPRISE_REAL_TMUX: real! } });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return text.trimEnd();
};

/** What an orchestrator does: it makes a terminal, remembers what tmux calls it, and looks after it. */
async function look(): Promise<{ readonly pane: string; readonly panes: string; readonly sessions: string }> {
  const pane = await tmux('new-session', '-d', '-s', 'work', '-P', '-F', '#{pane_id}', 'cat');
  await tmux('send-keys', '-t', pane, 'hello', 'Enter');
  const panes = await tmux(
    'list-panes',
    '-a',
    '-F',
    '#{session_name} #{pane_id} #{pane_pid} #{pane_tty} #{session_created}',
  );
  const sessions = await tmux('list-sessions');
  await tmux('kill-server');
  return { pane, panes, sessions };
}

describe(`the real tmux${real === null ? ' (left out: it is not installed)' : ''}`, () => {
  it.runIf(real !== null)('is recorded without its numbers and times, and had again with those of today', async () => {
    await stage.make({ mode: 'record', out }, ['tmux']);
    await look();
    stage.check();
    const [header, ...runs] = readFileSync(join(out, 'tmux.ndjson'), 'utf8').trimEnd().split('\n');
    expect(JSON.parse(header!).providerVersion).toMatch(/^\d+\.\d+/);
    expect(runs.map((line) => JSON.parse(line)).map(({ args, stdout }) => [args.at(-3), stdout])).toEqual([
      ['-F', '<pane:1>\n'],
      ['<pane:1>', ''],
      ['-a', 'work <pane:1> <pid:1> <path:tty1> <s>\n'],
      ['-L', 'work: 1 windows (created <ctime>)\n'],
      ['-L', ''],
    ]);

    await stage.make({ transcripts: [out] }, ['tmux']);
    const { pane, panes, sessions } = await look();
    expect(pane).toBe('%1');
    expect(panes).toMatch(/^work %1 \d+ \/\S+ \d+$/);
    expect(sessions).toMatch(/^work: 1 windows \(created \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\)$/);
    expect(stage.check()).toEqual({ failed: [], neverStarted: [], passed: 5 });
  });

  it.runIf(real !== null)('recorded twice gives the same bytes', async () => {
    const files: string[] = [];
    for (let i = 0; i < 2; i++) {
      await stage.make({ mode: 'record', out }, ['tmux']);
      await look();
      stage.check();
      files.push(readFileSync(join(out, 'tmux.ndjson'), 'utf8'));
    }
    expect(files[1]).toBe(files[0]);
  });
});
