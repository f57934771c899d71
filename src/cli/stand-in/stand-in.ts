import { basename } from 'node:path';
import { readStat } from '../../host/proc-stat.ts';
import type { SpawnRecord, Transcript } from '../../transcript/format.ts';
import type { LaneReplay } from '../../transcript/lane-replay.ts';
import { noteKilled } from './killed.ts';
import { environment, liveValues, type Started } from './live-values.ts';
import { EXIT, type Happened, judge, type StandInResult } from './outcome.ts';
import { planned, readRecordings } from './recordings.ts';
import type { StandInSettings } from './settings.ts';
import { openReplay, type SharedReplay } from './shared-replay.ts';
import { type Claim, StandInState, saveResult } from './state.ts';
import { StrictStandIn } from './strict.ts';
import { processWire, type Wire } from './wire.ts';

/**
 * Is the provider, as it was recorded: this process takes the place of the one that the client wanted to start. Returns when the
 * conversation has begun; the process ends by itself. Throws `InputError` for recordings and faults that cannot be used.
 */
export function standIn(settings: StandInSettings, args: readonly string[]): void {
  const transcripts = readRecordings(settings.transcripts, settings);
  const wire = processWire();
  const version = answerToVersion(settings, args, transcripts);
  if (version !== null) {
    wire.stdout(Buffer.from(`${version}\n`));
    wire.end({ code: 0 });
  }
  const faults = settings.faults === null ? [] : planned(settings.faults, transcripts);
  const state = settings.state === null ? null : new StandInState(settings.state);
  const started: Started = { file: settings.file, args, cwd: process.cwd(), env: environment() };
  const taken = takeLane(settings, transcripts, state, started);
  const save = (result: StandInResult): void => {
    state?.save('claim' in taken ? taken.claim : null, result);
    if (settings.result !== null) saveResult(settings.result, result);
  };
  const facts = { tool: basename(settings.file), pid: process.pid };
  if (!('claim' in taken)) {
    const complaint = { status: 'nothing' as const, message: taken.why };
    refuse({ ...facts, transcript: null, lane: null, complaint }, wire, save);
    return;
  }
  const { claim, shared, lane } = taken;
  const named = { ...facts, transcript: shared.replay.transcript.fileName, lane: claim.lane };
  if (lane.failure !== null) {
    refuse({ ...named, mismatch: lane.failure }, wire, save);
    return;
  }
  const own = faults.filter(({ transcript, lane: name }) => transcript === claim.transcript && name === claim.lane);
  new StrictStandIn({ shared, lane, wire, speed: settings.speed, faults: own, facts: named, save }).start();
}

function refuse(happened: Happened, wire: Wire, save: (result: StandInResult) => void): void {
  const result = judge(happened);
  save(result);
  wire.stderr(`reprise: ${result.message}\n`);
  wire.end({ code: result.status === 'pass' ? 0 : EXIT[result.status] });
}

interface Taken {
  readonly claim: Claim;
  readonly shared: SharedReplay;
  readonly lane: LaneReplay;
}

/**
 * Takes the first process of the recordings that was started like this one and that nobody plays yet; if none was started like this,
 * the first that is left, whose replay then has failed.
 */
function takeLane(
  { file, provider }: StandInSettings,
  transcripts: readonly Transcript[],
  state: StandInState | null,
  started: Started,
): Taken | { readonly why: string } {
  const places = transcripts.flatMap((transcript, position) =>
    transcript.header.provider === provider
      ? transcript.records.flatMap((record) => (record.type === 'spawn' ? [{ transcript, position, record }] : []))
      : [],
  );
  if (places.length === 0) {
    const files = transcripts.map(({ fileName }) => fileName).join(', ') || 'no recording';
    return { why: `there is no recorded ${provider} to play: ${files}` };
  }
  let first: Taken | null = null;
  for (const [position, transcript] of transcripts.entries())
    if (state !== null) noteKilled(position, transcript, state);
  for (const { transcript, position, record } of places) {
    const claim = claimOf(position, record.lane);
    if (state?.isClaimed(claim)) continue;
    const candidate = { claim, ...tryLane(transcript, position, record, state, started) };
    if (candidate.lane.failure !== null) first ??= candidate;
    else if (state === null || state.claim(claim)) {
      candidate.shared.publish(transcript.records.indexOf(record));
      return candidate;
    }
  }
  if (first !== null && (state === null || state.claim(first.claim))) return first;
  const count = `${places.length === 1 ? 'the one recorded process is' : `all ${places.length} recorded processes are`} played`;
  return { why: `${count} already, and one more was started: ${[file, ...started.args].join(' ')}` };
}

function tryLane(
  transcript: Transcript,
  position: number,
  record: SpawnRecord,
  state: StandInState | null,
  started: Started,
): { readonly shared: SharedReplay; readonly lane: LaneReplay } {
  // A state of its own: each replay reads what has happened from the beginning.
  const own = state === null ? null : new StandInState(state.folder);
  const shared = openReplay(position, own, transcript, liveValues(record, started));
  const lane = shared.replay.lane(record.lane);
  lane.spawn(started);
  return { shared, lane };
}

function claimOf(transcript: number, lane: string): Claim {
  const stat = readStat(process.pid);
  return { transcript, lane, pid: process.pid, startTicks: stat.kind === 'found' ? stat.startTicks : null };
}

/** `--version` is asked before and beside a conversation: it is answered from the header, and takes no recorded process. */
function answerToVersion(
  { provider }: StandInSettings,
  args: readonly string[],
  transcripts: readonly Transcript[],
): string | null {
  const [only, ...more] = args;
  if (more.length > 0 || (only !== '--version' && only !== '-v' && only !== '-V')) return null;
  const header = transcripts.find((transcript) => transcript.header.provider === provider)?.header;
  if (header === undefined || provider === 'ndjson') return null;
  return provider === 'codex' ? `codex-cli ${header.providerVersion}` : `${header.providerVersion} (Claude Code)`;
}
