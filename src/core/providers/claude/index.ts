export { ClaudeClient } from './client.ts';
export { isUnknownSession } from './failure.ts';
export { type ClaudeStart, type ClaudeTimeouts, DEFAULT_TIMEOUTS } from './options.ts';
export type { ClaudePorts } from './process.ts';
