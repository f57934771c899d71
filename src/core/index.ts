/** The orchestration core. It reaches the world only through {@link Ports}. */

export type { NewChat, SendResult } from './chats/registry.ts';
export { type DaemonConfig, type DaemonTimers, DEFAULT_TIMERS } from './config.ts';
export { Daemon } from './daemon.ts';
export type { HelperResult } from './helpers.ts';
export type * from './ports.ts';
export type { ChatView, DaemonStatus, PairStatus } from './status.ts';
