/** What the recorder must know of a provider's protocol: which fields vary, what its prose is, what wakes whom, what has no order. */
import type { Direction, Json, JsonObject, Speaker } from './format.ts';

/** A value inside a frame or HTTP body. */
export interface Leaf {
  readonly dir: Direction | 'http';
  /** The whole body that it is in. */
  readonly frame: Json;
  /** Keys from the top; elements of arrays are `[]`. */
  readonly path: readonly string[];
  /** Length of `path`. */
  readonly depth: number;
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
 * for the value and is not looked into. Keys go through `rename`. What nothing changes in is not copied.
 */
export function mapLeaves(
  dir: Leaf['dir'],
  frame: Json,
  change: (leaf: Leaf, value: Json) => Json | undefined,
  rename?: (key: string) => string,
): Json {
  const walk = (value: Json, place: Place): Json => {
    const changed = change(place, value);
    if (changed !== undefined) return changed;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      const mapped = (value as readonly Json[]).map((item) => walk(item, new Place(dir, frame, place)));
      return mapped.some((item, i) => item !== value[i]) ? mapped : value;
    }
    let same = true;
    const entries = Object.entries(value as JsonObject).map(([k, item]): [string, Json] => {
      const key = rename === undefined ? k : rename(k);
      const mapped = walk(item, new Place(dir, frame, place, k));
      if (key !== k || mapped !== item) same = false;
      return [key, mapped];
    });
    return same ? value : Object.fromEntries(entries);
  };
  return walk(frame, new Place(dir, frame, null));
}

/** A leaf on the way through a body; its path is put together when somebody asks. */
class Place implements Leaf {
  readonly dir: Leaf['dir'];
  readonly frame: Json;
  readonly key: string;
  readonly parent: string;
  readonly depth: number;
  readonly #owner: Place | null;
  readonly #ownKey: string | null;

  /** Without `ownKey` the whole body or an element, which goes by the key of its array. */
  constructor(dir: Leaf['dir'], frame: Json, owner: Place | null, ownKey: string | null = null) {
    this.dir = dir;
    this.frame = frame;
    this.#owner = owner;
    this.#ownKey = ownKey;
    this.key = ownKey ?? owner?.key ?? '';
    this.parent = (ownKey === null ? owner?.parent : owner?.key) ?? '';
    this.depth = owner === null ? 0 : owner.depth + 1;
  }

  get path(): readonly string[] {
    return this.#owner === null ? [] : [...this.#owner.path, this.#ownKey ?? '[]'];
  }
}
