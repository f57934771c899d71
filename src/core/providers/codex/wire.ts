/** Reading of untrusted JSON, and the shapes of the app-server protocol that matter here (codex 0.169.0). */

export type WireObject = Readonly<Record<string, unknown>>;

/** Requests from the server carry integers from 0 on; strings are legal too. */
export type RequestId = number | string;

/** Anything but a JSON object reads as an empty one. */
export function object(value: unknown): WireObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as WireObject) : {};
}

export function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function integer(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) ? value : null;
}

/** The value when it is a string or an integer, the only ids JSON-RPC allows. */
export function requestId(value: unknown): RequestId | null {
  return text(value) ?? integer(value);
}

/** The server does not answer a frame with a lone surrogate at all (its JSON parser rejects the line): replaced by U+FFFD. */
export function wellFormed(value: string): string {
  return value.replace(/\p{Surrogate}/gu, '\u{FFFD}');
}
