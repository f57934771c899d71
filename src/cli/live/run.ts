import { Account, type AccountListener, type LiveFailure, type StepRecord } from './account.ts';
import { WALKTHROUGH_SCRIPT } from './cast.ts';
import { LiveMachine } from './machine.ts';
import type { LiveTools } from './requirements.ts';
import { Walkthrough } from './walkthrough.ts';

/** The outcome of a live run, as `--json` prints it. */
export interface LiveReport {
  readonly ok: boolean;
  readonly tools: { readonly tmux: string; readonly codex: string; readonly claude: string };
  /** Why the providers are not in a network namespace with nothing but loopback, or null when they are. */
  readonly notIsolated: string | null;
  readonly steps: readonly StepRecord[];
  readonly failure: LiveFailure | null;
  /** What could not be cleaned up in good order: a sentence each. */
  readonly left: readonly string[];
  readonly wallMs: number;
}

export interface LiveOptions {
  readonly patienceMs: number;
  /** Ends the run early, with everything cleaned up. */
  readonly stop: AbortSignal;
  readonly listener: LiveListener;
}

export interface LiveListener extends AccountListener {
  /** Before the first step. */
  opened(tools: LiveReport['tools'], notIsolated: string | null): void;
}

/** Runs the walkthrough. Rejects only when its folder or its model server cannot be made. */
export async function runLive(tools: LiveTools, options: LiveOptions): Promise<LiveReport> {
  const startedAt = performance.now();
  const { patienceMs, stop, listener } = options;
  const machine = await LiveMachine.open({ tools, script: WALKTHROUGH_SCRIPT, patienceMs, stop });
  const { network } = machine.model;
  const versions = { tmux: tools.tmux.version, codex: tools.codex.version, claude: tools.claude.version };
  const notIsolated = network.kind === 'isolated' ? null : network.reason;
  listener.opened(versions, notIsolated);
  const account = new Account(listener, machine.log);
  try {
    await new Walkthrough(machine, account).run();
  } catch {
    // Noted in the account, with the step in which it happened.
  }
  const left = await machine.dispose();
  return {
    ok: account.failure === null && left.length === 0,
    tools: versions,
    notIsolated,
    steps: account.steps,
    failure: account.failure,
    left,
    wallMs: Math.round(performance.now() - startedAt),
  };
}
