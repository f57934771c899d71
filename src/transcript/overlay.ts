/**
 * Faults laid over a recording: what goes wrong between a provider and its client, at a place of the recording that is named, or chosen
 * by a seed. A file of faults is JSON:
 *
 * ```
 * {"format":1,"seed":7,"faults":[
 *   {"kind":"split","at":{"frame":"turn/started"},"pieces":4},
 *   {"kind":"late","at":{"frame":"answer turn/start"},"ms":500},
 *   {"kind":"kill","at":{"line":14}}
 * ]}
 * ```
 */
import type { Json, JsonObject } from './format.ts';
import { isArray, isObject } from './json.ts';

/** Where a fault strikes. Exactly one of `line`, `frame`, `any` and `start` is given. */
export interface FaultPlace {
  /** 1-based line of the transcript; it must hold a frame that the provider writes. */
  readonly line?: number;
  /** Name of a frame that the provider writes: its method, its `type/subtype`, or `answer METHOD` for the answer to a request. */
  readonly frame?: string;
  /** Which of the frames of that name; default 1, the first. */
  readonly nth?: number;
  /** One of the frames that it can strike, chosen by the seed. */
  readonly any?: true;
  /** Before the process does anything. */
  readonly start?: true;
  /** Default: the first lane that has such a place. */
  readonly lane?: string;
  /** Name of the scenario, where several transcripts are played. Default: the first that has such a place. */
  readonly scenario?: string;
}

interface FaultShapes {
  /** The line comes in pieces, cut anywhere, even inside a character. */
  readonly split: { readonly pieces?: number; readonly gapMs?: number };
  /** The line and those that follow it come in one chunk. */
  readonly join: { readonly count?: number };
  /** The longest text of the frame has a character that some readers take for the end of a line. */
  readonly 'line-separator': { readonly character?: string };
  /** The line ends with CR LF. */
  readonly crlf: Record<never, never>;
  /** A line that is no JSON comes before it. */
  readonly noise: { readonly text?: string; readonly stream?: string };
  /** The longest text of the frame grows until the line has so many bytes. */
  readonly 'long-line': { readonly bytes?: number };
  /** The line comes twice. */
  readonly duplicate: Record<never, never>;
  /** The line comes later; what follows does not wait for it. */
  readonly late: { readonly ms?: number };
  /** The line breaks off, and with it the stream. */
  readonly cut: { readonly end?: string };
  /** An answer has the id of no request. */
  readonly 'wrong-id': Record<never, never>;
  /** The line never comes. */
  readonly drop: Record<never, never>;
  /** The process reads no more: what the client writes next fails with EPIPE. */
  readonly 'close-stdin': Record<never, never>;
  readonly 'close-stdout': Record<never, never>;
  /** Nothing comes any more, whatever the client does; the process lives. */
  readonly hang: Record<never, never>;
  readonly kill: { readonly signal?: string };
  readonly exit: { readonly code?: number; readonly stderr?: string };
}

export type FaultKind = keyof FaultShapes;
export type Fault = {
  readonly [K in FaultKind]: { readonly kind: K; readonly at: FaultPlace } & FaultShapes[K];
}[FaultKind];

export interface Overlay {
  readonly format: 1;
  /** Decides where `any` is and where lines are split. */
  readonly seed: number;
  readonly faults: readonly Fault[];
}

interface Shape {
  readonly options: Readonly<Record<string, Check>>;
  /**
   * `same`: the client should not notice, and must go on as it was recorded. `anything`: the recording does not know what a client does
   * about it; from then on its acts are written down, not compared.
   */
  readonly after: 'same' | 'anything';
  /** It can strike before the process does anything. */
  readonly atStart?: true;
}

interface Check {
  readonly is: (value: Json) => boolean;
  readonly what: string;
}

const count = (least: number, most: number): Check => ({
  is: (value) => typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most,
  what: `a whole number from ${least} to ${most}`,
});
const oneOf = (...values: readonly string[]): Check => ({
  is: (value) => typeof value === 'string' && values.includes(value),
  what: values.map((value) => JSON.stringify(value)).join(' or '),
});
const TEXT: Check = { is: (value) => typeof value === 'string', what: 'a string' };
const LINE: Check = {
  is: (value) => typeof value === 'string' && !value.includes('\n'),
  what: 'a string without a line end',
};

/** The characters that `line-separator` puts into texts, by name. */
export const SEPARATORS: Readonly<Record<string, string>> = {
  'U+2028': '\u2028',
  'U+2029': '\u2029',
  'U+0085': '\u0085',
};

