/** What the recorder must know of a provider's protocol: which fields vary, what its prose is, what wakes whom, what has no order. */
import type { Direction, Json, JsonObject, Speaker } from './format.ts';

/** A value inside a frame or HTTP body. */
export interface Leaf {
  readonly dir: Direction | 'http';
  /** The whole body that it is in. */
  readonly frame: Json;
  /** Keys from the top; elements of arrays are `[]`. */
  readonly path: readonly string[];
  /** Nearest object key above the value (`''` at the top). */
  readonly key: string;
  /** Object key above the object that holds `key`, leaving out arrays (`''` at the top). */
  readonly parent: string;
}

/** A stretch of what one lane received, by index among its `recv` frames, whose order the provider does not keep. */
export interface Span {
  readonly from: number;
  /** Index of the last frame of the stretch. */
  readonly to: number;
  /** Frames with the same strand keep their order; null: the frame is on its own. Default: all on their own. */
  readonly strand?: (body: Json) => string | null;
}

/** What the client did: the body of a line it sent, or another act. */
export type ClientAct =
  | { readonly type: 'send'; readonly body: Json }
  | { readonly type: 'eof' }
  | { readonly type: 'signal' };

export interface Profile {
  readonly provider: Speaker;
  readonly protocol: string;
  /**
   * Kind of identity (`symbols.ts`) of a scalar field, or null. For kinds of the uuid family every uuid in the value counts. Kinds `rpc`,
   * `srv` and `req` are counted per process.
   */
  identity(leaf: Leaf, value: string | number): string | null;
  /** Kind of a time or gauge, or null; `{"$elided":…}` for a text that changes as a whole. */
  volatile(leaf: Leaf, value: string | number): string | JsonObject | null;
  /** Times and the like inside longer text. The text has its ids and places replaced already. */
  text(leaf: Leaf, text: string): string;
  /** Kinds of identities whose known values may stand inside the text of a field, although they are too short to be looked for. */
  embeds(leaf: Leaf): readonly string[];
  /** Says where the provider's own prose stands, of any JSON type; `volatile` when it changes from run to run. */
  prose(leaf: Leaf, value: Json): 'stable' | 'volatile' | null;
  /** True for frames whose key order is not stable: they are written with sorted keys. */
  unstableKeys(frame: JsonObject): boolean;
  /** Headers of HTTP requests and responses that matter, in lower case. */
  readonly headers: ReadonlySet<string>;
  /** What a received frame lets the client do: a scope (`''`: anything), or null. */
  gate(body: Json): string | null;
  /** The scopes whose last gate an act waits for; null: of whatever scope. */
  scopes(act: ClientAct): readonly string[] | null;
  /** True when `recv`, which came after the act, was caused by it although it does not name it. The first such frame is bound. */
  wakes(act: ClientAct, recv: Json): boolean;
  /** Stretches without order that the facts list. */
  unordered(received: readonly Json[], lane: string): Span[];
  /** True for a frame that may come at any moment after what it answers. `sent` is all that the client sent on the lane. */
  floats(received: readonly Json[], index: number, sent: readonly Json[]): boolean;
}

/**
 * The same shape with values replaced: `change` sees every value from the outside in, and what it returns (if not undefined) stands
 * for the value and is not looked into. Keys go through `rename`.
 */
export function mapLeaves(
  dir: Leaf['dir'],
  frame: Json,
  change: (leaf: Leaf, value: Json) => Json | undefined,
  rename: (key: string) => string = (key) => key,
): Json {
  const walk = (value: Json, path: readonly string[], key: string, parent: string): Json => {
    const changed = change({ dir, frame, path, key, parent }, value);
    if (changed !== undefined) return changed;
    if (Array.isArray(value)) return value.map((item: Json) => walk(item, [...path, '[]'], key, parent));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value as JsonObject).map(([k, item]) => [rename(k), walk(item, [...path, k], k, key)]),
    );
  };
  return walk(frame, [], '', '');
}
