/** Has a recorded conversation again with a real provider: the client says what was recorded, and so does the model. */
import { readFileSync } from 'node:fs';
import type { Child, Processes, Signal } from '../../core/ports.ts';
import { createClock } from '../../host/clock.ts';
import { startLoopback } from '../../host/loopback.ts';
import type { ProviderLaunch } from '../../host/provider-env.ts';
import { commandOf } from '../../host/providers.ts';
import type { LaneRecord, Transcript } from '../../transcript/format.ts';
import type { Places } from '../../transcript/normalise.ts';
import { readRawLog } from '../../transcript/raw.ts';
import { renderJson } from '../../transcript/render.ts';
import { seal } from '../../transcript/seal.ts';
import type { Fixture } from '../fixtures/fixture.ts';
import type { RecordingKit } from '../fixtures/recording-kit.ts';
import { openRoom, type RecordingRoom } from '../recording/room.ts';
import { Conversation } from './conversation.ts';
import { recordedModel } from './recorded-model.ts';

/** Nothing happens for so long: what is waited for does not come. */
const STALL_MS = 15_000;
/** No conversation takes longer (ms). */
const TIME_LIMIT_MS = 60_000;
/** How long a process may take to be gone after SIGKILL (ms). */
const KILL_MS = 5_000;

export interface Setting<Settings> {
  readonly kit: RecordingKit<Settings>;
  readonly binary: string;
  readonly version: string;
  /** How the provider was set up for the recording: the files of its working directory and its settings. */
  readonly fixture: Pick<Fixture<Settings>, 'workspace' | 'settings' | 'unordered'>;
  /** How long nothing may happen while something is waited for (ms). Default 15 s. */
  readonly stallMs?: number;
}

export interface HadAgain {
  /** What was said this time, in the form of the recording. */
  readonly transcript: Transcript;
  readonly text: string;
  /** Why the client could not go on, in words; null when it did all that was recorded. */
  readonly stopped: string | null;
}

/**
 * Starts the provider as often as it was recorded, in a network namespace that has nothing but the recorded model, with a
 * home of its own. Rejects when that is not possible here; a provider that behaves otherwise is no failure. Every process
 * is gone when this resolves or rejects.
 */
export async function haveAgain<Settings>(recording: Transcript, setting: Setting<Settings>): Promise<HadAgain> {
  const room = await openRoom(setting.fixture.workspace);
  let stage: Stage | null = null;
  try {
    stage = await prepare(recording, setting, room);
    const stopped = await stage.run();
    await stage.end();
    room.recorder.close();
    const sealed = seal(readRawLog(readFileSync(room.rawFile, 'utf8'), room.rawFile), {
      profile: setting.kit.profile,
      scenario: recording.header.scenario,
      providerVersion: setting.version,
      platform: `${process.platform}-${process.arch}`,
      recorder: recording.header.recorder,
      places: stage.places,
      redactor: room.redactor,
      ...(setting.fixture.unordered ? { unordered: setting.fixture.unordered } : {}),
    });
    return { ...sealed, stopped };
  } finally {
    await stage?.end();
    await room.close();
  }
}

interface Stage {
  readonly places: Places;
  /** Has the conversation; says why it could not go on, or null. */
  run(): Promise<string | null>;
  /** Ends what still runs. Idempotent. */
  end(): Promise<void>;
}

interface Patience extends RecordingRoom {
  readonly stallMs: number;
}

async function prepare<Settings>(
  recording: Transcript,
  setting: Setting<Settings>,
  room: RecordingRoom,
): Promise<Stage> {
  const { kit, binary, fixture } = setting;
  const { cwd } = room;
  let conversation: Conversation | null = null;
  const loopback = await startLoopback({
    socket: room.namespace.server,
    // Nobody asks before the first process is started, and then the conversation is there.
    handlers: recordedModel(() => conversation!),
    onExchange: (exchange) => room.recorder.http(conversation!.lastSpawned, exchange),
  });
  const launch = kit.launch({ binary, folder: room.folder, cwd, modelUrl: loopback.url }, fixture.settings);
  const paths = { ws: cwd, ...kit.paths(launch) };
  const given = Object.fromEntries(Object.entries(paths).map(([name, path]) => [`path:${name}`, path]));
  conversation = new Conversation(recording, kit.provider, { ...given, 'port:model': loopback.port });
  const client = new Client(conversation, launch, kit.keepEnv, { ...room, stallMs: setting.stallMs ?? STALL_MS });
  return {
    places: { paths, ports: { model: loopback.port } },
    run: () => client.run(),
    end: () => client.end().finally(() => loopback.close()),
  };
}

/** The client of the recording. */
class Client {
  readonly #conversation: Conversation;
  readonly #launch: ProviderLaunch;
  readonly #room: Patience;
  readonly #processes: Processes;
  readonly #children = new Map<string, { readonly child: Child; exited: boolean }>();

