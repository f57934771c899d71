/** A JSON object whose members are not known yet. Frames of the provider are read through these, never by a cast. */
export type Json = Readonly<Record<string, unknown>>;

const NOTHING: Json = {};

/** `value` as an object; an empty one when it is anything else, so that a missing level reads as missing members. */
export function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : NOTHING;
}

export function asString(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function asNumber(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
