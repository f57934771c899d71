import type { LaneReplay } from '../transcript/lane-replay.ts';
import { LineSplitter } from '../transcript/lines.ts';
import type { TranscriptReplay } from '../transcript/replay.ts';
import { formatMismatch, type Verdict } from '../transcript/verdict.ts';
import type { Proc, Program } from './proc.ts';

/** What was done is not what was recorded. The harness's verdict: it ends the run, no provider ever sees it. */
export class ReplayMismatchError extends Error {
  constructor(text: string) {
    super(text);
    this.name = 'ReplayMismatchError';
  }
}

/** Longest line that a client may write (bytes). */
const MAX_LINE = 64 * 1024 * 1024;

interface Playing {
  readonly proc: Proc;
  readonly lane: LaneReplay;
  /** `t` of what it wrote or read last. */
  at: number;
  waiting: boolean;
}

/**
 * Provider processes that play a transcript: the n-th that is started is the n-th of the file. Each line it reads must be
 * the recorded one; it writes what was recorded once all that it depends on has happened, with the recorded pauses.
 * Throws {@link ReplayMismatchError} out of the kernel at the first difference.
 */
export class ReplayedProvider {
  readonly replay: TranscriptReplay;
  readonly #playing: Playing[] = [];

  constructor(replay: TranscriptReplay) {
    this.replay = replay;
  }

  readonly program: Program = (proc) => {
    const name = this.replay.laneNames[this.#playing.length];
    if (name === undefined) {
      throw new ReplayMismatchError(
        `${this.replay.transcript.fileName} has ${this.#playing.length} processes; one more was started: ${proc.argv.join(' ')}`,
      );
    }
    const playing: Playing = { proc, lane: this.replay.lane(name), at: 0, waiting: false };
    this.#playing.push(playing);
    const [file = '', ...args] = proc.argv;
    accept(playing.lane.spawn({ file, args, cwd: proc.cwd, env: proc.env }));
    const lines = new LineSplitter(MAX_LINE);
    proc.onStdin = (chunk) => {
      for (const line of lines.push(Buffer.from(chunk))) {
        if (line.kind === 'line') this.#acted(playing, playing.lane.feed(line.bytes.toString('utf8')));
      }
    };
    proc.onStdinEnd = () => this.#acted(playing, playing.lane.eof());
    // What follows a signal is in the file; only SIGKILL ends the process by itself.
    proc.onSignal = () => true;
    proc.onDeath = () => this.#died(playing);
    this.#pumpAll();
  };

  /** To be called when the client signals the `n`-th process (from 0), before the signal is delivered. */
  signalled(n: number, signal: string, scope: 'process' | 'group'): void {
    const playing = this.#playing[n];
    if (playing?.proc.alive) this.#acted(playing, playing.lane.signal(signal, scope));
  }

  #acted(playing: Playing, verdict: Verdict): void {
    const index = accept(verdict);
    // The pause before the answer counts from the act, however late that comes here.
    playing.at = Math.max(playing.at, this.replay.transcript.records[index]!.t);
    this.#pumpAll();
  }

  #pumpAll(): void {
    for (const playing of this.#playing) this.#pump(playing);
  }

  #pump(playing: Playing): void {
    const { proc, lane } = playing;
    const next = lane.due()[0];
    if (!next || playing.waiting || !proc.alive) return;
    playing.waiting = true;
    proc.after(Math.max(0, next.record.t - playing.at), () => {
      playing.waiting = false;
      playing.at = next.record.t;
      this.#deliver(playing, next.index);
      this.#pumpAll();
    });
  }

  #deliver({ proc, lane }: Playing, index: number): void {
    const { record, text } = lane.deliver(index);
    if (record.type === 'frame') {
      if (record.dir === 'err') proc.stderr(text);
      else proc.stdout(text);
    } else if (record.type === 'exit') {
      if (record.code === null)
        throw new Error(`${record.lane} was killed by ${record.signal}, and nobody sent that signal`);
      proc.exit(record.code);
    }
  }

  /** A process that was killed has had its exit. */
  #died({ lane }: Playing): void {
    const exit = lane.due().find(({ record }) => record.type === 'exit');
    if (exit) lane.deliver(exit.index);
  }
}

function accept(verdict: Verdict): number {
  if (!verdict.ok) throw new ReplayMismatchError(formatMismatch(verdict.mismatch));
  return verdict.index;
}
