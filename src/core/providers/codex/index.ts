export { CodexClient, type CodexClientOptions, type CodexPorts } from './client.ts';
