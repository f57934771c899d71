/**
 * The four-record replay format (facts/orchestration-v2 5): `transcript_start`, `expect_outbound`, `emit_inbound`, `runtime_exit`, one JSON
 * record a line, in one order from top to bottom. What the app must send waits for nothing but its turn; what it is sent comes after all that
 * it had to send before.
 */
import type { Json, JsonObject, Speaker } from '../format.ts';
import { isObject } from '../json.ts';
import type { RawRecord } from '../raw.ts';
import { rpcOf } from './acp-frames.ts';
import { SdkFrames } from './sdk-frames.ts';
import { type Imported, type Loss, objectLines, quoted, type SourceLine, textAt, timeAfter } from './source.ts';

export const FOUR_RECORD_TYPES: ReadonlySet<string> = new Set([
  'transcript_start',
  'expect_outbound',
  'emit_inbound',
  'runtime_exit',
]);

/** How frames of a protocol become lines of a pipe. */
export interface Frames {
  /** Lines for one frame, in order; none when it has no place on the pipe. */
  lines(dir: 'send' | 'recv', frame: Json, line: number): readonly { dir: 'send' | 'recv'; body: Json }[];
  /** How a process of the protocol is started, as far as the file says it. Asked when the process's first frame is known. */
  launch(first: Json): { readonly file: string; readonly args: readonly string[] };
}

interface Start {
  readonly speaker: Speaker;
  readonly version: string | null;
  readonly frames: Frames;
  readonly workspace: string | null;
}

/** Throws nothing; what cannot be carried over is added to `losses`. */
export function importFourRecord(lines: readonly SourceLine[], losses: Loss[], asked: Speaker | null): Imported {
  const entries = objectLines(lines, losses);
  const start = startOf(
    entries[0],
    losses,
    asked,
    entries.map(({ value }) => value.frame ?? null),
  );
  const log: RawRecord[] = [];
  let process = 0;
  let running = false;
  let t = 0;
  const lane = (): string => `${start.speaker}:${process}`;
  const spawn = (first: Json): void => {
    process++;
    running = true;
    log.push({ k: 'spawn', lane: lane(), t, ...start.frames.launch(first), env: {} });
  };
  entries.forEach(({ number, value }, i) => {
    const lose = (what: string, why: string): number => losses.push({ line: number, what, why });
    const type = textAt(value, 'type') ?? '';
    if (type === 'transcript_start') {
      if (i > 0) lose('the record', 'a transcript_start stands in the first line only');
      return;
    }
    if (!FOUR_RECORD_TYPES.has(type)) {
      lose('the record', `${type === '' ? 'it has no "type"' : `there is no record type ${quoted(type)}`}`);
      return;
    }
    sayUnknownKeys(type, value, lose);
    if (type === 'runtime_exit') {
      if (!running) spawn(null);
      log.push(exitOf(value, lane(), t, lose));
      running = false;
      return;
    }
    if (!Object.hasOwn(value, 'frame')) {
      lose('the record', 'it has no "frame"');
      return;
    }
    if (!running) spawn(value.frame as Json);
    t = timeAfter(t, t + delayOf(value, lose), number, losses);
    const dir = type === 'expect_outbound' ? 'send' : 'recv';
    for (const line of start.frames.lines(dir, value.frame as Json, number)) {
      log.push({ k: 'line', lane: lane(), t, dir: line.dir, text: JSON.stringify(line.body) });
    }
  });
  if (running) {
    losses.push({
      line: null,
      what: 'the end of the process',
      why: 'there is no runtime_exit: exit code 0 is assumed',
    });
    log.push({ k: 'exit', lane: lane(), t, code: 0, signal: null });
  }
  const paths = start.workspace === null ? {} : { ws: start.workspace };
  return { log, speaker: start.speaker, version: start.version, places: { paths }, ordered: true };
}

const KEYS: Readonly<Record<string, readonly string[]>> = {
  expect_outbound: ['type', 'label', 'frame'],
  emit_inbound: ['type', 'label', 'frame', 'afterMs'],
  runtime_exit: ['type', 'status', 'error'],
};

function sayUnknownKeys(type: string, value: JsonObject, lose: (what: string, why: string) => void): void {
  for (const key of Object.keys(value)) {
    if (KEYS[type]?.includes(key) !== true) lose(`the key ${quoted(key)}`, `a ${type} record has no such key`);
  }
}