/** What each kind takes and means. The limits keep a fault from filling a disk or a day. */
export const FAULTS: Readonly<Record<FaultKind, Shape>> = {
  split: { options: { pieces: count(2, 10_000), gapMs: count(0, 60_000) }, after: 'same' },
  join: { options: { count: count(2, 10_000) }, after: 'same' },
  'line-separator': { options: { character: oneOf(...Object.keys(SEPARATORS)) }, after: 'same' },
  crlf: { options: {}, after: 'same' },
  noise: { options: { text: LINE, stream: oneOf('stdout', 'stderr') }, after: 'same', atStart: true },
  'long-line': { options: { bytes: count(1, 256 * 1024 * 1024) }, after: 'same' },
  duplicate: { options: {}, after: 'same' },
  late: { options: { ms: count(0, 3_600_000) }, after: 'same' },
  cut: { options: { end: oneOf('exit', 'hang') }, after: 'anything' },
  'wrong-id': { options: {}, after: 'anything' },
  drop: { options: {}, after: 'anything' },
  'close-stdin': { options: {}, after: 'anything', atStart: true },
  'close-stdout': { options: {}, after: 'anything', atStart: true },
  hang: { options: {}, after: 'anything', atStart: true },
  kill: {
    options: { signal: oneOf('SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGINT', 'SIGHUP') },
    after: 'anything',
    atStart: true,
  },
  exit: { options: { code: count(0, 255), stderr: TEXT }, after: 'anything', atStart: true },
};

const PLACE: Readonly<Record<keyof FaultPlace, Check>> = {
  line: count(1, Number.MAX_SAFE_INTEGER),
  frame: { is: (value) => typeof value === 'string' && value !== '', what: 'the name of a frame' },
  nth: count(1, Number.MAX_SAFE_INTEGER),
  any: { is: (value) => value === true, what: 'true' },
  start: { is: (value) => value === true, what: 'true' },
  lane: TEXT,
  scenario: TEXT,
};

export type OverlayReading =
  | { readonly ok: true; readonly overlay: Overlay }
  /** Every problem as `faults[2].pieces must be …, not …`. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** Checks the value of a file of faults. */
export function readOverlay(value: Json): OverlayReading {
  if (!isObject(value))
    return { ok: false, problems: ['a file of faults is an object with "format", "seed" and "faults"'] };
  const problems: string[] = [];
  for (const key of Object.keys(value)) {
    if (!['format', 'seed', 'faults'].includes(key))
      problems.push(`"${key}" is not known; known: format, seed, faults`);
  }
  if (value.format !== 1) problems.push(`format must be 1, not ${show(value.format)}`);
  const seed = count(0, 2 ** 32 - 1);
  if (value.seed !== undefined && !seed.is(value.seed))
    problems.push(`seed must be ${seed.what}, not ${show(value.seed)}`);
  if (!isArray(value.faults) || value.faults.length === 0)
    problems.push('faults must be an array with at least one fault');
  else problems.push(...value.faults.flatMap((fault, i) => problemsOf(fault, `faults[${i}]`)));
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, overlay: { seed: 0, ...value } as unknown as Overlay };
}

function problemsOf(fault: Json, path: string): string[] {
  if (!isObject(fault)) return [`${path} must be an object, not ${show(fault)}`];
  const { kind, at, ...options } = fault;
  if (typeof kind !== 'string' || !Object.hasOwn(FAULTS, kind)) {
    return [`${path}.kind must be one of ${Object.keys(FAULTS).join(', ')}, not ${show(kind)}`];
  }
  const shape = FAULTS[kind as FaultKind];
  return [...optionProblems(options, shape.options, path, kind), ...placeProblems(at, `${path}.at`, kind, shape)];
}

function optionProblems(options: JsonObject, known: Shape['options'], path: string, kind: string): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const check = Object.hasOwn(known, name) ? known[name] : undefined;
    const names = ['kind', 'at', ...Object.keys(known)].join(', ');
    if (check === undefined) return [`${path}.${name} is not known for ${kind}; known: ${names}`];
    return check.is(value) ? [] : [`${path}.${name} must be ${check.what}, not ${show(value)}`];
  });
}

function placeProblems(at: Json | undefined, path: string, kind: string, shape: Shape): string[] {
  if (!isObject(at)) return [`${path} must be an object such as {"frame":"turn/started"}, not ${show(at)}`];
  const problems = optionProblems(at, PLACE, path, 'a place');
  const given = ['line', 'frame', 'any', 'start'].filter((name) => at[name] !== undefined);
  if (given.length !== 1) problems.push(`${path} must have exactly one of line, frame, any and start`);
  if (at.nth !== undefined && at.frame === undefined) problems.push(`${path}.nth needs frame`);
  if (at.start !== undefined && shape.atStart !== true) {
    problems.push(`${path}.start: ${kind} strikes a line; name one by line, frame or any`);
  }
  return problems;
}

function show(value: Json | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
