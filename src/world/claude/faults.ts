import type { ModelFault, StartFault } from '../model/faults.ts';

/** A request to the model, as a fault can pick it. Counts start from 1. */
export interface ModelRequestInfo {
  readonly pid: number;
  readonly sessionId: string;
  /** Which request of the process, and of the turn (repeated ones count). */
  readonly ofProcess: number;
  readonly ofTurn: number;
  /** The user's last words. */
  readonly words: string;
}

export interface ClaudeFaults {
  /** Asked once for each started process, `number` counting from 1. */
  start?(process: { readonly pid: number; readonly number: number }): StartFault | null;
  /** Asked for each request to the model. */
  model?(request: ModelRequestInfo): ModelFault | null;
}
