import { TurnWatchdog } from './chats/turn-watchdog.ts';
import type { Clock, Log } from './ports.ts';
import type { AbortNotice } from './providers/abort.ts';
import type { UsePhase } from './providers/cleanup-policy.ts';
import type { CodexClient } from './providers/codex/index.ts';
import type { ProviderTimers } from './providers/config.ts';
import { localFailure } from './providers/failure.ts';
import type { SharedClients } from './providers/shared-clients.ts';
import { causeOf } from './providers/silence.ts';
import type { Failure, Turn, TurnEvent } from './providers/types.ts';

export interface HelperRequest {
  /** The pair whose app-server the helper uses: its parent's. One app-server serves both (facts B1, incident O02). */
  readonly pairId: string;
  /** The chat that asked for help. */
  readonly spawnedBy: string;
  readonly cwd: string;
  readonly prompt: string;
  /** Its parent does not want the answer any more. */
  readonly abort?: AbortNotice;
}

export type HelperResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly failure: Failure };

export interface HelperHost {
  readonly clients: SharedClients<CodexClient>;
  readonly clock: Clock;
  readonly log: Log;
  readonly timers: ProviderTimers;
}

type Ended = Extract<TurnEvent, { type: 'ended' }>;

/** Runs one helper: a thread of its own on the parent's app-server, one turn, and it is gone. */
export async function runHelper(host: HelperHost, request: HelperRequest): Promise<HelperResult> {
  const { clients, timers } = host;
  const acquired = await clients.acquire(request.pairId, `helper of ${request.spawnedBy}`, {
    initializedWithinMs: timers.acquireInitializedMs,
    readyWithinMs: timers.acquireReadyMs,
    ...(request.abort ? { abort: request.abort } : {}),
  });
  if (!acquired.ok) return acquired;
  const lease = acquired.value;
  const run = new HelperRun(host, request, lease.client);
  const result = await run.result();
  if (result.ok || run.heeded) lease.release();
  else lease.releaseAfter(causeOf(result.failure, lease.client, timers), run.phase);
  return result;
}

class HelperRun {
  phase: UsePhase = 'start';
  /** It was interrupted from here, and the app-server did as it was told: it is well. */
  heeded = false;
  readonly #host: HelperHost;
  readonly #request: HelperRequest;
  readonly #client: CodexClient;
  readonly #ended: Promise<Ended>;
  #end: (event: Ended) => void = () => {};
  #turn: Turn | null = null;
  #watchdog: TurnWatchdog | null = null;
  /** Asked for before it was known which turn asks. */
  #questions: string[] = [];
  #text = '';

  constructor(host: HelperHost, request: HelperRequest, client: CodexClient) {
    this.#host = host;
    this.#request = request;
    this.#client = client;
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async result(): Promise<HelperResult> {
    const { cwd, prompt, abort } = this.#request;
    const thread = await this.#client.startThread({ cwd });
    if (!thread.ok) return thread;
    if (abort?.aborted) return { ok: false, failure: localFailure('rejected', 'its parent was closed', false) };
    const turn = await this.#client.startTurn(thread.value, prompt, (event) => this.#saw(event));
    if (!turn.ok) return turn;
    this.phase = 'turn';
    this.#turn = turn.value;
    for (const approvalId of this.#questions) turn.value.answer(approvalId, 'decline');
    const watchdog = this.#watch(turn.value);
    const stopListening = abort?.onAbort(() => void turn.value.interrupt());
    const { status, failure } = await this.#ended;
    stopListening?.();
    watchdog.stop();
    this.heeded = status === 'interrupted';
    if (watchdog.verdict) return { ok: false, failure: failure ?? watchdog.verdict };
    if (status === 'failed') return { ok: false, failure };
    if (status === 'completed') return { ok: true, text: this.#text };
    return { ok: false, failure: localFailure('aborted', 'the helper was interrupted', true) };
  }

  #saw(event: TurnEvent): void {
    this.#watchdog?.saw(event);
    if (event.type === 'message') this.#text += event.text;
    else if (event.type === 'approval') this.#decline(event.approvalId);
    else if (event.type === 'ended') this.#end(event);
  }

  /** A helper has no user: a question that nobody answers would keep it for ever. */
  #decline(approvalId: string): void {
    if (this.#turn) this.#turn.answer(approvalId, 'decline');
    else this.#questions.push(approvalId);
  }

  #watch(turn: Turn): TurnWatchdog {
    const { clock, log, timers } = this.#host;
    const name = `helper of ${this.#request.spawnedBy}`;
    this.#watchdog = new TurnWatchdog({
      clock,
      log,
      timers,
      name,
      turn,
      waitsForUser: () => false,
      onStalled: (silentMs) => log.event('turn.stalled', { turn: name, silentMs }),
    });
    return this.#watchdog;
  }
}
