import type { LocksConfig } from './locks/config.ts';
import { DEFAULT_PAIR_TIMERS, type PairsConfig, type PairTimers } from './pairs/config.ts';
import { PROVIDER_TIMERS, type ProviderTimers } from './providers/config.ts';
import type { ProviderCommand } from './providers/types.ts';
import type { BackendKind } from './sessions/backend.ts';
import type { SessionsConfig } from './sessions/config.ts';

/** How one daemon is set up. All durations are ms. */
export interface DaemonConfig {
  /** Label of this installation; terminals without it are never touched. */
  readonly owner: string;
  readonly tmux: { readonly file: string; readonly socketName: string };
  /** Programs that keep terminals beside tmux, where they are installed. */
  readonly zellij?: { readonly file: string };
  readonly herdr?: { readonly file: string };
  /** What keeps the terminals of new chats that ask for none of them. Default `tmux`. Chats that exist keep theirs. */
  readonly defaultBackend?: BackendKind;
  /** How terminals are kept; what is not given is `DEFAULT_SESSIONS`. */
  readonly sessions?: Partial<SessionsConfig>;
  /** Starts a codex app-server that speaks on its stdio. One runs for each pair. */
  readonly codex: ProviderCommand;
  /** Starts claude in stream-json mode; the adapter adds `--resume` by itself. One runs for each claude chat. */
  readonly claude: ProviderCommand & { readonly env: Readonly<Record<string, string>> };
  /** What runs in a chat's terminal, as argv; the chat's id is appended. */
  readonly worker: readonly string[];
  readonly pairs: PairsConfig;
  readonly locks: LocksConfig;
  readonly timers: DaemonTimers;
}

export interface DaemonTimers extends ProviderTimers, PairTimers {
  /** How long tmux may take to answer a question, and to carry out a change. */
  readonly probeTimeoutMs: number;
  readonly changeTimeoutMs: number;
  /** Pauses between attempts to reach a terminal that answers `unknown`; then the waiting message fails. */
  readonly recoverPausesMs: readonly number[];
  /** Pause between two looks at all terminals. */
  readonly sweepMs: number;
  /** How long a provider process of an earlier daemon gets to end by itself, and then after SIGTERM. */
  readonly orphanGraceMs: number;
}

/** Sources: facts/pairs-and-shared-client.md B1 (starts); facts/sessions-and-locks.md A2.1 (tmux). */
export const DEFAULT_TIMERS: DaemonTimers = {
  ...PROVIDER_TIMERS,
  ...DEFAULT_PAIR_TIMERS,
  probeTimeoutMs: 3_000,
  changeTimeoutMs: 5_000,
  recoverPausesMs: [1_000, 3_000, 9_000],
  sweepMs: 30_000,
  orphanGraceMs: 2_000,
};
