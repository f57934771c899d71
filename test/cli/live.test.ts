import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ChatWindows } from '../../src/cli/live/chat-windows.ts';
import { processesOf } from '../../src/cli/live/own-processes.ts';
import { findRequirements } from '../../src/cli/live/requirements.ts';
import type { LiveReport } from '../../src/cli/live/run.ts';

const needed = await findRequirements();
const skipped = needed.kind === 'missing' ? ` (skipped: ${needed.reasons.join('; ')})` : '';
const notHere = needed.kind === 'missing';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

/** Starts the program as `npm run live` does, with temporary folders of its own below `folder`. */
function live(args: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  const file = fileURLToPath(new URL('../../src/cli/live.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
    env: { ...process.env, TMPDIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr })) };
}

/** Nothing of the run may be there any more; tsx keeps a cache of its own in the temporary folder. */
function expectNothingLeft(): void {
  expect(readdirSync(folder).filter((name) => name.startsWith('reprise-'))).toEqual([]);
  expect(processesOf(join(folder, 'reprise-live-'))).toEqual([]);
}

it.skipIf(notHere)(`the real core lives through its day on real tools${skipped}`, async () => {
  const { code, stdout, stderr } = await live(['--json', '--patience', '40']).ended;
  const report = JSON.parse(stdout) as LiveReport;
  expect({ failure: report.failure, left: report.left, stderr }).toEqual({ failure: null, left: [], stderr: '' });
  expect([code, report.ok]).toEqual([0, true]);
  expect(report.steps.map(({ title }) => title)).toEqual([
    'Start the daemon and two pairs',
    'Open two codex chats and a claude chat, and attach to them',
    'One turn with streamed text in each',
    'TUIs come to a pair, and another pair comes and goes',
    "A helper's model answers 401 while its parent's turn is streaming",
    'Kill the app-server of pair side with SIGKILL',
    'Restart the daemon on the same database',
    'Go on in all three chats',
    'Close chat ann',
    'Close the others, shut down, look for leftovers',
  ]);
  expect(report.steps.filter(({ seen }) => seen.length === 0)).toEqual([]);
  expectNothingLeft();
});

it.skipIf(notHere)(`exit 1 with what was expected and seen when tmux does not answer${skipped}`, async () => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  // Only the account asks for all panes; the daemon is served as ever.
  const script = '#!/bin/sh\ncase "$*" in *"list-panes -a"*) echo "too many panes" >&2; exit 1;; esac\n';
  writeFileSync(join(bin, 'tmux'), `${script}PATH=\${PATH#*:} exec tmux "$@"\n`);
  chmodSync(join(bin, 'tmux'), 0o755);
  const path = `${bin}${delimiter}${process.env.PATH}`;
  const { code, stdout } = await live(['--patience', '40'], { PATH: path }).ended;
  expect(stdout).toContain('1. Start the daemon and two pairs');
  expect(stdout).toContain('NOT as expected in step "Open two codex chats and a claude chat, and attach to them"');
  expect(stdout).toContain('expected: tmux to list its panes');
  expect(stdout).toContain('seen:     exit 1: too many panes');
  expect(stdout).toContain('pair.app-server pair=work phase=live');
  expect(code).toBe(1);
  expectNothingLeft();
});

it.skipIf(notHere)(`stops cleanly when it is interrupted in the middle${skipped}`, async () => {
  const { child, ended } = live([]);
  child.stdout?.on('data', (text: string) => {
    if (text.includes('3. One turn')) child.kill('SIGINT');
  });
  const { code, stdout } = await ended;
  expect(stdout).toContain('stopped by SIGINT');
  expect(code).toBe(1);
  expectNothingLeft();
});

it('exit 2 with what is missing and how to get it', async () => {
  const plain = await live([], { REPRISE_PROVIDERS: folder }).ended;
  expect(plain.code).toBe(2);
  expect(plain.stderr).toContain(`codex: @openai/codex@0.169.0 is not in ${folder}: run \`npm run providers\``);
  expect(plain.stderr).toContain('claude: @anthropic-ai/claude-code@2.1.329 is not in');
  const json = await live(['--json'], { REPRISE_PROVIDERS: folder, PATH: folder }).ended;
  expect(json.code).toBe(2);
  const { ok, missing } = JSON.parse(json.stdout);
  expect([ok, missing.length]).toEqual([false, 3]);
  expect(missing[0]).toMatch(/^tmux on PATH \(ENOENT\)/);
});

it('exit 2 on bad usage, 0 for help', async () => {
  const [unknown, patience, help] = await Promise.all([
    live(['--fast']).ended,
    live(['--patience', 'much']).ended,
    live(['--help']).ended,
  ]);
  expect([unknown.code, patience.code, help.code]).toEqual([2, 2, 0]);
  expect(unknown.stderr).toContain("Unknown option '--fast'");
  expect(patience.stderr).toContain('--patience takes a number of seconds, not much');
  expect(help.stdout).toContain('usage: npm run live');
});

it.skipIf(process.platform !== 'linux')('finds processes by folder, whoever their parent is', async () => {
  const script = 'sleep 1000 & echo $!';
  const child = spawn('setsid', ['sh', '-c', script], { env: { PATH: process.env.PATH ?? '', PLACE: folder } });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  child.stdout.destroy();
  try {
    expect(processesOf(folder).map(({ identity }) => identity.pid)).toContain(pid);
    expect(processesOf(`${folder}-other`)).toEqual([]);
  } finally {
    process.kill(pid, 'SIGKILL');
  }
});

it('a chat window shows what its user sees, and only that chat', () => {
  const windows = new ChatWindows(folder, () => {});
  windows.open('a');
  windows.open('b');
  windows.said('a', 'hi');
  const turn = { chatId: 'a', turnId: 't' };
  windows.publish({ type: 'text.delta', ...turn, text: 'Hel' });
  windows.publish({ type: 'text.delta', ...turn, text: 'lo' });
  windows.publish({ type: 'tool', ...turn, itemId: 'i', title: 'ls', status: 'completed' });
  windows.publish({ type: 'turn.ended', ...turn, messageId: 'm', status: 'failed', error: 'other: no' });
  windows.publish({ type: 'message.failed', chatId: 'b', messageId: 'n', error: 'gone' });
  expect(readFileSync(join(folder, 'a.log'), 'utf8')).toBe(
    'chat a\n> hi\nHello\n[ls: completed]\n\n[failed: other: no]\n',
  );
  expect(readFileSync(join(folder, 'b.log'), 'utf8')).toBe('chat b\n[not delivered: gone]\n');
  expect(windows.events).toHaveLength(5);
});
