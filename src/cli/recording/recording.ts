/** One recording from its start to the file that stays. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { type HttpTap, startHttpTap } from '../../host/tap/http-tap.ts';
import { holdSignals, type PassThroughResult, passThrough } from '../../host/tap/pass-through.ts';
import { RawRecorder } from '../../host/tap/raw-recorder.ts';
import type { Speaker } from '../../transcript/format.ts';
import { PROFILES } from '../../transcript/profiles.ts';
import { type RawAbout, readRawLog } from '../../transcript/raw.ts';
import { seal } from '../../transcript/seal.ts';
import { renewTranscript, saveTranscript, UnredactedSecretError } from '../../transcript/write.ts';
import { InputError, ioReason } from '../errors.ts';
import { packageVersion } from '../package.ts';
import { redactorOfThisMachine, today } from './machine.ts';
import type { ModelApi } from './model-api.ts';
import { KEPT, pathsOf, versionIn } from './speakers.ts';

export interface RecordingRequest {
  /** The transcript; while the provider runs, what was seen is in `OUT.partial`. */
  readonly out: string;
  readonly scenario: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly speaker: Speaker;
  /** Name under which the program is written down, and replayed; default: its own. */
  readonly as?: string;
  /** Default: what the provider itself says in the conversation. */
  readonly version?: string;
  /** A longer line (in bytes) ends the recording, but not the provider. */
  readonly maxLine: number;
  /** Its exchanges with the model are recorded too. */
  readonly modelApi?: ModelApi;
}

export interface Recorded {
  readonly result: PassThroughResult;
  readonly partial: string;
}

/** First step: runs the provider to its end and writes the raw log. Throws an {@link InputError} when the log cannot be made. */
export async function recordRaw(request: RecordingRequest): Promise<Recorded> {
  const { out, file, args, speaker } = request;
  const partial = `${out}.partial`;
  const recorder = openRecorder(partial, request.maxLine);
  const lane = `${speaker}:1`;
  const http = request.modelApi && (await tapModelApi(request.modelApi, recorder, lane));
  recorder.record({
    k: 'about',
    lane,
    t: 0,
    provider: speaker,
    scenario: request.scenario,
    providerVersion: request.version ?? null,
    platform: `${process.platform}-${process.arch}`,
    recorder: `reprise ${packageVersion()}`,
    recorded: today(),
    paths: pathsOf(speaker, request.as ?? file, args),
    ports: http?.ports ?? {},
  });
  const launch = http?.redirect(args) ?? { args, env: {} };
  const { stdin, stdout, stderr } = process;
  const result = await passThrough({
    file,
    args: launch.args,
    recordedArgs: args,
    ...(request.as === undefined ? {} : { recordedFile: request.as }),
    lane,
    recorder,
    keepEnv: KEPT[speaker],
    env: { ...(process.env as Record<string, string>), ...launch.env },
    cwd: process.cwd(),
    stdin,
    stdout,
    stderr,
  });
  holdSignals();
  await http?.tap.close();
  try {
    recorder.close();
  } catch (error) {
    throw new InputError(`${partial}: the recording is not complete: ${ioReason(error)}`);
  }
  return { result, partial };
}

/** Waits for nothing: a recorder that cannot write ends the recording before it begins. */
function openRecorder(partial: string, maxLine: number): RawRecorder {
  try {
    mkdirSync(dirname(partial), { recursive: true });
    return new RawRecorder(partial, { redactor: redactorOfThisMachine(), maxLine });
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const reason = exists
      ? `another recording writes it, or one was killed: seal it with 'reprise record --recover ${partial}', or delete it`
      : ioReason(error);
    throw new InputError(`${partial}: cannot be made: ${reason}`);
  }
}

async function tapModelApi(api: ModelApi, recorder: RawRecorder, lane: string) {
  const { upstream } = api;
  const tap: HttpTap = await startHttpTap({ upstream, onExchange: (exchange) => recorder.http(lane, exchange) });
  const local = upstream.port !== '' && ['127.0.0.1', 'localhost', '[::1]'].includes(upstream.hostname);
  return {
    tap,
    ports: { model: tap.port, ...(local ? { upstream: Number(upstream.port) } : {}) },
    redirect: (args: readonly string[]) => api.redirect(args, tap.url),
  };
}

export interface SealedPartial {
  /** `renewed`: nothing changed but the day in the header. */
  readonly saved: 'written' | 'unchanged' | 'renewed';
  readonly records: number;
  /** The log has no end of the provider: the recorder was killed. */
  readonly cut: boolean;
}

export interface SealPartialOptions {
  /** Dates an earlier file that says the same today. */
  readonly renew?: boolean;
  /** Asked when the provider did not say its version in the conversation. */
  readonly askVersion?: () => Promise<string>;
}

/**
 * Second step: the raw log becomes the transcript, and goes. Throws an {@link InputError}; an earlier transcript is then left as it was, and so
 * is the log, unless a credential is in it.
 */
export async function sealPartial(
  partial: string,
  out: string,
  options: SealPartialOptions = {},
): Promise<SealedPartial> {
  try {
    const log = readRawLog(readFileSync(partial, 'utf8'), partial);
    const about = log.find((record): record is RawAbout => record.k === 'about');
    if (about === undefined) throw new Error('it does not begin as a recording of this version does');
    const { text, transcript } = seal(log, {
      profile: PROFILES[about.provider],
      scenario: about.scenario,
      providerVersion:
        about.providerVersion ?? versionIn(about.provider, log) ?? (await options.askVersion?.()) ?? 'unknown',
      platform: about.platform,
      recorder: about.recorder,
      recorded: about.recorded,
      places: { paths: about.paths, ports: about.ports },
      redactor: redactorOfThisMachine(),
    });
    const saved = saveTranscript(out, text);
    const renewed = saved === 'unchanged' && options.renew === true && renewTranscript(out, about.recorded);
    rmSync(partial);
    return {
      saved: renewed ? 'renewed' : saved,
      records: transcript.records.length,
      cut: log.some((r) => r.k === 'spawn') && !log.some((r) => r.k === 'exit'),
    };
  } catch (error) {
    if (error instanceof UnredactedSecretError) {
      rmSync(partial, { force: true });
      throw new InputError(`${out}: not written: ${error.message}`);
    }
    const reason = (error as NodeJS.ErrnoException).code === undefined ? (error as Error).message : ioReason(error);
    throw new InputError(`${out}: not written: ${partial}: ${reason}`);
  }
}
