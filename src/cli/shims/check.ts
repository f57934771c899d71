import { join } from 'node:path';
import { counted } from '../../report/time.ts';
import type { SpawnRecord, Transcript } from '../../transcript/format.ts';
import { nameOf, runsOf } from '../stand-in/exec-replay.ts';
import { isGone, isProcess, noteKilled } from '../stand-in/killed.ts';
import { EXIT, judge, type StandInResult } from '../stand-in/outcome.ts';
import { planned, readRecordings } from '../stand-in/recordings.ts';
import { TOOLS } from '../stand-in/settings.ts';
import { openReplay } from '../stand-in/shared-replay.ts';
import { type Claim, StandInState } from '../stand-in/state.ts';
import { nameFault } from '../stand-in/striker.ts';
import { endRecording } from '../stand-in/tool-recording.ts';
import type { ShimConfig } from './config.ts';

/** What came of all processes of a test. */
export interface Check {
  /** Complaints of processes, in order of their recordings. */
  readonly failed: readonly StandInResult[];
  /** `file:line: what` for each recorded process and run that was never started. */
  readonly neverStarted: readonly string[];
  /** Processes, and runs of tools, that went as recorded. */
  readonly passed: number;
  /** Of shims that record: the recordings of tools, finished. */
  readonly recorded?: readonly { readonly file: string; readonly saved: 'written' | 'unchanged' }[];
}

/**
 * Judges a test that is over, or ends what it recorded. A process that was killed could not say anything: what it had done is in the journal, and SIGKILL must
 * have been what was recorded.
 */
export function checkShims(config: ShimConfig): Check {
  const state = new StandInState(config.state);
  const transcripts = config.mode === 'replay' ? readRecordings(config.transcripts, config) : [];
  const claims = state.claims();
  const silent = claims.filter((claim) => isProcess(claim) && state.result(claim) === null);
  const results = [...state.results(), ...silent.map((claim) => afterwards(claim, transcripts, config))];
  const failed = results.filter(({ status }) => status !== 'pass');
  // A run of a tool leaves a result only when it was not the recorded one.
  const runs = claims.filter((claim) => !isProcess(claim) && state.result(claim) === null).length;
  const passed = results.length - failed.length + runs;
  const recorded =
    config.mode === 'record' && config.out !== null ? { recorded: endRecordings(config.out, config) } : {};
  return { failed, neverStarted: neverStarted(transcripts, state), passed, ...recorded };
}

function endRecordings(folder: string, { state }: ShimConfig): NonNullable<Check['recorded']> {
  return TOOLS.flatMap((tool) => {
    const saved = endRecording({ tool, folder, state });
    return saved === null ? [] : [{ file: join(folder, `${tool}.ndjson`), saved }];
  });
}

/** Looks at a process that left no result. */
function afterwards(claim: Claim, transcripts: readonly Transcript[], { state, faults }: ShimConfig): StandInResult {
  const transcript = transcripts[claim.transcript]!;
  const spawn = transcript.records.find((r): r is SpawnRecord => r.type === 'spawn' && r.lane === claim.lane);
  const facts = {
    tool: spawn?.file ?? transcript.header.provider,
    pid: claim.pid,
    transcript: transcript.fileName,
    lane: claim.lane,
  };
  if (!isGone(claim)) {
    const message = `${claim.lane} still runs as pid ${claim.pid}; end it`;
    return judge({ ...facts, complaint: { status: 'mismatch', message } });
  }
  noteKilled(claim.transcript, transcript, new StandInState(state));
  const shared = openReplay(claim.transcript, new StandInState(state), transcript);
  const lane = shared.replay.lane(claim.lane);
  if (lane.finished().length > 0) {
    const verdict = lane.signal('SIGKILL', null);
    if (!verdict.ok) return judge({ ...facts, mismatch: verdict.mismatch });
  }
  const own = (faults === null ? [] : planned(faults, transcripts)).filter(
    (fault) => fault.transcript === claim.transcript && fault.lane === claim.lane,
  );
  const unfired = own.filter(({ index }) => index === null || !shared.replay.isDone(index)).map(nameFault);
  return judge({ ...facts, unused: lane.finished().map(({ place, what }) => `${place}: ${what}`), unfired });
}

function neverStarted(transcripts: readonly Transcript[], state: StandInState): string[] {
  const processes = transcripts.flatMap((transcript, position) =>
    transcript.records.flatMap((record, index) =>
      record.type === 'spawn' && !state.isClaimed({ transcript: position, lane: record.lane })
        ? [`${transcript.fileName}:${transcript.lines[index]}: ${[record.file, ...record.args].join(' ')}`]
        : [],
    ),
  );
  const runs = TOOLS.flatMap((tool) => runsOf({ tool }, transcripts)).flatMap((run) => {
    if (state.isClaimed({ transcript: run.position, lane: nameOf(run) })) return [];
    const { file, args } = run.record;
    return [`${run.transcript.fileName}:${run.transcript.lines[run.index]}: ${[file, ...args].join(' ')}`];
  });
  return [...processes, ...runs];
}

/** What came of a replay, for people. */
export function checkText({ failed, neverStarted, passed }: Omit<Check, 'recorded'>): string {
  const lines = failed.map(
    (result) =>
      `${result.tool} (pid ${result.pid}, ${codeOf(result)}):\n${(result.message ?? '').replace(/^/gm, '  ')}`,
  );
  if (neverStarted.length > 0) lines.push('never started:', ...neverStarted.map((what) => `  ${what}`));
  const ok = failed.length === 0 && neverStarted.length === 0;
  const others = ok ? '' : `, ${failed.length} not, ${neverStarted.length} never started`;
  return [...lines, `${counted(passed, 'process', 'processes')} as recorded${others}`].join('\n');
}

function codeOf({ status }: StandInResult): string {
  return status === 'pass' ? 'as recorded' : `exit code ${EXIT[status]}`;
}
