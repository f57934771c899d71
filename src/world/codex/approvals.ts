import { UnmodelledError } from '../unmodelled.ts';
import { isMap, type JsonObject } from './params.ts';
import type { CodexServer } from './server.ts';
import { TIMING } from './timings.ts';

/** What the client answered. `error`: a JSON-RPC error, which counts as a failed approval. */
export type Answer = 'accept' | 'decline' | 'error';

export interface ToolQuestion {
  readonly method: string;
  readonly params: JsonObject;
}

/** Asks the client whether a tool may run; gives the id of the request. */
export function approvalQuestion(
  server: CodexServer,
  question: ToolQuestion,
  answered: (answer: Answer) => void,
): number {
  return server.ask(question.method, question.params, (answer) => {
    const verdict = 'error' in answer ? 'error' : decisionOf(answer.result);
    server.later(TIMING.approvalAnswered, () => answered(verdict));
  });
}

function decisionOf(result: JsonObject): Answer {
  const decision = isMap(result) ? result.decision : undefined;
  if (decision === 'accept' || decision === 'decline') return decision;
  throw new UnmodelledError('codex', `the answer ${JSON.stringify(result)} to an approval`);
}
