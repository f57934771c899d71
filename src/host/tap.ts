/** The flight recorder for provider processes: what goes over their pipes is written down, and nothing about them changes. */
import { readFileSync } from 'node:fs';
import type { Child, ChildEvents, Processes, SpawnRequest, SpawnResult } from '../core/ports.ts';
import type { Transcript } from '../transcript/format.ts';
import { readRawLog } from '../transcript/raw.ts';
import type { SealOptions } from '../transcript/seal.ts';
import { seal } from '../transcript/seal.ts';
import { saveTranscript } from '../transcript/write.ts';
import type { RawRecorder } from './tap/raw-recorder.ts';

export interface TapOptions {
  readonly recorder: RawRecorder;
  /** Lane of the recording (`codex:1`) for a spawn, or null to leave a process alone. Default: the request's own lane name. */
  readonly laneOf?: (request: SpawnRequest) => string | null;
  /** Names of environment variables that matter to the scenario. Others are not written down. */
  readonly keepEnv?: readonly string[];
}

/** The same processes, recorded: drive the real core through it. */
export function tapProcesses(processes: Processes, options: TapOptions): Processes {
  const { recorder } = options;
  /** Lane by pid and start time. */
  const lanes = new Map<string, string>();
  return {
    async spawn(request, events) {
      const lane = (options.laneOf ?? ((r: SpawnRequest) => r.lane))(request);
      if (lane === null) return processes.spawn(request, events);
      const held = holdUntilSpawned(recorder, lane, events);
      const t = recorder.t;
      const result = await processes.spawn(request, held.events);
      recorder.record({ ...spawnRecord(request, lane, options.keepEnv ?? []), t, ...failureOf(result) });
      held.release();
      if (result.kind !== 'spawned') return result;
      const { pid, startTicks } = result.child.identity;
      lanes.set(`${pid} ${startTicks}`, lane);
      return { kind: 'spawned', child: tapChild(result.child, recorder, lane) };
    },
    async signal(identity, signal, scope) {
      const lane = lanes.get(`${identity.pid} ${identity.startTicks}`);
      if (lane === undefined) return processes.signal(identity, signal, scope);
      // Written down first: what the signal causes must not come before it.
      const withdraw = recorder.record({ k: 'signal', lane, t: recorder.t, signal, scope });
      const result = await processes.signal(identity, signal, scope);
      if (result !== 'ok') withdraw();
      return result;
    },
    self: processes.self,
    inspect: (pid) => processes.inspect(pid),
    table: (mark) => processes.table(mark),
  };
}

function spawnRecord(request: SpawnRequest, lane: string, keepEnv: readonly string[]) {
  const env = Object.fromEntries(
    keepEnv.flatMap((name) => {
      const value = request.env === undefined ? process.env[name] : request.env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  const cwd = request.cwd === undefined ? {} : { cwd: request.cwd };
  return { k: 'spawn' as const, lane, file: request.file, args: request.args, ...cwd, env };
}

const failureOf = (result: SpawnResult): { notStarted?: string } =>
  result.kind === 'not-started' ? { notStarted: result.errno } : {};

/**
 * Events that come before the spawn is known to have worked are written down after it. Each is noted before it is handed
 * on: what the client does about it, at once perhaps, comes after it.
 */
function holdUntilSpawned(
  recorder: RawRecorder,
  lane: string,
  events: ChildEvents,
): { events: ChildEvents; release: () => void } {
  let held: (() => void)[] | null = [];
  const note = (write: () => void): void => {
    if (held === null) write();
    else held.push(write);
  };
  const broken = (stream: 'stdin' | 'stdout', errno: string) => (): void => {
    recorder.record({ k: 'broken', lane, t: recorder.t, stream, errno });
  };
  return {
    events: {
      stdout(chunk) {
        note(() => recorder.chunk(lane, 'recv', chunk));
        events.stdout(chunk);
      },
      stderr(chunk) {
        note(() => recorder.chunk(lane, 'err', chunk));
        events.stderr(chunk);
      },
      stdinError(errno) {
        note(broken('stdin', errno));
        events.stdinError(errno);
      },
      stdoutError(errno) {
        note(broken('stdout', errno));
        events.stdoutError(errno);
      },
      stdoutEnd() {
        events.stdoutEnd();
      },
      exit(code, signal) {
        note(() => recorder.exit(lane, code, signal));
        events.exit(code, signal);
      },
    },
    release() {
      const writes = held ?? [];
      held = null;
      for (const write of writes) write();
    },
  };
}

function tapChild(child: Child, recorder: RawRecorder, lane: string): Child {
  let ended = false;
  return {
    identity: child.identity,
    write(data) {
      const queued = child.write(data);
      if (queued) recorder.chunk(lane, 'send', data);
      return queued;
    },
    end() {
      child.end();
      if (!ended) recorder.record({ k: 'eof', lane, t: recorder.t });
      ended = true;
    },
  };
}

export interface SealedFile {
  readonly transcript: Transcript;
  /** `unchanged`: the file was there, and differs in timing only. `refused`: it is not what was wanted, and not written. */
  readonly saved: 'written' | 'unchanged' | 'refused';
}

/**
 * Second step of a recording: the raw log becomes a transcript, and is written when `wanted` says so. Throws what `seal` throws; then
 * nothing is written either.
 */
export function sealFile(
  rawPath: string,
  outPath: string,
  options: SealOptions,
  wanted: (transcript: Transcript) => boolean = () => true,
): SealedFile {
  const { text, transcript } = seal(readRawLog(readFileSync(rawPath, 'utf8'), rawPath), options);
  return { transcript, saved: wanted(transcript) ? saveTranscript(outPath, text) : 'refused' };
}
