/** Two versions of a protocol's schema, compared where the frames of recordings are: what nobody uses does not count. */
import type { Json } from '../../transcript/format.ts';
import { isArray, isObject, typeOf } from '../../transcript/json.ts';
import type { Change, Observation, Use } from './finding.ts';
import type { ProtocolSchema, Shape } from './json-schema.ts';
import type { Reads } from './reads.ts';

/** A value of a recorded frame, and what it is called. */
export interface Sample {
  readonly recording: string;
  readonly frame: string;
  /** Path of the value in its frame: `$.params`, `$.result`. */
  readonly path: string;
  readonly sent: boolean;
  readonly value: Json;
}

/**
 * What changed for this value from the schema `was` to the schema `now`. Without `was` (the recorded version is not there)
 * additions cannot be told: then only what the value itself shows is reported.
 */
export function diffSchemas(
  sample: Sample,
  was: { readonly protocol: ProtocolSchema; readonly schema: Json } | null,
  now: { readonly protocol: ProtocolSchema; readonly schema: Json },
  reads: Reads,
): Observation[] {
  const walk = new Walk(sample, was?.protocol ?? null, now.protocol, reads);
  walk.compare(sample.value, was?.schema ?? null, now.schema, sample.path);
  return walk.found;
}

class Walk {
  readonly found: Observation[] = [];
  readonly #sample: Sample;
  readonly #was: ProtocolSchema | null;
  readonly #now: ProtocolSchema;
  readonly #reads: Reads;

  constructor(sample: Sample, was: ProtocolSchema | null, now: ProtocolSchema, reads: Reads) {
    this.#sample = sample;
    this.#was = was;
    this.#now = now;
    this.#reads = reads;
  }

  /** `value` undefined: the recordings do not have the field, but the adapters look for it. */
  compare(value: Json | undefined, wasSchema: Json, nowSchema: Json, path: string): void {
    const was = this.#was?.shapes(wasSchema) ?? null;
    const now = this.#now.shapes(nowSchema);
    if (was !== null) this.#compareSets(was, now, path);
    const words = this.#was?.description(wasSchema) ?? null;
    if (isObject(wasSchema) && words !== null && words !== this.#now.description(nowSchema)) {
      this.#note('text-changed', path, null, null);
    }
    if (value === undefined) return;
    const target = pick(now, value);
    if (target === null) this.#notAdmitted(value, now, path);
    else if (target.type === 'any') return;
    else if (isObject(value)) this.#objects(value, was === null ? null : pick(was, value), target, path);
    else if (isArray(value) && target.items !== null) {
      const items = was === null ? null : (pick(was, value)?.items ?? true);
      for (const item of value) this.compare(item, items ?? true, target.items, `${path}[]`);
    }
  }

