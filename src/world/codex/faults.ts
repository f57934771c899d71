import type { ModelFault, StartFault } from '../model/faults.ts';
import type { Proc } from '../proc.ts';

/** A request to the model, as a fault can pick it. Counts start from 1. */
export interface ModelRequestInfo {
  readonly pid: number;
  readonly codexHome: string;
  readonly threadId: string;
  /** Which thread of the process, in order of loading. */
  readonly threadNumber: number;
  /** Which request of the process, and of the thread in this process. */
  readonly ofProcess: number;
  readonly ofThread: number;
  /** Counts the requests with the same conversation. */
  readonly attempt: number;
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
  /** Asked for each request to the model. */
  model?(request: ModelRequestInfo): ModelFault | null;
}
