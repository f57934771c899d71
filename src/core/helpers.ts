import type { CodexClient } from './providers/codex/index.ts';
import { localFailure } from './providers/failure.ts';
import type { SharedClients } from './providers/shared-clients.ts';
import type { Failure, TurnEvent } from './providers/types.ts';

export interface HelperRequest {
  /** The pair whose app-server the helper uses: its parent's. One app-server serves both (facts B1, incident O02). */
  readonly pairId: string;
  /** The chat that asked for help. */
  readonly spawnedBy: string;
  readonly cwd: string;
  readonly prompt: string;
}

export type HelperResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly failure: Failure };

/** Runs one helper: a thread of its own on the parent's app-server, one turn, and it is gone. */
export async function runHelper(clients: SharedClients<CodexClient>, request: HelperRequest): Promise<HelperResult> {
  const acquired = await clients.acquire(request.pairId, `helper of ${request.spawnedBy}`);
  if (!acquired.ok) return acquired;
  const lease = acquired.value;
  const result = await runTurn(lease.client, request);
  if (result.ok) lease.release();
  else lease.releaseAfter(result.failure.class);
  return result;
}

async function runTurn(client: CodexClient, request: HelperRequest): Promise<HelperResult> {
  const thread = await client.startThread({ cwd: request.cwd });
  if (!thread.ok) return thread;
  let text = '';
  let end: (event: Extract<TurnEvent, { type: 'ended' }>) => void = () => {};
  const ended = new Promise<Extract<TurnEvent, { type: 'ended' }>>((resolve) => {
    end = resolve;
  });
  const turn = await client.startTurn(thread.value, request.prompt, (event) => {
    if (event.type === 'message') text += event.text;
    if (event.type === 'ended') end(event);
  });
  if (!turn.ok) return turn;
  const { status, failure } = await ended;
  if (status === 'failed') return { ok: false, failure };
  if (status === 'completed') return { ok: true, text };
  return { ok: false, failure: localFailure('aborted', 'the helper was interrupted', true) };
}
