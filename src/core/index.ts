/** The orchestration core. It reaches the world only through {@link Ports}. */

export type { NewChat, SendResult } from './chats/registry.ts';
export { type DaemonConfig, type DaemonTimers, DEFAULT_TIMERS } from './config.ts';
export { Daemon } from './daemon.ts';
export type { HelperResult } from './helpers.ts';
export { LOCK_SWEEP_MS, type LocksConfig } from './locks/config.ts';
export { DataInUseError } from './locks/daemon-guard.ts';
export type { LockResult, LockView } from './locks/directory-locks.ts';
export { LOCK_MARK } from './locks/evidence.ts';
export { DEFAULT_PAIRS, type PairsConfig } from './pairs/config.ts';
export type {
  AttachResult,
  DestroyOptions,
  DestroyResult,
  EnsureResult,
  OpenResult,
  PairError,
  PairErrorCode,
} from './pairs/results.ts';
export type { DaemonFrame, TuiFrame } from './pairs/tui-protocol.ts';
export type * from './ports.ts';
export type { ChatView, DaemonStatus, PairStatus } from './status.ts';
export { DataFormatError } from './store/schema-version.ts';
