import type { DaemonConfig, DaemonTimers } from '../core/index.ts';
import type { Scenario } from './scenario.ts';

type Room = NonNullable<Scenario['room']>;

/** Working directory of everything in the simulated world. */
export const WORKSPACE = '/home/dev/workspace';

const ENV = { PATH: '/usr/bin:/bin', HOME: '/home/dev' };

const MAX_TERMINALS = { plenty: 128, two: 2, one: 1 } as const satisfies Record<Room, number>;

/** Rules look at how many terminals there may be. */
export type SimulatedConfig = DaemonConfig & {
  readonly sessions: { readonly maxTerminals: number; readonly unusedMs: number };
};

export function simulatedConfig(timers: DaemonTimers, room: Room): SimulatedConfig {
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
    sessions: { maxTerminals: MAX_TERMINALS[room], unusedMs: 10_000 },
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
