import type { Connection } from './connection.ts';
import type { RequestId, WireObject } from './wire.ts';

/** Approvals a user can decide; everything else has a fixed answer. */
export const APPROVAL_METHODS: ReadonlySet<string> = new Set([
  'item/commandExecution/requestApproval',
  'item/fileChange/requestApproval',
]);

/** codex asks for new ChatGPT tokens. */
export const REFRESH = 'account/chatgptAuthTokens/refresh';

/** Refusals in the words each method expects: an answer of the wrong shape would wedge the turn. */
const REFUSALS: Readonly<Record<string, WireObject>> = {
  'item/commandExecution/requestApproval': { decision: 'decline' },
  'item/fileChange/requestApproval': { decision: 'decline' },
  execCommandApproval: { decision: 'denied' },
  applyPatchApproval: { decision: 'denied' },
  'item/permissions/requestApproval': { permissions: {}, scope: 'turn' },
  'item/tool/requestUserInput': { answers: {} },
  'mcpServer/elicitation/request': { action: 'decline' },
  'item/tool/call': {
    contentItems: [{ type: 'inputText', text: 'This client offers no tools.' }],
    success: false,
  },
};

/** Answers a request that nobody here decides, so that the server does not wait for ever. */
export function refuseRequest(connection: Connection, id: RequestId, method: string): void {
  if (method === REFRESH) connection.refuse(id, -32_000, 'this client manages no ChatGPT tokens');
  else connection.respond(id, REFUSALS[method] ?? {});
}
