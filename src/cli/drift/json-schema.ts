/** Reading of the JSON Schema (draft 7) that codex prints: one bundle of definitions, references into it, unions. */
import type { Json, JsonObject } from '../../transcript/format.ts';
import { isArray, isObject, typeOf } from '../../transcript/json.ts';

/** One of the shapes that a schema admits. */
export interface Shape {
  readonly type: 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object' | 'any';
  /** The only values, where they are listed. */
  readonly values: readonly Json[] | null;
  readonly properties: Readonly<Record<string, Json>>;
  readonly required: ReadonlySet<string>;
  readonly items: Json | null;
  /** Schema of further keys; null where none is given. */
  readonly further: Json | null;
}

/** Kinds of frames that have a schema, by who writes them and whether they ask, tell or answer. */
export type Root = 'ClientRequest' | 'ClientNotification' | 'ServerRequest' | 'ServerNotification';
const ROOTS: readonly Root[] = ['ClientRequest', 'ClientNotification', 'ServerRequest', 'ServerNotification'];

/** The protocol of one version. */
export class ProtocolSchema {
  readonly #definitions: JsonObject;
  readonly #params = new Map<string, Json>();

  /** `bundle`: the file that holds all definitions. Throws an Error that says what is missing in it. */
  constructor(bundle: Json) {
    if (!isObject(bundle) || !isObject(bundle.definitions)) throw new Error('the schema has no "definitions"');
    this.#definitions = bundle.definitions;
    for (const root of ROOTS) {
      const variants = this.#definitions[root];
      if (!isObject(variants) || !isArray(variants.oneOf)) throw new Error(`the schema has no union "${root}"`);
      for (const variant of variants.oneOf) this.#learn(root, variant);
    }
  }

  /** Names of the methods of one kind, in order. */
  methods(root: Root): string[] {
    return [...this.#params.keys()]
      .filter((key) => key.startsWith(`${root} `))
      .map((key) => key.slice(root.length + 1))
      .sort();
  }

  has(root: Root, method: string): boolean {
    return this.#params.has(`${root} ${method}`);
  }

  /** Schema of the parameters; null for a method that has none or does not exist. */
  params(root: Root, method: string): Json {
    return this.#params.get(`${root} ${method}`) ?? null;
  }

  /** Schema of the result, found by its name: `ThreadStartParams` is answered by `ThreadStartResponse`. Null if there is none. */
  result(root: 'ClientRequest' | 'ServerRequest', method: string): Json {
    const params = this.params(root, method);
    const reference = isObject(params) && typeof params.$ref === 'string' ? params.$ref : null;
    if (reference?.endsWith('Params') !== true) return null;
    const name = reference.replace(/Params$/, 'Response');
    const plain = `#/definitions/${name.slice(name.lastIndexOf('/') + 1)}`;
    const found = [name, plain].find((candidate) => this.#find(candidate) !== null);
    return found === undefined ? null : { $ref: found };
  }

  /** The shapes that a schema admits, references followed and unions taken apart. A schema that says nothing admits any. */
  shapes(schema: Json, depth = 0): Shape[] {
    if (!isObject(schema) || depth > 32) return [shape('any')];
    if (typeof schema.$ref === 'string') return this.shapes(this.#find(schema.$ref) ?? true, depth + 1);
    const union = isArray(schema.oneOf) ? schema.oneOf : isArray(schema.anyOf) ? schema.anyOf : null;
    if (union !== null) {
      const own = union.flatMap((variant) => this.shapes(variant, depth + 1));
      // Fields beside the union belong to each of its variants.
      return isObject(schema.properties) ? own.map((variant) => joined(variant, objectShape(schema))) : own;
    }
    if (isArray(schema.allOf)) {
      const parts = schema.allOf.map((part) => this.shapes(part, depth + 1));
      const [first, ...rest] = isObject(schema.properties) ? [...parts, [objectShape(schema)]] : parts;
      if (first === undefined) return [shape('any')];
      return rest.reduce((sum, part) => sum.flatMap((a) => part.map((b) => joined(a, b))), first);
    }
    const values = isArray(schema.enum) ? schema.enum : 'const' in schema ? [schema.const as Json] : null;
    const types = typesOf(schema, values);
    return types.map((type) => ({
      ...(type === 'object' ? objectShape(schema) : shape(type)),
      values: values?.filter((value) => type === 'any' || typeOf(value) === type) ?? null,
      ...(type === 'array' ? { items: schema.items ?? null } : {}),
    }));
  }

  /** Words for people in a schema; they bind nobody. */
  description(schema: Json): string {
    if (!isObject(schema)) return '';
    if (typeof schema.description === 'string') return schema.description;
    return typeof schema.$ref === 'string' ? this.description(this.#find(schema.$ref) ?? null) : '';
  }

  #learn(root: Root, variant: Json): void {
    if (!isObject(variant) || !isObject(variant.properties) || !isObject(variant.properties.method)) return;
    const { method, params } = variant.properties;
    const [name] = isArray(method.enum) ? method.enum : [method.const];
    if (typeof name === 'string') this.#params.set(`${root} ${name}`, params ?? null);
  }

  #find(reference: string): Json | null {
    if (!reference.startsWith('#/definitions/')) return null;
    let at: Json | undefined = this.#definitions;
    for (const name of reference.slice('#/definitions/'.length).split('/')) at = isObject(at) ? at[name] : undefined;
    return at ?? null;
  }
}

function shape(type: Shape['type']): Shape {
  return { type, values: null, properties: {}, required: new Set(), items: null, further: null };
}

function objectShape(schema: JsonObject): Shape {
  const required = isArray(schema.required) ? schema.required.filter((key) => typeof key === 'string') : [];
  const further = schema.additionalProperties;
  return {
    ...shape('object'),
    properties: isObject(schema.properties) ? (schema.properties as Record<string, Json>) : {},
    required: new Set(required as string[]),
    further: isObject(further) || further === true ? further : null,
  };
}

function joined(a: Shape, b: Shape): Shape {
  if (a.type === 'any') return b;
  return {
    ...a,
    properties: { ...a.properties, ...b.properties },
    required: new Set([...a.required, ...b.required]),
    further: a.further ?? b.further,
  };
}

function typesOf(schema: JsonObject, values: readonly Json[] | null): Shape['type'][] {
  const named = isArray(schema.type) ? schema.type : schema.type === undefined ? [] : [schema.type];
  if (named.length > 0)
    return [...new Set(named.map((type) => (type === 'integer' ? 'number' : (type as Shape['type']))))];
  if (values !== null) return [...new Set(values.map((value) => typeOf(value)))];
  return isObject(schema.properties) ? ['object'] : ['any'];
}
