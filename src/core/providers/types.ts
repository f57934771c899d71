/** What the orchestrator needs of any provider: codex and claude speak different protocols, a chat sees only this. */

/** Why a turn or a request failed, as far as handling differs. The upstream text is always kept beside it. */
export type FailureClass =
  /** Credentials were refused (401, 403). */
  | 'unauthorized'
  | 'rate-limited'
  | 'overloaded'
  /** The request was understood and refused for another reason. */
  | 'rejected'
  /** No answer in time. The request may or may not have been acted upon. */
  | 'timed-out'
  /** The process or its pipes broke. If the request had been written, it may have been acted upon. */
  | 'transport'
  /** The caller gave up, or the client was closed on purpose. */
  | 'aborted'
  /** The provider is not there, or of a version that is not supported: as it is set up, no attempt can succeed. */
  | 'unavailable'
  | 'other';

export interface Failure {
  readonly class: FailureClass;
  /** The provider's own words, unchanged; or ours, for `timed-out`, `transport` and `aborted`. */
  readonly message: string;
  readonly httpStatus: number | null;
  /** The request was handed to the pipe before it failed: it must not be repeated blindly. */
  readonly mayHaveRun: boolean;
}

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

export type Decision = 'accept' | 'decline';

/** What happens during a turn, in order. After `ended` nothing follows, and it comes exactly once. */
export type TurnEvent =
  | { readonly type: 'started'; readonly turnId: string }
  | { readonly type: 'text'; readonly itemId: string; readonly delta: string }
  /** A finished message, whole. */
  | { readonly type: 'message'; readonly itemId: string; readonly text: string }
  | {
      readonly type: 'tool';
      readonly itemId: string;
      readonly title: string;
      readonly status: 'started' | 'completed' | 'failed' | 'declined';
    }
  | { readonly type: 'approval'; readonly approvalId: string; readonly itemId: string; readonly title: string }
  /** The provider no longer waits for this answer (interrupted, or answered elsewhere). */
  | { readonly type: 'approval-withdrawn'; readonly approvalId: string }
  /** The provider tries again by itself; the turn goes on. */
  | { readonly type: 'retrying'; readonly message: string; readonly httpStatus: number | null }
  | { readonly type: 'ended'; readonly status: 'completed' | 'interrupted'; readonly failure: null }
  | { readonly type: 'ended'; readonly status: 'failed'; readonly failure: Failure };

export type TurnSink = (event: TurnEvent) => void;

/** A turn that the provider has accepted. */
export interface Turn {
  /** The provider's id, or ours where the provider has none. */
  readonly turnId: string;
  /** For how many ms the provider has said nothing about this turn. */
  readonly silentMs: number;
  /** Asks for the end of the turn; the `ended` event tells when. Not an error if the turn has ended by itself. */
  interrupt(): Promise<Outcome<null>>;
  /** Ends the turn for its owner with `failure`, whatever the provider goes on doing. Does nothing once it has ended. */
  giveUp(failure: Failure): void;
  /** False when no approval with this id is open (any more). */
  answer(approvalId: string, decision: Decision): boolean;
}

/** How a provider's client ended, once it has. */
export interface ClientEnd {
  /** `closed`: we closed it. `exited`: the process ended by itself or was killed. `broken`: a pipe broke. */
  readonly kind: 'closed' | 'exited' | 'broken';
  readonly code: number | null;
  readonly signal: string | null;
  /** For people, with the tail of stderr when there is any. */
  readonly message: string;
}

/** How to start a provider process. */
export interface ProviderCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}
