import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { basename } from 'node:path';
import { isRun, matchRun, nextRuns, renderRun, sameStdin, showStdin } from '../../transcript/exec-match.ts';
import type { ExecRecord, StdinDigest, Tool, Transcript } from '../../transcript/format.ts';
import { placeOf } from '../../transcript/order.ts';
import type { ReadOptions } from '../../transcript/read.ts';
import { Bindings } from '../../transcript/symbols.ts';
import type { Mismatch } from '../../transcript/verdict.ts';
import { EXIT, type Happened, judge, type StandInResult } from './outcome.ts';
import { readRecordings } from './recordings.ts';
import { StandInState } from './state.ts';
import { processWire, type Wire } from './wire.ts';

export interface ExecSettings extends ReadOptions {
  readonly tool: Tool;
  readonly transcripts: readonly string[];
  /** Folder that all runs of one test share. */
  readonly state: string;
  /** How much faster than recorded; `Infinity` at once. */
  readonly speed: number;
}

interface Run {
  readonly record: ExecRecord;
  readonly transcript: Transcript;
  readonly position: number;
  readonly index: number;
}

/**
 * Is one run of a tool as it was recorded: the next of the recordings, whose arguments and stdin must be the same. Ends the process.
 * Throws `InputError` for recordings that cannot be used.
 */
export async function replayRun(settings: ExecSettings, args: readonly string[]): Promise<never> {
  const wire = processWire();
  const state = new StandInState(settings.state);
  const runs = runsOf(settings, readRecordings(settings.transcripts, settings));
  const facts = { tool: settings.tool, pid: process.pid };
  const taken = await take(runs, state, settings.tool, args);
  if ('complaint' in taken) {
    return refuse(wire, state, { ...facts, transcript: null, lane: null, ...taken });
  }
  const { run } = taken;
  const named = { ...facts, transcript: run.transcript.fileName, lane: nameOf(run) };
  if (taken.mismatch !== null) return refuse(wire, state, { ...named, mismatch: taken.mismatch });
  const { stdout, stderr } = taken.output;
  if (run.record.ms / settings.speed >= 1) {
    await new Promise((resolve) => setTimeout(resolve, run.record.ms / settings.speed));
  }
  wire.stdout(Buffer.from(stdout, 'utf8'));
  wire.stderr(stderr);
  const { code, signal } = run.record;
  return wire.end(code === null ? { signal: signal as NodeJS.Signals } : { code });
}

/** The runs of a tool in recordings, in order. */
export function runsOf({ tool }: Pick<ExecSettings, 'tool'>, transcripts: readonly Transcript[]): Run[] {
  return transcripts.flatMap((transcript, position) =>
    transcript.header.provider === tool
      ? transcript.records.flatMap((record, index) => (isRun(record) ? [{ record, transcript, position, index }] : []))
      : [],
  );
}

/** Name under which a run is claimed. */
export const nameOf = ({ record, index }: Run): string => `${record.lane}.${index}`;

type Taken =
  | { readonly complaint: NonNullable<Happened['complaint']> }
  | { readonly run: Run; readonly mismatch: Mismatch }
  | { readonly run: Run; readonly mismatch: null; readonly output: ReturnType<typeof renderRun> };

async function take(runs: readonly Run[], state: StandInState, tool: Tool, args: readonly string[]): Promise<Taken> {
  const what = [tool, ...args].join(' ');
  if (runs.length === 0)
    return { complaint: { status: 'nothing', message: `there is no recorded run of ${tool} to play` } };
  for (;;) {
    const place = (index: number) => ({ transcript: runs[index]!.position, lane: nameOf(runs[index]!) });
    const next = nextRuns(
      runs.map(({ record }) => record),
      (index) => state.isClaimed(place(index)),
    );
    if (next.length === 0) {
      const message = `all ${runs.length} recorded runs of ${tool} are played already, and one more was started: ${what}`;
      return { complaint: { status: 'nothing', message } };
    }
    let nearest: { run: Run; mismatch: Mismatch } | null = null;
    let lost = false;
    for (const index of next) {
      const run = runs[index]!;
      const bindings = bindingsSoFar(run.position, state);
      const mark = bindings.mark();
      const found = await mismatchOf(run, { file: tool, args }, bindings);
      if (found !== null) {
        nearest ??= { run, mismatch: found };
        continue;
      }
      lost = !state.claim({ ...place(index), pid: process.pid, startTicks: null });
      if (lost) break;
      // What it names for the first time, later runs may be told.
      const output = renderRun(run.record, bindings);
      state.append({ pid: process.pid, transcript: run.position, done: [run.index], bound: bindings.since(mark) });
      return { run, output, mismatch: null };
    }
    if (!lost && nearest !== null) return nearest;
  }
}

/** Places of this machine, and what earlier runs have bound. */
function bindingsSoFar(position: number, state: StandInState): Bindings {
  const bindings = new Bindings({ 'path:ws': process.cwd(), 'path:home': homedir() });
  for (const { transcript, bound } of new StandInState(state.folder).news()) {
    if (transcript === position) for (const [symbol, value] of bound) bindings.bind(symbol, value);
  }
  return bindings;
}

async function mismatchOf(
  { record, transcript, index }: Run,
  act: { readonly file: string; readonly args: readonly string[] },
  bindings: Bindings,
): Promise<Mismatch | null> {
  const found = matchRun(record, act, bindings);
  const about = {
    kind: 'different' as const,
    lane: record.lane,
    act: 'run',
    place: placeOf(transcript, index),
    expected: record,
    notes: [],
  };
  if (found !== null) return { ...about, got: [basename(act.file), ...act.args].join(' '), ...found };
  if (record.stdin === null) return null;
  const stdin = await stdinDigest();
  if (sameStdin(record.stdin, stdin)) return null;
  const difference = { path: '$.stdin', expected: showStdin(record.stdin), got: showStdin(stdin) };
  return { ...about, got: 'another text on stdin', differences: [difference], more: 0 };
}

let digest: Promise<StdinDigest | null> | undefined;

/** All of stdin; null when it is empty. Read once. */
function stdinDigest(): Promise<StdinDigest | null> {
  digest ??= (async () => {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of process.stdin) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
    return bytes === 0 ? null : { sha256: hash.digest('hex'), bytes };
  })();
  return digest;
}

function refuse(wire: Wire, state: StandInState, happened: Happened): never {
  const result: StandInResult = judge(happened);
  state.save(null, result);
  wire.stderr(`reprise: ${result.message}\n`);
  return wire.end({ code: result.status === 'pass' ? 0 : EXIT[result.status] });
}
