import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ExecResult } from '../../src/core/ports.ts';
import { createClock } from '../../src/host/clock.ts';
import { createExec } from '../../src/host/exec.ts';
import { inMacrotask, runKernel } from '../../src/kernel/drain.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { WorldDatabase } from '../../src/world/database.ts';
import { WorldIds } from '../../src/world/ids.ts';
import { Incarnation } from '../../src/world/incarnation.ts';
import { Machine } from '../../src/world/machine.ts';
import { installTmux } from '../../src/world/tmux/index.ts';

/** What a daemon's commands come to; every one of them waits at most this long. */
const TIMEOUT_MS = 2_500;
const SESSION = ['new-session', '-d', '-s', 'kept', '--', 'sleep', '1000'];
const LOOK = ['list-panes', '-t', '=kept:', '-F', '#{session_name}'];
const KILL = ['kill-session', '-t', '=kept'];

interface Arm {
  run(args: readonly string[]): Promise<ExecResult>;
  stall(): void;
  resume(): Promise<void>;
}

/** Looks at a session, asks for its end while the server is stopped, gives up, and looks again when the server goes on. */
async function story({ run, stall, resume }: Arm): Promise<ExecResult[]> {
  const answers = [await run(SESSION), await run(LOOK)];
  stall();
  answers.push(await run(LOOK), await run(KILL));
  await resume();
  answers.push(await run(LOOK));
  return answers;
}

/** The client traps SIGTERM and exits 0, and what it had asked for is done all the same (facts D1, D1b). */
const EXPECTED = [
  { code: 0, timedOut: false, stdout: '', stderr: '' },
  { code: 0, timedOut: false, stdout: 'kept\n', stderr: '' },
  { code: 0, timedOut: true, stdout: '', stderr: '' },
  { code: 0, timedOut: true, stdout: '', stderr: '' },
  { code: 1, timedOut: false, stdout: '', stderr: expect.stringMatching(/^no server running on .*\n$/) },
].map((answer) => ({ kind: 'exited', signal: null, ...answer }));

const hasTmux = (() => {
  try {
    return execFileSync('tmux', ['-V'], { encoding: 'utf8' }).trim() === 'tmux 3.3a';
  } catch {
    return false;
  }
})();

describe('a daemon that asks a stopped tmux server', () => {
  it('sees this on the simulated machine', async () => {
    const kernel = new Kernel();
    const machine = new Machine(kernel);
    const tmux = installTmux(machine);
    machine.executables.set('sleep', { kind: 'program', program: () => {} });
    const { ports } = new Incarnation({
      machine,
      database: new WorldDatabase(),
      ids: new WorldIds(),
      uid: 1000,
      number: 1,
      cwd: '/',
      onPublish: () => {},
      onLog: () => {},
      onCommit: () => {},
      onHangUp: () => {},
    });
    const answers = await story({
      run: async (args) => {
        const running = ports.exec.run({ file: 'tmux', args: ['-L', 's', ...args], timeoutMs: TIMEOUT_MS });
        await inMacrotask(() => runKernel(kernel));
        return running;
      },
      stall: () => void tmux.stall(),
      resume: async () => {
        tmux.resume();
        await inMacrotask(() => runKernel(kernel));
      },
    });
    expect(answers).toEqual(EXPECTED);
  });

  let folder = '';
  afterEach(() => {
    if (folder) rmSync(folder, { recursive: true, force: true });
    folder = '';
  });

  const why = hasTmux ? '' : ' (skipped: tmux 3.3a is not installed)';
  it.skipIf(!hasTmux)(`sees the same on this machine${why}`, async () => {
    folder = mkdtempSync(join(tmpdir(), 'reprise-tmux-'));
    const env = { PATH: process.env.PATH ?? '', HOME: folder, TMUX_TMPDIR: folder, LC_ALL: 'C.UTF-8', TERM: 'dumb' };
    const exec = createExec(createClock());
    const run = (args: readonly string[]) =>
      exec.run({ file: 'tmux', args: ['-L', 's', '-f', '/dev/null', ...args], env, timeoutMs: TIMEOUT_MS });
    let server = 0;
    const answers = await story({
      run: async (args) => {
        const result = await run(args);
        if (args === SESSION)
          server = Number(((await run(['display-message', '-p', '#{pid}'])) as { stdout: string }).stdout);
        return result;
      },
      stall: () => process.kill(server, 'SIGSTOP'),
      resume: async () => {
        process.kill(server, 'SIGCONT');
        // It ends with its last session: gone when kill(2) says so.
        for (;;) {
          try {
            process.kill(server, 0);
          } catch {
            return;
          }
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      },
    });
    expect(answers).toEqual(EXPECTED);
  });
});
