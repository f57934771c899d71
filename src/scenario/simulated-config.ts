import type { DaemonConfig, DaemonTimers } from '../core/index.ts';

/** Working directory of everything in the simulated world. */
export const WORKSPACE = '/home/dev/workspace';

const ENV = { PATH: '/usr/bin:/bin', HOME: '/home/dev' };

export function simulatedConfig(timers: DaemonTimers): DaemonConfig {
  return {
    owner: 'reprise-1',
    tmux: { file: 'tmux', socketName: 'reprise' },
    zellij: { file: 'zellij' },
    herdr: { file: 'herdr' },
    codex: { file: 'codex', args: ['app-server'], cwd: WORKSPACE, env: { ...ENV, CODEX_HOME: '/home/dev/.codex' } },
    claude: {
      file: 'claude',
      args: ['--model=claude-sonnet-4-5', '--permission-mode=default'],
      cwd: WORKSPACE,
      env: { ...ENV, CLAUDE_CONFIG_DIR: '/home/dev/.claude' },
    },
    worker: ['worker'],
    pairs: { max: 64, portBase: 4_500, portStride: 10 },
    locks: { folder: '/home/dev/.reprise/locks', sweepMs: 30_000 },
    // Turns that nobody hears of are given up within a run.
    timers: {
      ...timers,
      turnStalledMs: 12_000,
      turnSilentMs: 45_000,
      toolSilentMs: 70_000,
      taskCapMs: 120_000,
    },
  };
}
