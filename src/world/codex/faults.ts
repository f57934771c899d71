import type { ModelFault, StartFault } from '../model/faults.ts';
import type { Proc } from '../proc.ts';

/** A request to the model, as a fault can pick it. Counts start from 1. */
export interface ModelRequestInfo {
  readonly proc: Proc;
  readonly codexHome: string;
  readonly threadId: string;
  /** Which thread of the process, in order of loading. */
  readonly threadNumber: number;
  /** Which request of the process, and of the thread in this process. */
  readonly ofProcess: number;
  readonly ofThread: number;
  /** Counts the requests with the same conversation. */
  readonly attempt: number;
  /** Tokens of the client that it is sent with; null when the server has a login of its own. */
  readonly tokens: { readonly accessToken: string; readonly account: string } | null;
  /** The user's last words. */
  readonly words: string;
}

export interface CodexFaults {
  /** Asked once for each started process, `number` counting from 1 in its home. */
  start?(process: { readonly pid: number; readonly codexHome: string; readonly number: number }): StartFault | null;
  /** Asked for each request of the client but \`initialize\`; what it gives is the answer, and nothing is done. */
  request?(request: { readonly proc: Proc; readonly method: string }): {
    readonly code: number;
    readonly message: string;
  } | null;
  /**
   * Asked when a turn is about to start on a thread at rest: somebody else's turn with these words may begin there just
   * before. `stub`: whoever asked is told of a turn that never starts, as by codex 0.142.5.
   */
  turnTaken?(proc: Proc): { readonly words: string; readonly stub: boolean } | null;
  /** Told of each question for new tokens, by its id. */
  refreshAsked?(asked: { readonly proc: Proc; readonly question: number }): void;
  /** Asked for each request to the model. */
  model?(request: ModelRequestInfo): ModelFault | null;
}