  constructor(conversation: Conversation, launch: ProviderLaunch, keepEnv: readonly string[], room: Patience) {
    this.#conversation = conversation;
    this.#launch = launch;
    this.#room = room;
    this.#processes = room.processes(createClock(), keepEnv);
  }

  /** Does every act of the recording in its turn. Returns why it could not go on, or null. */
  async run(): Promise<string | null> {
    const talk = this.#conversation;
    const end = performance.now() + TIME_LIMIT_MS;
    for (;;) {
      const next = talk.lanes.flatMap((lane) => talk.nextAct(lane) ?? []);
      const possible = next.filter((index) => talk.missing(index).length === 0);
      const now = performance.now();
      const due = possible.find((index) => talk.dueAt(index) <= now);
      if (due !== undefined) {
        const problem = await this.#act(due);
        if (problem !== null) return problem;
        continue;
      }
      const over = next.length === 0 && this.#running().length === 0;
      if (over) return null;
      const hopeless = possible.length === 0 && this.#running().length === 0;
      if (hopeless || (possible.length === 0 && now - talk.lastEvent > this.#room.stallMs)) return this.#stalled(next);
      if (now > end) return `no end after ${TIME_LIMIT_MS / 1000} s: ${this.#stalled(next)}`;
      const soon = Math.min(...possible.map((index) => talk.dueAt(index)), now + 250);
      await Promise.race([talk.next(), new Promise((resolve) => setTimeout(resolve, Math.max(1, soon - now)))]);
    }
  }

  /** Kills what is left, each by its own pid, and waits until it is gone. */
  async end(): Promise<void> {
    for (const { child } of this.#running()) await this.#processes.signal(child.identity, 'SIGKILL', 'group');
    const end = performance.now() + KILL_MS;
    while (this.#running().length > 0 && performance.now() < end) {
      await Promise.race([this.#conversation.next(), new Promise((resolve) => setTimeout(resolve, 50))]);
    }
  }

  #running() {
    return [...this.#children.values()].filter(({ exited }) => !exited);
  }

  #stalled(next: readonly number[]): string {
    const [first] = next;
    if (first === undefined) return 'the process did not end';
    const what = this.#conversation.name(first);
    return `"${what}" waits for ${this.#conversation.missing(first).join(', ')}, which never came`;
  }

  async #act(index: number): Promise<string | null> {
    const talk = this.#conversation;
    const record = talk.transcript.records[index]!;
    for (const { lane, line } of talk.causes(index)) this.#room.recorder.because(record.lane, lane, line);
    if (record.type === 'spawn') return this.#spawn(record, index);
    const process = this.#children.get(record.lane);
    const impossible = (why: string): string => `"${talk.name(index)}" was not possible: ${why}`;
    if (!process || process.exited) return impossible('the process had ended');
    // Before it is done: the answer may be here at once.
    talk.did(index);
    if (record.type === 'eof') process.child.end();
    else if (record.type === 'signal') {
      const result = await this.#processes.signal(process.child.identity, record.signal as Signal, record.scope);
      if (result !== 'ok') return impossible(result);
    } else if (record.type === 'frame') {
      const body = record.body === undefined ? null : renderJson(record.body, talk.bindings, talk.minter);
      if (body !== null) talk.wrote(record.lane, body);
      const text = body === null ? talk.text(record.raw ?? '') : JSON.stringify(body);
      if (!process.child.write(`${text}\n`)) return impossible('stdin is closed');
    }
    return null;
  }

  async #spawn(record: LaneRecord & { type: 'spawn' }, index: number): Promise<string | null> {
    const talk = this.#conversation;
    const { lane } = record;
    const args = record.args.map((arg) => talk.text(arg));
    const named = Object.fromEntries(Object.entries(record.env).map(([name, value]) => [name, talk.text(value)]));
    const env = { ...this.#launch.env, ...named };
    talk.did(index);
    let rest = '';
    const { file, before } = commandOf(this.#launch.file);
    const result = await this.#processes.spawn(
      { file, args: [...before, ...args], cwd: this.#launch.cwd, env, lane },
      {
        stdout: (chunk) => {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop()!;
          for (const line of lines) talk.arrived(lane, line);
        },
        stderr: () => {},
        stdinError: () => {},
        stdoutError: () => {},
        stdoutEnd: () => {},
        exit: () => {
          const own = this.#children.get(lane);
          if (own) own.exited = true;
          talk.exited(lane);
        },
      },
    );
    if (result.kind !== 'spawned') throw new Error(`${file} cannot be started: ${result.errno}`);
    this.#children.set(lane, { child: result.child, exited: false });
    return null;
  }
}
