import type { AbortNotice } from '../providers/abort.ts';
import type { Outcome, Turn, TurnSink } from '../providers/types.ts';

/** A chat's line to its provider. One turn at a time. */
export interface Conversation {
  /**
   * Resolves once the provider has accepted the turn or refused it. `sink` may hear of the turn before that. After
   * `abort` nobody waits for the provider to become ready any more.
   */
  startTurn(text: string, sink: TurnSink, abort: AbortNotice): Promise<Outcome<Turn>>;
  /** Ends what belongs to this chat alone; resolves when it is gone. The conversation can be resumed. */
  close(): Promise<void>;
}
