export { CodexClient, type CodexClientOptions, type CodexPorts } from './client.ts';
export { isUnknownThread } from './failures.ts';
