import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TmuxBackend } from '../../../src/core/sessions/backends/tmux.ts';
import { createClock } from '../../../src/host/clock.ts';
import { createExec } from '../../../src/host/exec.ts';
import { createProcesses } from '../../../src/host/processes.ts';
import { installTmux } from '../../../src/world/tmux/index.ts';
import { type BackendBench, describeBackend } from './conformance.ts';
import { onSimulated, simulatedBench } from './simulated-bench.ts';

const OPTIONS = { file: 'tmux', socketName: 's', owner: 'me', probeTimeoutMs: 1_500, changeTimeoutMs: 1_500 };

describeBackend('the simulated tmux', {
  echo: ['cat', '-'],
  failing: ['fail', 'now'],
  ended: 'exit code',
  open: async () => {
    const bench = simulatedBench();
    const { ports, run, machine } = bench;
    const tmux = installTmux(machine);
    const { exec, processes } = ports;
    const common = onSimulated(bench, new TmuxBackend({ exec, processes }, OPTIONS));
    return {
      ...common,
      foreign: (name) => run('tmux', '-L', 's', 'new-session', '-d', '-s', name, '--', 'cat', '-'),
      beside: (name) => run('tmux', '-L', 's', 'new-window', '-t', `=${name}:`, '--', 'cat', '-'),
      rename: (from, to) => run('tmux', '-L', 's', 'rename-session', '-t', `=${from}`, to),
      stall: () => void tmux.stall(),
      resume: async () => {
        tmux.resume();
        await common.rest();
      },
      killServer: async () => {
        tmux.kill();
        await common.rest();
      },
    };
  },
});

function whyNoTmux(): string {
  try {
    execFileSync('tmux', ['-V']);
    return '';
  } catch {
    return 'tmux is not installed';
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
}

/** tmux reacts to what happens to it within this time; no outcome depends on it being short. */
const REACTION_MS = 150;

describeBackend('the real tmux', {
  echo: ['cat', '-'],
  failing: ['sh', '-c', 'exit 3'],
  ended: 'exit code',
  skip: whyNoTmux(),
  open: async (): Promise<BackendBench> => {
    const folder = mkdtempSync(join(tmpdir(), 'reprise-terminals-'));
    const env = {
      ...{ PATH: process.env.PATH ?? '', HOME: folder, TMUX_TMPDIR: folder, LC_ALL: 'C.UTF-8', TERM: 'dumb' },
    };
    const clock = createClock();
    const host = createExec(clock);
    const exec = { run: (request: Parameters<typeof host.run>[0]) => host.run({ ...request, env }) };
    const processes = createProcesses(clock);
    const run = (...args: string[]) => execFileSync('tmux', ['-L', 's', ...args], { env });
    const identify = async (pid: number | null) => {
      const seen = pid === null ? null : await processes.inspect(pid);
      return seen?.kind === 'alive' ? seen.identity : null;
    };
    const servers = new Set<number>();
    const serverOf = ({ serverPid }: { readonly serverPid: number | null }): number => {
      servers.add(serverPid!);
      return serverPid!;
    };
    return {
      backend: new TmuxBackend({ exec, processes }, OPTIONS),
      settle: (asked) => asked,
      rest: async () => void (await sleep(REACTION_MS)),
      remember: async (terminal, launch) => ({
        pane: await identify(terminal.panePid),
        server: await identify(serverOf(terminal)),
        launch,
      }),
      foreign: async (name) => void run('-f', '/dev/null', 'new-session', '-d', '-s', name, '--', 'cat', '-'),
      beside: async (name) => void run('new-window', '-d', '-t', `=${name}:`, '--', 'cat', '-'),
      rename: async (from, to) => void run('rename-session', '-t', `=${from}`, to),
      runs: alive,
      stall: (terminal) => process.kill(serverOf(terminal), 'SIGSTOP'),
      resume: async (terminal) => {
        process.kill(serverOf(terminal), 'SIGCONT');
        await sleep(REACTION_MS);
      },
      killServer: async (terminal) => {
        process.kill(serverOf(terminal), 'SIGKILL');
        await sleep(REACTION_MS);
      },
      close: async () => {
        try {
          run('kill-server');
        } catch {
          // It has ended already.
        }
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
});
