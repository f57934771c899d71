import { UnmodelledError } from '../unmodelled.ts';
import { METHODS } from './methods.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** A request was refused. Nearly every refusal of the app-server has code -32600; only the text differs. */
export class Refused extends Error {
  readonly code: number;

  constructor(message: string, code = -32_600) {
    super(message);
    this.code = code;
  }
}

type FieldType = 'string' | 'sequence' | 'map';
interface Field {
  readonly type: FieldType;
  readonly optional?: true;
  /** Field by field check of a map, or of each element of a sequence. */
  readonly check?: (value: JsonObject) => void;
}
type Fields = Readonly<Record<string, Field>>;

const STRING: Field = { type: 'string' };
const OPTIONAL_STRING: Field = { type: 'string', optional: true };
const INPUT_TYPES = ['text', 'image', 'localImage', 'audio', 'localAudio', 'skill', 'mention'];

const INPUT: Field = {
  type: 'sequence',
  check(item) {
    const { type } = item;
    if (type === undefined) throw new Refused('Invalid request: missing field `type`');
    if (typeof type !== 'string' || !INPUT_TYPES.includes(type)) {
      throw new Refused(`Invalid request: unknown variant \`${String(type)}\`, expected one of ${quoted(INPUT_TYPES)}`);
    }
    if (type === 'text') checkFields(item, { text: STRING });
  },
};

const CLIENT_INFO: Field = {
  type: 'map',
  check: (info) => checkFields(info, { name: STRING, version: STRING, title: OPTIONAL_STRING }),
};

/** Fields of the requests that are modelled, in the order in which the server misses them. */
const PARAMS: Readonly<Record<string, Fields>> = {
  initialize: { clientInfo: CLIENT_INFO, capabilities: { type: 'map', optional: true } },
  'account/login/start': { type: STRING },
  'thread/start': { cwd: OPTIONAL_STRING, sandbox: OPTIONAL_STRING, approvalPolicy: OPTIONAL_STRING },
  'thread/resume': { threadId: STRING },
  'thread/loaded/list': {},
  'thread/turns/list': { threadId: STRING },
  'turn/start': { threadId: STRING, input: INPUT },
  'turn/steer': { threadId: STRING, input: INPUT, expectedTurnId: STRING },
  'turn/interrupt': { threadId: STRING, turnId: STRING },
};

/** True when the model can answer this method. */
export function isModelled(method: string): boolean {
  return method in PARAMS;
}

/** Reads the parameters as the server's own decoder would. Throws {@link Refused} with its words. */
export function decodeParams(method: string, params: Json | undefined): JsonObject {
  if (!(method in METHODS)) {
    throw new Refused(
      `Invalid request: unknown variant \`${method}\`, expected one of ${quoted(Object.keys(METHODS))}`,
    );
  }
  if (params === undefined) throw new Refused('Invalid request: missing field `params`');
  if (!isMap(params)) throw new UnmodelledError('codex', `parameters of ${method} that are no object`);
  checkFields(params, PARAMS[method] ?? {});
  return params;
}

/** The same for a value that must be a UUID. `what` is `thread` or `session`, as the method has it. */
export function checkUuid(value: string, what: 'thread' | 'session'): void {
  const bad = value.search(/[^0-9a-fA-F-]/);
  if (bad >= 0) {
    throw new Refused(
      `invalid ${what} id: invalid character: expected an optional prefix of \`urn:uuid:\` followed by [0-9a-fA-F-], found \`${value[bad]}\` at ${bad + 1}`,
    );
  }
}

function checkFields(value: JsonObject, fields: Fields): void {
  for (const [name, given] of Object.entries(value)) {
    const field = Object.hasOwn(fields, name) ? fields[name]! : undefined;
    if (!field || (given === null && field.optional)) continue;
    if (!hasType(given, field.type)) {
      if (field.type !== 'string') throw new UnmodelledError('codex', `a field "${name}" that is no ${field.type}`);
      throw new Refused(`Invalid request: invalid type: ${described(given)}, expected a string`);
    }
    if (!field.check) continue;
    for (const part of Array.isArray(given) ? given : [given]) {
      if (!isMap(part)) throw new UnmodelledError('codex', `an element of "${name}" that is no object`);
      field.check(part);
    }
  }
  for (const [name, field] of Object.entries(fields)) {
    if (!field.optional && !Object.hasOwn(value, name)) throw new Refused(`Invalid request: missing field \`${name}\``);
  }
}

function described(value: Json): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return `string ${JSON.stringify(value)}`;
  if (typeof value === 'boolean') return `boolean \`${value}\``;
  if (typeof value === 'number')
    return Number.isInteger(value) ? `integer \`${value}\`` : `floating point \`${value}\``;
  return Array.isArray(value) ? 'sequence' : 'map';
}

function hasType(value: Json, type: FieldType): boolean {
  if (type === 'string') return typeof value === 'string';
  return type === 'sequence' ? Array.isArray(value) : isMap(value);
}

export function isMap(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
