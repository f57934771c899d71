/** Answers to requests about pairs. A refusal says what to do; its code is stable. Source: facts A1 (Route B). */

export type PairErrorCode =
  | 'INVALID_PAIR_NAME'
  | 'PAIR_NOT_FOUND'
  /** The seat at its TUI is another chat's. */
  | 'PAIR_BUSY'
  /** There is no TUI at which to take a seat. */
  | 'PAIR_HAS_NO_TUI'
  | 'PAIR_BUSY_NOT_FORCED'
  /** Chats live on it and there is no other pair to take them. */
  | 'PAIR_STILL_NEEDED'
  | 'PAIR_PORTS_BUSY'
  | 'MAX_PAIRS'
  | 'ALLOCATION_FAILED'
  | 'APP_SERVER_FAILED'
  | 'DAEMON_SHUTTING_DOWN'
  | 'CHAT_NOT_FOUND'
  /** Only codex chats sit at a TUI. */
  | 'CHAT_TAKES_NO_SEAT'
  | 'CHAT_EXISTS'
  /** It was to work beside a terminal that is not there, or with a backend that is not configured. */
  | 'TERMINAL_NOT_AVAILABLE';

export interface PairError {
  readonly ok: false;
  readonly code: PairErrorCode;
  /** For people. */
  readonly message: string;
  /** Of `PAIR_PORTS_BUSY`. */
  readonly conflictPort?: number;
  /** Who holds that port, as far as that can be seen. */
  readonly conflictPid?: number | null;
}

export type EnsureResult = { readonly ok: true; readonly pairId: string; readonly port: number } | PairError;
export type DestroyResult = { readonly ok: true } | PairError;
export type OpenResult = { readonly ok: true; readonly homePairId: string } | PairError;
/** `paired`: the chat works in the TUI's thread of `pairId`; else in a thread of its own there. */
export type AttachResult = { readonly ok: true; readonly pairId: string; readonly paired: boolean } | PairError;

export interface DestroyOptions {
  /** Also when chats work on it. Default false. */
  readonly force?: boolean;
  /** Gives its name and port up too. Default false: it can be ensured again and has the same port then. */
  readonly forget?: boolean;
}

export function pairError(code: PairErrorCode, message: string): PairError {
  return { ok: false, code, message };
}

/** Names become parts of lane names, log lines and paths. */
const PAIR_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

/** Null when `name` may be a pair's name. */
export function badPairName(name: string): PairError | null {
  if (PAIR_NAME.test(name)) return null;
  const shown = JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);
  return pairError(
    'INVALID_PAIR_NAME',
    `${shown} cannot be the name of a pair: use 1 to 32 letters, digits, '_' and '-', beginning with a letter or digit.`,
  );
}

export function noSuchPair(pairId: string): PairError {
  return pairError('PAIR_NOT_FOUND', `There is no pair ${pairId}. Ensure it first.`);
}
