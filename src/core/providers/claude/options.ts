import type { ProcessIdentity } from '../../ports.ts';
import type { ProviderCommand } from '../types.ts';
import type { EndTimes } from './process.ts';

/** All in ms. */
export interface ClaudeTimeouts extends EndTimes {
  /** From the start of the process to the answer of `initialize` (measured: 0.6 s alone, 2.8 s on a busy machine). */
  readonly initializeMs: number;
  /** From writing a message to its first `command_lifecycle`; silence means that the process is stuck. */
  readonly acceptMs: number;
  /** How long Claude may be silent while the message waits for what it is still at. */
  readonly queuedMs: number;
  /** For the answer to a control request (an interrupt is answered within 25 ms). */
  readonly controlMs: number;
  /** How long the next message waits for `idle` after a result. Background work may keep Claude from ever being idle. */
  readonly settleMs: number;
}

export const DEFAULT_TIMEOUTS: ClaudeTimeouts = {
  initializeMs: 30_000,
  acceptMs: 30_000,
  queuedMs: 1_800_000,
  controlMs: 10_000,
  settleMs: 1_000,
  termMs: 2_000,
  killMs: 5_000,
  reapMs: 2_000,
  brokenMs: 1_000,
};

export interface ClaudeStart {
  /** `args` are added to the protocol's own flags; `env` replaces the environment, so it must hold PATH, HOME and the credentials. */
  readonly command: ProviderCommand & { readonly env: Readonly<Record<string, string>> };
  readonly lane: string;
  /** Told of the process before anything is said to it; the start waits for that. */
  readonly onSpawned?: (identity: ProcessIdentity) => Promise<void>;
  /** Session to go on with. An unknown one makes the start fail with class `rejected`. */
  readonly resume?: string;
  readonly timeouts?: Partial<ClaudeTimeouts>;
}

/** As the Agent SDK starts it (facts/claude-wire 2), with streamed text. */
export const PROTOCOL_ARGS: readonly string[] = [
  '--output-format',
  'stream-json',
  '--verbose',
  '--input-format',
  'stream-json',
  '--permission-prompt-tool=stdio',
  '--include-partial-messages',
];

/** Makes the CLI report `session_state_changed`. */
export const PROTOCOL_ENV = { CLAUDE_CODE_SDK_READS_SESSION_STATE: '1' };
