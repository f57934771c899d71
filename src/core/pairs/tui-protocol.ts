/**
 * What a TUI and the daemon say to each other on the pair's port: one JSON object a line. The TUI says `hello` and is
 * attached or refused; from then on the connection is its presence. Whoever is pinged answers with the same number.
 * Close codes are those of facts/pairs-and-shared-client.md A1.
 */
export type TuiFrame =
  | { readonly type: 'hello'; readonly token: string }
  | { readonly type: 'ping' | 'pong'; readonly n: number }
  /** It goes away on purpose: its seat is free at once. */
  | { readonly type: 'bye' };

export type DaemonFrame =
  | { readonly type: 'attached'; readonly pair: string }
  | { readonly type: 'ping' | 'pong'; readonly n: number }
  /** The connection ends with this. */
  | { readonly type: 'refused' | 'closed'; readonly code: CloseCode; readonly reason: string };

/** The thread that it shows was closed. */
export const THREAD_CLOSED = 1000;
/** Another connection of the same TUI took over. */
export const REPLACED = 4001;
/** Another TUI sits there; or: it did not answer and another one took its seat. */
export const OTHER_TUI = 4002;
/** It is being found out whether the one that sits there still lives. */
export const PROBE_RUNNING = 4003;
/** No token, or none that can be one. */
export const BAD_TOKEN = 4005;
/** It said something else than this protocol knows. */
export const PROTOCOL_ERROR = 1002;
/** The daemon goes away. */
export const GOING_AWAY = 1001;
/** The pair is gone. */
export const PAIR_GONE = 1011;
export type CloseCode = 1000 | 1001 | 1002 | 1011 | 4001 | 4002 | 4003 | 4005;

/** Longest line that is read (UTF-16 code units). */
export const MAX_FRAME = 4_096;
const MAX_TOKEN = 256;

export function encodeFrame(frame: DaemonFrame | TuiFrame): string {
  return `${JSON.stringify(frame)}\n`;
}

/** Null when the line is no frame of a TUI. */
export function decodeTuiFrame(line: string): TuiFrame | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { type, token, n } = value as Record<string, unknown>;
  if (type === 'bye') return { type };
  if (type === 'hello') return { type, token: typeof token === 'string' ? token : '' };
  if ((type === 'ping' || type === 'pong') && typeof n === 'number') return { type, n };
  return null;
}

export function isToken(token: string): boolean {
  return token.length > 0 && token.length <= MAX_TOKEN;
}
