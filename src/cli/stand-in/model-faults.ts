import type { Json } from '../../transcript/format.ts';
import { isArray, isObject } from '../../transcript/json.ts';
import type { ModelFault, StartFault } from '../../world/codex/index.ts';
import { InputError } from '../errors.ts';
import { readText } from '../io.ts';

/** What goes wrong with a model-backed stand-in: between it and its model, or when it starts. */
interface Planned {
  readonly name: string;
  /** Which request to the model, from 1; null: the start. */
  readonly request: number | null;
  readonly fault: ModelFault | StartFault;
}

/** The faults of one process; each strikes once. */
export class ModelFaultPlan {
  readonly #planned: readonly Planned[];
  readonly #fired = new Set<Planned>();

  constructor(planned: readonly Planned[]) {
    this.#planned = planned;
  }

  start(): StartFault | null {
    return this.#take(null) as StartFault | null;
  }

  model(request: number): ModelFault | null {
    return this.#take(request) as ModelFault | null;
  }

  get fired(): string[] {
    return this.#planned.filter((one) => this.#fired.has(one)).map(({ name }) => name);
  }

  get unfired(): string[] {
    return this.#planned.filter((one) => !this.#fired.has(one)).map(({ name }) => name);
  }

  #take(request: number | null): ModelFault | StartFault | null {
    const found = this.#planned.find((one) => one.request === request && !this.#fired.has(one));
    if (found === undefined) return null;
    this.#fired.add(found);
    return found.fault;
  }
}

/**
 * Reads `{"format":1,"faults":[{"kind":"status","status":401,"request":1}, …]}`. Kinds: `status` (`status`, `message`, `retryAfterS`),
 * `cut` and `hang` (`at`: `request` or `stream`), each with `request`, from 1; `exit` (`code`, `stderr`) and `silent`, at the start.
 * Throws {@link InputError} with the place of the first mistake.
 */
export function readModelFaults(path: string | null): ModelFaultPlan {
  if (path === null) return new ModelFaultPlan([]);
  let value: Json;
  try {
    value = JSON.parse(readText(path, 'a file of faults (JSON)')) as Json;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${path}: not JSON: ${(error as Error).message}`);
  }
  if (!isObject(value) || value.format !== 1 || !isArray(value.faults)) {
    throw new InputError(`${path}: a file of faults is {"format":1,"faults":[…]}`);
  }
  return new ModelFaultPlan(value.faults.map((fault, i) => plannedOf(fault, i, path)));
}

function plannedOf(fault: Json, i: number, path: string): Planned {
  const bad = (what: string): InputError => new InputError(`${path}: faults[${i}]${what}`);
  if (!isObject(fault)) throw bad(' must be an object');
  const { kind, request = 1 } = fault;
  const name = `faults[${i}] ${String(kind)}`;
  if (kind === 'exit') {
    const { code = 1, stderr = '' } = fault;
    if (typeof code !== 'number' || typeof stderr !== 'string')
      throw bad(' needs a number "code" and a string "stderr"');
    return { name, request: null, fault: { kind, code, stderr: stderr === '' ? '' : `${stderr}\n`, afterMs: 0 } };
  }
  if (kind === 'silent') return { name, request: null, fault: { kind } };
  if (typeof request !== 'number' || !Number.isInteger(request) || request < 1) {
    throw bad('.request must be a whole number from 1: which request to the model');
  }
  if (kind === 'cut' || kind === 'hang') {
    const { at = 'request' } = fault;
    if (at !== 'request' && at !== 'stream') throw bad('.at must be "request" or "stream"');
    return { name, request, fault: { kind, at } };
  }
  if (kind !== 'status')
    throw bad(`.kind must be one of status, cut, hang, exit, silent, not ${JSON.stringify(kind ?? null)}`);
  const { status, message, retryAfterS } = fault;
  if (typeof status !== 'number' || status < 400 || status > 599) throw bad('.status must be from 400 to 599');
  const more = {
    ...(typeof message === 'string' ? { message } : {}),
    ...(typeof retryAfterS === 'number' ? { retryAfterS } : {}),
  };
  return { name, request, fault: { kind, status, ...more } };
}
