import type { LaneRecord } from '../../transcript/format.ts';
import { TranscriptReplay } from '../../transcript/replay.ts';
import type { StandInState } from './state.ts';

/** A transcript that several processes replay, each a lane of its own; what one has done, the others know. */
export class SharedReplay {
  readonly replay: TranscriptReplay;
  /** Position of the transcript among those that are played. */
  readonly position: number;
  readonly #state: StandInState | null;
  #known: number;

  constructor(replay: TranscriptReplay, position: number, state: StandInState | null) {
    this.replay = replay;
    this.position = position;
    this.#state = state;
    this.#known = replay.bindings.mark();
  }

  /** Lanes wait for each other, so somebody must look. */
  get hasOthers(): boolean {
    return this.#state !== null && this.replay.laneNames.length > 1;
  }

  /** Learns what the other processes did; true when there was something. */
  sync(): boolean {
    let changed = false;
    for (const { pid, transcript, done, bound } of this.#state?.news() ?? []) {
      if (pid === process.pid || transcript !== this.position) continue;
      for (const index of done) this.replay.markDone(index);
      for (const [symbol, value] of bound) this.replay.bindings.bind(symbol, value);
      changed = true;
    }
    this.#known = this.replay.bindings.mark();
    return changed;
  }

  /** Tells the others that records have happened, before anybody can see that they have. */
  publish(...done: readonly number[]): void {
    const { bindings } = this.replay;
    const bound = bindings.since(this.#known);
    this.#known = bindings.mark();
    this.#state?.append({ pid: process.pid, transcript: this.position, done, bound });
  }

  /** Acts that nobody can see: the client closes the stdin of a process that has ended. */
  isInvisible(record: LaneRecord, index: number): boolean {
    if (record.type !== 'eof') return false;
    return this.replay.transcript.records.some((r, i) => r.type === 'exit' && r.lane === record.lane && i < index);
  }
}

/** The replay of a transcript as it stands in `state`. Throws an Error naming file and line when its order is unsound. */
export function openReplay(
  position: number,
  state: StandInState | null,
  ...replay: ConstructorParameters<typeof TranscriptReplay>
): SharedReplay {
  const shared = new SharedReplay(new TranscriptReplay(...replay), position, state);
  shared.sync();
  return shared;
}