  #objects(value: { readonly [key: string]: Json }, was: Shape | null, now: Shape, path: string): void {
    const sent = this.#sample.sent;
    const looked = sent ? [] : this.#reads.keysBelow(this.#sample.frame, path);
    for (const key of new Set([...Object.keys(value), ...looked])) {
      const at = `${path}.${key}`;
      const before = own(was?.properties, key);
      const after = own(now.properties, key);
      if (after !== undefined) {
        this.compare(own(value, key), before ?? true, after, at);
        if (!sent && was?.required.has(key) && !now.required.has(key))
          this.#note('field-optional', at, 'required', 'optional');
      } else if (now.further !== null) {
        if (Object.hasOwn(value, key)) this.compare(value[key] as Json, was?.further ?? true, now.further, at);
      } else if (before !== undefined || (was === null && Object.hasOwn(value, key))) {
        this.#note('field-removed', at, describe(own(value, key)), null);
      }
    }
    for (const key of now.required) {
      if (sent && !Object.hasOwn(value, key)) this.#note('field-required', `${path}.${key}`, null, 'required');
    }
    if (was === null) return;
    for (const key of Object.keys(now.properties)) {
      if (Object.hasOwn(was.properties, key) || (sent && now.required.has(key))) continue;
      this.#note('field-added', `${path}.${key}`, null, now.required.has(key) ? 'required' : 'optional');
    }
  }

  /** Values and types that are possible in one of the versions only. */
  #compareSets(was: readonly Shape[], now: readonly Shape[], path: string): void {
    if (was.some(({ type }) => type === 'any') || now.some(({ type }) => type === 'any')) return;
    const types = (shapes: readonly Shape[]): Set<string> => new Set(shapes.map(({ type }) => type));
    for (const type of types(now)) {
      if (types(was).has(type)) continue;
      this.#note(type === 'null' ? 'field-optional' : 'type-widened', path, [...types(was)].sort().join(' | '), type);
    }
    const plain = (shapes: readonly Shape[]) =>
      shapes.flatMap(({ type, values }) => (type === 'string' ? (values ?? []) : []));
    const open = was.some(({ type, values }) => type === 'string' && values === null);
    if (!open && types(was).has('string')) this.#newValues(plain(was), plain(now), path);
    for (const tag of tagsOf(now)) {
      const tags = (shapes: readonly Shape[]): Json[] => shapes.flatMap((one) => tagOf(one, tag) ?? []);
      if (tags(was).length > 0) this.#newValues(tags(was), tags(now), `${path}.${tag}`);
    }
  }

  #newValues(was: readonly Json[], now: readonly Json[], path: string): void {
    for (const value of now) if (!was.includes(value)) this.#note('value-added', path, null, String(value));
  }

  #notAdmitted(value: Json, now: readonly Shape[], path: string): void {
    const type = typeOf(value);
    const same = now.filter((one) => one.type === type);
    if (same.length === 0) {
      return this.#note('type-changed', path, type, [...new Set(now.map((one) => one.type))].sort().join(' | '));
    }
    if (!isObject(value)) return this.#note('value-removed', path, String(value), null);
    for (const tag of tagsOf(same)) {
      if (Object.hasOwn(value, tag)) return this.#note('value-removed', `${path}.${tag}`, String(value[tag]), null);
    }
    this.#note('type-changed', path, 'object', 'object of another kind');
  }

  #note(change: Change, path: string, was: string | null, now: string | null): void {
    const { frame, recording, sent } = this.#sample;
    const use: Use = sent ? 'sent' : this.#reads.has(frame, path) ? 'read' : 'recorded';
    this.found.push({ source: 'schema', change, use, frame, path, was, now, recording });
  }
}

/** The shape that a value has, preferably with its required keys; null when no shape admits it. */
function pick(shapes: readonly Shape[], value: Json): Shape | null {
  const type = typeOf(value);
  const fitting = shapes.filter((one) => one.type === 'any' || (one.type === type && admits(one, value)));
  if (!isObject(value)) return fitting[0] ?? null;
  const missing = (one: Shape): number => [...one.required].filter((key) => !Object.hasOwn(value, key)).length;
  const unknown = (one: Shape): number =>
    Object.keys(value).filter((key) => !Object.hasOwn(one.properties, key)).length;
  const weight = (one: Shape): number => missing(one) * 100 + unknown(one);
  return fitting.reduce<Shape | null>((best, one) => (best === null || weight(one) < weight(best) ? one : best), null);
}

function admits(one: Shape, value: Json): boolean {
  if (one.values !== null && !one.values.includes(value)) return false;
  if (!isObject(value)) return true;
  return Object.keys(one.properties).every((key) => {
    const tag = tagOf(one, key);
    return tag === null || !Object.hasOwn(value, key) || tag === value[key];
  });
}

/** The one value that a field of this shape can have, where it is a string: it tells the variants of a union apart. */
function tagOf({ properties }: Shape, key: string): string | null {
  const field = own(properties, key);
  if (!isObject(field)) return null;
  const [only, ...others] = isArray(field.enum) ? field.enum : [field.const];
  return typeof only === 'string' && others.length === 0 ? only : null;
}

function tagsOf(shapes: readonly Shape[]): Set<string> {
  return new Set(shapes.flatMap((one) => Object.keys(one.properties).filter((key) => tagOf(one, key) !== null)));
}

const own = <Value>(map: Readonly<Record<string, Value>> | undefined, key: string): Value | undefined =>
  map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;

const describe = (value: Json | undefined): string | null => (value === undefined ? null : typeOf(value));