function startOf(
  first: { number: number; value: JsonObject } | undefined,
  losses: Loss[],
  asked: Speaker | null,
  frames: readonly Json[],
): Start {
  const head = first?.value.type === 'transcript_start' ? first.value : null;
  const line = head === null ? null : (first?.number ?? null);
  const provider = head === null ? null : textAt(head, 'provider');
  const protocol = head === null ? null : textAt(head, 'protocol');
  const speaker = asked ?? speakerOf(provider, protocol) ?? guessed(frames);
  if (head === null) {
    losses.push({
      line,
      what: 'provider, protocol and version',
      why: `there is no transcript_start in the first line: ${speaker} is ${asked === null ? 'guessed from the frames' : 'what was asked for'}`,
    });
  }
  const metadata = head !== null && isObject(head.metadata) ? head.metadata : {};
  for (const key of Object.keys(metadata)) {
    if (!KNOWN_METADATA.has(key))
      losses.push({ line, what: `metadata ${quoted(key)}`, why: 'a transcript has no place for it' });
  }
  return {
    speaker,
    version: head === null ? null : textAt(head, 'version'),
    frames: framesOf(speaker, protocol, losses),
    workspace: textAt(metadata, 'cwd') ?? textAt(metadata, 'workspace'),
  };
}

/** Metadata that is used here, or that says how the file was made rather than what is in it. */
const KNOWN_METADATA = new Set(['cwd', 'workspace']);

function framesOf(speaker: Speaker, protocol: string | null, losses: Loss[]): Frames {
  const assumed = (command: string): void => {
    losses.push({
      line: null,
      what: 'how the process was started',
      why: `the file does not say it: '${command}' is assumed`,
    });
  };
  if (speaker === 'claude' && (protocol === null || protocol.startsWith('claude-agent-sdk')))
    return new SdkFrames(losses);
  const [file, ...args] = speaker === 'codex' ? ['codex', 'app-server'] : [speaker === 'claude' ? 'claude' : 'agent'];
  assumed([file, ...args].join(' '));
  const launch = (): { file: string; args: string[] } => ({ file: file as string, args });
  if (speaker !== 'ndjson') return { launch, lines: (dir, body) => [{ dir, body }] };
  const rpc = rpcOf(losses);
  if (protocol !== null && !/acp|rpc|ndjson|jsonl/i.test(protocol)) {
    losses.push({
      line: null,
      what: `the protocol ${quoted(protocol)}`,
      why: 'it is not known here as one of lines on a pipe: each frame became such a line',
    });
  }
  return { launch, lines: (dir, frame, line) => [{ dir, body: rpc(dir, frame, line) }] };
}

function speakerOf(provider: string | null, protocol: string | null): Speaker | null {
  if (protocol?.startsWith('codex.') === true || provider === 'codex') return 'codex';
  if (protocol?.startsWith('claude') === true || provider === 'claudeAgent' || provider === 'claude') return 'claude';
  return provider === null && protocol === null ? null : 'ndjson';
}

function guessed(frames: readonly Json[]): Speaker {
  for (const frame of frames) {
    if (!isObject(frame)) continue;
    if (
      typeof frame.type === 'string' &&
      /^(?:query\.open|prompt\.offer|assistant|control_request)$/.test(frame.type)
    ) {
      return 'claude';
    }
    if (typeof frame.method === 'string' && /^(?:thread|turn|item)\//.test(frame.method)) return 'codex';
  }
  return 'ndjson';
}

function delayOf(value: JsonObject, lose: (what: string, why: string) => void): number {
  const { afterMs } = value;
  if (afterMs === undefined) return 0;
  if (typeof afterMs === 'number' && Number.isSafeInteger(afterMs) && afterMs >= 0 && afterMs <= MAX_DELAY)
    return afterMs;
  lose('"afterMs"', `it is no whole number from 0 to ${MAX_DELAY}`);
  return 0;
}

/** A day: what waits longer in a test was not meant. */
const MAX_DELAY = 86_400_000;

function exitOf(value: JsonObject, lane: string, t: number, lose: (what: string, why: string) => void): RawRecord {
  const { status, error } = value;
  if (status === 'success') return { k: 'exit', lane, t, code: 0, signal: null };
  if (error !== undefined)
    lose(
      '"error" of the runtime_exit',
      'it is an error of the library around the process, not something the process wrote',
    );
  if (status === 'cancelled') {
    lose('how the process ended', 'the file says "cancelled": an end by SIGTERM is assumed');
    return { k: 'exit', lane, t, code: null, signal: 'SIGTERM' };
  }
  const said =
    status === 'error' ? 'the file says "error"' : `there is no status ${quoted(JSON.stringify(status) ?? 'nothing')}`;
  lose('the exit code', `${said}: 1 is assumed`);
  return { k: 'exit', lane, t, code: 1, signal: null };
}
